/** Leases are kept whatever the functions do, and what is lost is not reported. */

import assert from "node:assert/strict";
import { v1 } from "../../client/mod.ts";
import { durationOut } from "../../client/wire.ts";
import { type CancelReason, fn, Payload, Retryable, type TaskFunction } from "../../model/mod.ts";
import { Fake, forMs, json, lease } from "./fake.ts";
import { Said, start } from "./started.ts";

const { ACTIVE, CANCEL_REQUESTED, LOST } = v1.LeaseStatus;

/** Waits to be cancelled, says why, and then fails. */
function patient(said: Said<CancelReason>): TaskFunction {
  return fn("patient", "single", async (cx) => {
    said.say(await cx.cancelled());
    throw new Retryable("STOPPED", "as asked");
  });
}

function failure({ reports: [report] }: v1.ReportTasksRequest): [v1.FailureKind | undefined, string | undefined] {
  assert.equal(report?.outcome.case, "failed");
  const { failure } = report.outcome.value;
  return [failure?.kind, failure?.code];
}

Deno.test("heartbeats leave while user code blocks its thread", async () => {
  const fake = new Fake();
  // A process of its own: while the function blocks its thread, nothing of its loop can move.
  const script = new URL("../../conformance/conformance_worker.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", script, "--server", fake.endpoint, "--slots", "1", "--worker-id", "w1"];
  const child = new Deno.Command(Deno.execPath(), { args, stdout: "null", stderr: "null" }).spawn();
  await fake.register();
  const configJson = '{"attempts":[[{"block_ms":1500},{"return":"7"}]]}';
  await fake.lease(lease("a", "kit.script", "1", { configJson, ...forMs(600) }));
  // Five beats are more than one lease time.
  for (let n = 0; n < 5; n++) assert.equal((await fake.beat(ACTIVE)).beats[0]?.leaseToken, "a");
  fake.reports.assertNone();
  fake.beats.close(({ beats }) => ({ verdicts: beats.map(({ leaseToken }) => verdictOf(leaseToken)) }));
  const { reports: [report] } = await fake.accept();
  assert.equal(
    report?.outcome.case,
    "completed",
    JSON.stringify(report?.outcome, (_, v) => typeof v === "bigint" ? String(v) : v),
  );
  fake.release();
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await fake.gone();
});

function verdictOf(leaseToken: string): v1.LeaseVerdict {
  return { $typeName: "esteira.v1.LeaseVerdict", leaseToken, status: ACTIVE, reason: "" };
}

Deno.test("a cancel request is seen by code that never awaits", async () => {
  const busy = fn("busy", "single", (cx) => {
    const ends = performance.now() + 10_000;
    while (!cx.isCancelled && performance.now() < ends);
    throw new Retryable(cx.cancelReason ?? "NEVER", "");
  });
  // The coordinator is in this thread, which the function blocks: so it is the lease that runs out.
  await using started = await start(1, busy);
  await started.fake.lease(lease("a", "busy", "1", forMs(300)));
  assert.equal((await started.fake.polls.next()).lose().request.maxLeases, 1);
  started.fake.reports.assertNone();
});

Deno.test("a lost lease cancels and reports nothing", async () => {
  const said = new Said<CancelReason>();
  await using started = await start(1, patient(said));
  const { fake } = started;
  await fake.lease(lease("a", "patient", "1", forMs(900)));
  await fake.beat(LOST, "LEASE_LOST");
  assert.equal(await said.hear(), "LEASE_LOST");
  // The slot is free again, and the next thing that is sent is a poll.
  assert.equal((await fake.polls.next()).lose().request.maxLeases, 1);
  fake.reports.assertNone();
});

Deno.test("a lease that no good beat renewed counts as lost", async () => {
  const said = new Said<CancelReason>();
  await using started = await start(1, patient(said));
  const { fake } = started;
  await fake.lease(lease("a", "patient", "1", forMs(900)));
  const unanswered = await fake.beats.next();
  assert.equal(await said.hear(), "LEASE_LOST");
  assert.equal((await fake.polls.next()).lose().request.maxLeases, 1);
  fake.reports.assertNone();
  unanswered.lose();
});

Deno.test("a beat without an answer is followed by another", async () => {
  const said = new Said<CancelReason>();
  await using started = await start(1, patient(said));
  const { fake } = started;
  await fake.lease(lease("a", "patient", "1", forMs(900)));
  // A half-open connection: no answer, no error.
  const silent = await fake.beats.next();
  await fake.beat(ACTIVE);
  await fake.beat(CANCEL_REQUESTED, "JOB");
  assert.equal(await said.hear(), "JOB");
  silent.lose();
});

Deno.test("a cancel request reaches the function and is reported as cancelled", async () => {
  const said = new Said<CancelReason>();
  await using started = await start(1, patient(said));
  const { fake } = started;
  await fake.lease(lease("a", "patient", "1", forMs(900)));
  await fake.beat(CANCEL_REQUESTED, "JOB");
  assert.equal(await said.hear(), "JOB");
  assert.deepEqual(failure(await fake.accept()), [v1.FailureKind.CANCELLED, "CANCELLED"]);
});

Deno.test("the execution timeout cancels and is reported as such", async () => {
  const said = new Said<CancelReason>();
  await using started = await start(1, patient(said));
  const { fake } = started;
  await fake.lease(lease("a", "patient", "1", { executionTimeout: durationOut(10) }));
  assert.equal(await said.hear(), "TIMEOUT");
  assert.deepEqual(failure(await fake.accept()), [v1.FailureKind.TIMEOUT, "EXECUTION_TIMEOUT"]);
});

Deno.test("a function that does not stop is left alone after its grace", async () => {
  const deaf = fn("deaf", "single", () => new Promise<never>(() => {}));
  await using started = await start(1, deaf, { cancelGraceMs: 10 });
  const { fake } = started;
  await fake.lease(lease("a", "deaf", "1", forMs(900)));
  await fake.beat(CANCEL_REQUESTED, "JOB");
  assert.deepEqual(failure(await fake.accept()), [v1.FailureKind.CANCELLED, "CANCELLED"]);
});

Deno.test("a checkpoint travels with the next beat and comes back with the lease", async () => {
  const resumed = fn("resumed", "single", async (cx) => {
    if (cx.lastCheckpoint !== undefined) return cx.lastCheckpoint;
    cx.checkpoint(Payload.json("7"));
    await cx.cancelled();
    throw new Retryable("STOPPED", "");
  });
  await using started = await start(1, resumed);
  const { fake } = started;
  await fake.lease(lease("a", "resumed", "1"));
  // The lease lasts 30 s: without the checkpoint the first beat would come after 8 s.
  const { beats: [beat] } = await fake.beat(LOST);
  assert.deepEqual(beat?.checkpoint, json("7"));
  await fake.lease(lease("b", "resumed", "1", { checkpoint: json("7"), attempt: 2 }));
  const { reports: [report] } = await fake.accept();
  assert.equal(
    report?.outcome.case,
    "completed",
    JSON.stringify(report?.outcome, (_, v) => typeof v === "bigint" ? String(v) : v),
  );
  assert.deepEqual(report.outcome.value.output, { case: "single", value: json("7") });
});
