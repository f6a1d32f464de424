/** Slots are never exceeded, and in steady state one call a task is enough. */

import assert from "node:assert/strict";
import { fn } from "../../model/mod.ts";
import { applied, lease } from "./fake.ts";
import { Gate, Said, start } from "./started.ts";

const echo = fn("echo", "single", (_, input) => input);

Deno.test("one call a task in steady state", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  await fake.lease(lease("t0", "echo", "0"));
  for (let n = 1; n <= 5; n++) {
    const { reports, lease: more } = await fake.accept(lease(`t${n}`, "echo", "0"));
    assert.equal(reports.length, 1);
    assert.deepEqual([more?.maxLeases, more?.wait, more?.workerId], [1, undefined, "w1"]);
    fake.polls.assertNone();
  }
  // Nothing more to do: the report brings nothing, and a poll is parked instead.
  await fake.accept();
  assert.equal((await fake.polls.next()).lose().request.maxLeases, 1);
});

Deno.test("reports that wait travel together", async () => {
  const [gate, said] = [new Gate(), new Said<void>()];
  const gated = fn("gated", "single", async (_, input) => {
    await gate.pass();
    said.say();
    return input;
  });
  await using started = await start(3, gated);
  const { fake } = started;
  await fake.lease(...["a", "b", "c"].map((token) => lease(token, "gated", "1")));
  gate.open();
  const first = await fake.reports.next();
  assert.deepEqual([first.request.reports.length, first.request.lease?.maxLeases], [1, 1]);
  await said.hear();
  // While that call is under way the other two end; the next call carries both, and asks for all three slots.
  gate.open(2);
  await said.hear();
  await said.hear();
  first.answer({ outcomes: [applied(first.request.reports[0]!.leaseToken)], lease: {} });
  const rest = await fake.accept();
  assert.deepEqual([rest.reports.length, rest.lease?.maxLeases], [2, 3]);
});

Deno.test("slots are never exceeded and what is too much goes back", async () => {
  const gate = new Gate();
  let [running, most] = [0, 0];
  const counted = fn("counted", "single", async (_, input) => {
    most = Math.max(most, ++running);
    await gate.pass();
    running--;
    return input;
  });
  await using started = await start(3, counted);
  const { fake } = started;
  const task = (token: string) => lease(token, "counted", "1");
  assert.equal((await fake.lease(task("a"))).maxLeases, 3);
  assert.equal((await fake.lease(task("b"))).maxLeases, 2);
  // Asked for one, given three: two go back unstarted.
  assert.equal((await fake.lease(task("c"), task("d"), task("e"))).maxLeases, 1);
  const released = [];
  while (released.length < 2) {
    const { reports, lease: more } = await fake.accept();
    released.push(...reports.filter(({ outcome }) => outcome.case === "released").map(({ leaseToken }) => leaseToken));
    assert.equal(more, undefined, "no slot is free");
  }
  assert.deepEqual(released, ["d", "e"]);
  fake.polls.assertNone();
  gate.open(3);
  for (let done = 0; done < 3;) done += (await fake.accept()).reports.length;
  assert.equal(most, 3);
});

Deno.test("an unknown function is given back", async () => {
  await using started = await start(1, echo);
  await started.fake.lease(lease("a", "other", "1"));
  const { reports: [report] } = await started.fake.accept();
  assert.equal(report?.outcome.case, "released");
});
