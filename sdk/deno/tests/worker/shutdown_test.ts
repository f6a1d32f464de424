/** The end of a worker. */

import assert from "node:assert/strict";
import { v1 } from "../../client/mod.ts";
import { type CancelReason, fn, type TaskFunction } from "../../model/mod.ts";
import { Worker } from "../../worker/mod.ts";
import { forMs, lease } from "./fake.ts";
import { Gate, Said, start } from "./started.ts";

const DRAINED = { directive: v1.WorkerDirective.DRAIN };

function gated(gate: Gate): TaskFunction {
  return fn("gated", "single", async (_, input) => {
    await gate.pass();
    return input;
  });
}

Deno.test("a parked worker stops at once", async () => {
  await using started = await start(1, gated(new Gate()));
  const { fake } = started;
  const poll = await fake.polls.next();
  started.stop();
  const { workerId, grace } = (await fake.drains.next()).answer({}).request;
  assert.deepEqual([workerId, grace?.seconds], ["w1", 30n]);
  poll.answer(DRAINED);
  assert.equal(await started.ended, undefined);
  fake.reports.assertNone();
});

Deno.test("what runs finishes and what comes late goes back", async () => {
  const gate = new Gate();
  await using started = await start(2, gated(gate));
  const { fake } = started;
  await fake.lease(lease("a", "gated", "1"));
  const poll = await fake.polls.next();
  started.stop();
  (await fake.drains.next()).answer({ outstandingLeases: 1 });
  // Granted just before the drain arrived.
  poll.answer({ leases: [lease("b", "gated", "2")], ...DRAINED });
  const released = await fake.accept();
  assert.deepEqual([released.reports[0]?.leaseToken, released.lease], ["b", undefined]);
  assert.equal(released.reports[0]?.outcome.case, "released");
  gate.open();
  const finished = await fake.accept();
  assert.deepEqual([finished.reports[0]?.leaseToken, finished.lease], ["a", undefined]);
  assert.equal(finished.reports[0]?.outcome.case, "completed");
  assert.equal(await started.ended, undefined);
});

Deno.test("heartbeats go on through the drain", async () => {
  const gate = new Gate();
  await using started = await start(1, gated(gate));
  const { fake } = started;
  await fake.lease(lease("a", "gated", "1", forMs(900)));
  await fake.beat(v1.LeaseStatus.ACTIVE);
  started.stop();
  (await fake.drains.next()).answer({ outstandingLeases: 1 });
  for (let n = 0; n < 4; n++) await fake.beat(v1.LeaseStatus.ACTIVE);
  gate.open();
  assert.equal((await fake.accept()).reports[0]?.outcome.case, "completed");
  assert.equal(await started.ended, undefined);
});

Deno.test("after the grace the rest is cancelled and given back", async () => {
  const said = new Said<CancelReason | undefined>();
  const stubborn = fn("stubborn", "single", async (cx) => {
    said.say(undefined);
    said.say(await cx.cancelled());
    await new Promise<never>(() => {});
  });
  await using started = await start(1, stubborn, { drainGraceMs: 20, cancelGraceMs: 20 });
  const { fake } = started;
  await fake.lease(lease("a", "stubborn", "1"));
  assert.equal(await said.hear(), undefined, "it has begun");
  started.stop();
  (await fake.drains.next()).answer({ outstandingLeases: 1 });
  assert.equal(await said.hear(), "DRAIN");
  assert.equal((await fake.accept()).reports[0]?.outcome.case, "released");
  assert.equal(await started.ended, undefined);
});

Deno.test("a directive to drain ends the worker without a drain call", async () => {
  await using started = await start(1, gated(new Gate()));
  (await started.fake.polls.next()).answer(DRAINED);
  assert.equal(await started.ended, undefined);
  started.fake.drains.assertNone();
});

Deno.test("a worker that never reached the coordinator stops too", async () => {
  const worker = new Worker("http://127.0.0.1:1", { functions: [gated(new Gate())], log: () => {} });
  await worker.run(Promise.resolve());
});

Deno.test("what cannot work is said before anything runs", () => {
  const named = (name: string) => fn(name, "none", () => {});
  const check = (
    problem: string,
    options: Partial<ConstructorParameters<typeof Worker>[1]>,
    endpoint = "http://localhost:1",
  ) =>
    assert.throws(
      () => new Worker(endpoint, { functions: [named("a")], ...options }),
      (error: Error) => error.name === "WorkerError" && error.message.includes(problem),
    );
  check("1 to 500 functions", { functions: [] });
  check("not a function name", { functions: [named("A")] });
  check("two functions", { functions: [named("a"), named("a")] });
  check("at least one slot", { slots: 0 });
  check("visible ASCII", { workerId: "two words" });
  check("a lease lasts", { leaseTtlMs: 1 });
  check("endpoint", {}, "not a uri");
});
