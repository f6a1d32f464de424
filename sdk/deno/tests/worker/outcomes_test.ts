/** How an attempt ends, as it is reported. */

import assert from "node:assert/strict";
import { Code, ConnectError } from "@connectrpc/connect";
import { v1 } from "../../client/mod.ts";
import { fn, Outcome, Payload, Retryable } from "../../model/mod.ts";
import { applied, json, lease, refused } from "./fake.ts";
import { start } from "./started.ts";

const { MULTIPLE } = v1.OutputType;
const echo = fn("echo", "single", (_, input) => input);

function failure({ reports: [report] }: v1.ReportTasksRequest): v1.Failure {
  assert.equal(report?.outcome.case, "failed");
  return report.outcome.value.failure!;
}

Deno.test("an exception is retryable unhandled", async () => {
  const throws = fn("throws", "single", (_, input) => {
    if (input.asJson() === "1") throw new RangeError("one is not accepted");
    return input;
  });
  await using started = await start(1, throws);
  await started.fake.lease(lease("a", "throws", "1"));
  const { kind, code, source, message } = failure(await started.fake.accept(lease("b", "throws", "2")));
  assert.deepEqual([kind, code, source, message], [
    v1.FailureKind.RETRYABLE,
    "UNHANDLED",
    "throws",
    "one is not accepted",
  ]);
  // The worker lives on.
  assert.equal((await started.fake.accept()).reports[0]?.outcome.case, "completed");
});

Deno.test("a large multiple is appended and a lost chunk is sent again", async () => {
  const fan = fn("fan", "multiple", () => Array.from({ length: 2_500 }, (_, n) => Payload.json(String(n))));
  await using started = await start(1, fan);
  const { fake } = started;
  await fake.lease(lease("a", "fan", "1", { outputType: MULTIPLE }));
  const lost = (await fake.appends.next()).lose();
  const items: v1.Payload[] = [];
  for (const [index, size] of [1_000, 1_000, 500].entries()) {
    const call = await fake.appends.next();
    if (index === 0) assert.deepEqual(call.bytes, lost.bytes);
    assert.deepEqual([call.request.chunkIndex, call.request.items.length], [index, size]);
    items.push(...call.request.items);
    call.answer({ totalItems: BigInt(items.length) });
  }
  assert.deepEqual(items, Array.from(items, (_, n) => json(String(n))));
  const { reports: [report] } = await fake.accept();
  assert.equal(report?.outcome.case, "completed");
  assert.deepEqual(report.outcome.value.output, { case: "appendedItems", value: 2_500n });
});

Deno.test("a completion carries messages verdicts usage and times", async () => {
  const rich = fn("rich", "single", (cx, input) => {
    cx.emit("orders", "o-1", Payload.json("{}"));
    for (const ends = performance.now() + 20; performance.now() < ends;);
    return Outcome.one(input).withVerdict({ policy: "total", version: "2", passed: true, detail: "" });
  });
  await using started = await start(1, rich);
  await started.fake.lease(lease("a", "rich", "1"));
  const { reports: [report] } = await started.fake.accept();
  assert.equal(report?.outcome.case, "completed");
  const { emit, verdicts } = report.outcome.value;
  assert.deepEqual([emit[0]?.topic, emit[0]?.key, verdicts[0]?.passed], ["orders", "o-1", true]);
  const { wallTime, cpuTime, peakRssBytes } = report.usage!;
  assert.ok(wallTime!.nanos >= 20_000_000 && cpuTime!.nanos > 0 && peakRssBytes > 1_000_000n);
  assert.ok(report.startTime !== undefined && report.endTime !== undefined);
});

Deno.test("a result that is refused becomes a failure", async () => {
  const bad = fn("bad", "single", () => Payload.json("{not json"));
  await using started = await start(1, bad);
  await started.fake.lease(lease("a", "bad", "1"));
  (await started.fake.reports.next()).answer({ outcomes: [refused("a", "JSON_INVALID")] });
  const { kind, code } = failure(await started.fake.accept());
  assert.deepEqual([kind, code], [v1.FailureKind.NON_RETRYABLE, "JSON_INVALID"]);
});

Deno.test("half of a surrogate pair does not travel as another character", async () => {
  await using started = await start(1, fn("half", "single", () => Payload.json('"\ud800"')));
  await started.fake.lease(lease("a", "half", "1"));
  assert.equal(failure(await started.fake.accept()).code, "JSON_INVALID");
});

Deno.test("one bad report does not cost the others", async () => {
  const fails = fn("fails", "single", (_, input) => {
    throw new Retryable("NO", String(input.asJson()));
  });
  await using started = await start(2, fails);
  const { fake } = started;
  await fake.lease(lease("a", "fails", "1"), lease("b", "fails", "2"));
  // Whether the two travel together depends on when they end; in the end each was refused or accepted by itself.
  const seen: [string, boolean][] = [];
  while (seen.length < 2) {
    const call = await fake.reports.next();
    const tokens = call.request.reports.map(({ leaseToken }) => leaseToken);
    const replaced = failure(call.request).source === "worker";
    if (tokens.includes("a") && !replaced) call.refuse(new ConnectError("a is bad", Code.InvalidArgument));
    else {
      seen.push(...tokens.map((token): [string, boolean] => [token, replaced]));
      call.answer({ outcomes: tokens.map(applied) });
    }
  }
  assert.deepEqual(seen.sort(), [["a", true], ["b", false]]);
});

Deno.test("a lost or settled lease is dropped without another word", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  for (const reason of ["LEASE_LOST", "RESULT_CONFLICT"]) {
    await fake.lease(lease("a", "echo", "1"));
    (await fake.reports.next()).answer({ outcomes: [refused("a", reason)] });
  }
  (await fake.polls.next()).lose();
  fake.reports.assertNone();
  assert.deepEqual(started.logs.filter((line) => /^(?:warn|error)/.test(line)), []);
});
