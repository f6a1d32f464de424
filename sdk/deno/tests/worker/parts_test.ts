/** The parts of a worker that do nothing by themselves. */

import assert from "node:assert/strict";
import { create, toBinary } from "@bufbuild/protobuf";
import { v1 } from "../../client/mod.ts";
import {
  type CancelReason,
  FIRST_INVOCATION,
  NonRetryable,
  Outcome,
  type OutputType,
  Payload,
  Retryable,
  type Said,
} from "../../model/mod.ts";
import { isLost, readReason, sharedFlags, writeReason } from "../../worker/beats.ts";
import { leaseIn } from "../../worker/convert.ts";
import { readVerdicts } from "../../worker/heartbeat_thread.ts";
import { Leases } from "../../worker/leases.ts";
import { CONTRACT_LIMITS } from "../../worker/limits.ts";
import { type Letter, Outgoing, result } from "../../worker/outgoing.ts";
import { decide, type Ending, released, type Report } from "../../worker/report.ts";
import { Slots } from "../../worker/slots.ts";
import { lease } from "./fake.ts";

Deno.test("a slot is promised once", () => {
  const slots = new Slots(4);
  assert.equal(slots.promiseToPoll(100), 4);
  assert.deepEqual([slots.promiseToReport(100), slots.free, slots.start()], [0, 0, false]);
  slots.pollAnswered();
  assert.ok(slots.start() && slots.start());
  assert.equal(slots.promiseToReport(1), 1);
  assert.equal(slots.promiseToPoll(100), 1);
  slots.end();
  assert.equal(slots.free, 1);
  slots.reportAnswered();
  assert.equal(slots.free, 2);
});

Deno.test("a lease that cannot be read names the field", () => {
  const good = lease("a", "f", "1");
  assert.equal(typeof leaseIn(good), "object");
  assert.equal(leaseIn({ ...good, jobId: "x" }), "job_id");
  assert.equal(leaseIn({ ...good, outputType: 99 as v1.OutputType }), "output_type");
  const { leaseTtl: _, ...timeless } = good;
  assert.equal(leaseIn(timeless), "lease_ttl");
});

// --- leases ------------------------------------------------------------------------------------------

const TTL_MS = 30_000;

function held(): { leases: Leases; reasons: CancelReason[] } {
  const [leases, reasons]: [Leases, CancelReason[]] = [new Leases(), []];
  leases.hold("a", TTL_MS, 0, (reason) => reasons.push(reason), 0);
  return { leases, reasons };
}

Deno.test("a lease is due after a third of its time", () => {
  const { leases } = held();
  assert.deepEqual(leases.due(9_000, 100, 0), []);
  assert.equal(leases.wakeMs(), 10_000);
  assert.deepEqual(leases.due(10_000, 100, 0), [{ token: "a" }]);
});

Deno.test("a good beat counts from when it was sent", () => {
  const { leases, reasons } = held();
  leases.answered(leases.due(10_000, 100, 0), [{}], 10_000, 0);
  leases.expire(39_000);
  assert.deepEqual(reasons, []);
  leases.expire(40_000);
  assert.deepEqual([reasons, leases.end("a")], [["LEASE_LOST"], false]);
});

Deno.test("a lost lease reports nothing", () => {
  const { leases, reasons } = held();
  leases.answered(leases.due(10_000, 100, 0), ["lost"], 10_000, 0);
  assert.deepEqual([reasons, leases.end("a"), leases.wakeMs()], [["LEASE_LOST"], false, undefined]);
});

Deno.test("a finished function is not lost by time", () => {
  const { leases, reasons } = held();
  assert.ok(leases.end("a"));
  leases.expire(100_000);
  assert.ok(leases.holds("a") && reasons.length === 0);
});

Deno.test("a cancel request renews and cancels", () => {
  const { leases, reasons } = held();
  leases.answered(leases.due(10_000, 100, 0), [{ ttlMs: TTL_MS * 2, reason: "JOB" }], 10_000, 0);
  assert.deepEqual([reasons, leases.wakeMs()], [["JOB"], 30_000]);
});

Deno.test("a checkpoint brings the beat forward and survives a failed one", () => {
  const { leases } = held();
  const saved = Payload.json("1");
  leases.checkpoint("a", saved, 0);
  assert.equal(leases.wakeMs(), 1_000);
  const beats = leases.due(1_000, 100, 1);
  assert.deepEqual(beats[0]?.checkpoint, saved);
  leases.unanswered(beats, 2_000, 0, true);
  assert.deepEqual(leases.due(3_000, 100, 1)[0]?.checkpoint, saved);
  leases.checkpoint("a", saved, 3_000);
  assert.equal(leases.due(4_000, 100, 0)[0]?.checkpoint, undefined);
});

Deno.test("a call never outlasts a lease", () => {
  const { leases } = held();
  assert.deepEqual([0, 28_000, 31_000].map((nowMs) => leases.patienceMs(nowMs)), [10_000, 2_000, 20]);
});

Deno.test("verdicts are matched by token", () => {
  const verdict = (leaseToken: string, status: number, reason = "") =>
    create(v1.LeaseVerdictSchema, { leaseToken, status, reason });
  const { LOST, CANCEL_REQUESTED } = v1.LeaseStatus;
  const verdicts = [
    verdict("d", CANCEL_REQUESTED, "SOMETHING_NEW"),
    verdict("c", LOST, "LEASE_LOST"),
    verdict("b", 99),
    verdict("e", CANCEL_REQUESTED, "DRAIN"),
  ];
  const read = readVerdicts(["a", "b", "c", "d", "e"].map((token) => ({ token })), verdicts);
  assert.deepEqual(read, [undefined, undefined, "lost", { reason: "JOB" }, { reason: "DRAIN" }]);
});

Deno.test("the first reason is seen and a loss is seen beside it", () => {
  const shared = sharedFlags();
  assert.deepEqual([readReason(shared), isLost(shared)], [undefined, false]);
  writeReason(shared, "JOB");
  writeReason(shared, "LEASE_LOST");
  assert.deepEqual([readReason(shared), isLost(shared)], ["JOB", true]);
});

// --- outgoing ----------------------------------------------------------------------------------------

function letter(leaseToken: string, bytes: number): Letter {
  return result(create(v1.TaskReportSchema, { leaseToken, outcome: released("x".repeat(bytes)) }));
}

function take(outgoing: Outgoing): string {
  return outgoing.take(CONTRACT_LIMITS, () => true).map(({ report }) => report.leaseToken).join("");
}

Deno.test("a batch holds what fits in order", () => {
  const outgoing = new Outgoing();
  for (const [token, mib] of [["a", 3], ["b", 0], ["c", 2], ["d", 5], ["e", 0]] as const) {
    outgoing.push(letter(token, mib * 2 ** 20 + 1));
  }
  assert.deepEqual([take(outgoing), take(outgoing), take(outgoing), take(outgoing), take(outgoing)], [
    "ab",
    "c",
    "d",
    "e",
    "",
  ]);
});

Deno.test("no more reports than a call may carry", () => {
  const outgoing = new Outgoing();
  for (let n = 0; n < 101; n++) outgoing.push(letter("x", 1));
  assert.deepEqual([take(outgoing).length, take(outgoing).length], [100, 1]);
});

Deno.test("a letter that goes alone has no company", () => {
  const outgoing = new Outgoing();
  outgoing.push(letter("c", 1));
  outgoing.putBack([{ ...letter("a", 1), alone: true }, { ...letter("b", 1), alone: true }]);
  assert.deepEqual([take(outgoing), take(outgoing), take(outgoing)], ["a", "b", "c"]);
});

Deno.test("what is not wanted any more is dropped", () => {
  const outgoing = new Outgoing();
  outgoing.push(letter("a", 1));
  outgoing.push(letter("b", 1));
  const batch = outgoing.take(CONTRACT_LIMITS, ({ report }) => report.leaseToken !== "a");
  assert.deepEqual([batch.length, outgoing.isEmpty], [1, true]);
});

// --- report ------------------------------------------------------------------------------------------

const NOTHING: Said = { emits: [] };

function report(ending: Ending, outputType: OutputType, reason?: CancelReason, said = NOTHING): Report {
  return decide(ending, said, { ...FIRST_INVOCATION, outputType, functionName: "f" }, reason, CONTRACT_LIMITS);
}

function returned(outcome: Outcome, outputType: OutputType): Report {
  return report({ kind: "returned", outcome }, outputType);
}

function failure({ outcome }: Report): [string | undefined, string | undefined] {
  assert.equal(outcome.case, "failed");
  const { kind = 0, code } = outcome.value.failure ?? {};
  return [v1.FailureKind[kind], code];
}

Deno.test("an output of another type is refused here", () => {
  const cases: [Outcome, OutputType][] = [
    [Outcome.none(), "single"],
    [Outcome.many([]), "single"],
    [Outcome.one(Payload.json("1")), "multiple"],
  ];
  for (const [outcome, expected] of cases) {
    assert.deepEqual(failure(returned(outcome, expected)), ["NON_RETRYABLE", "OUTPUT_TYPE_MISMATCH"]);
  }
});

Deno.test("errors keep their kind unless the function was cancelled", () => {
  const busy: Ending = { kind: "threw", thrown: new Retryable("BUSY", "later") };
  const fatal: Ending = { kind: "threw", thrown: new NonRetryable("BAD", "never") };
  const cases: [Ending, CancelReason | undefined, string, string][] = [
    [busy, undefined, "RETRYABLE", "BUSY"],
    [fatal, undefined, "NON_RETRYABLE", "BAD"],
    [fatal, "JOB", "CANCELLED", "CANCELLED"],
    [busy, "TIMEOUT", "TIMEOUT", "EXECUTION_TIMEOUT"],
    [fatal, "TIMEOUT", "NON_RETRYABLE", "BAD"],
    [{ kind: "abandoned" }, "TIMEOUT", "TIMEOUT", "EXECUTION_TIMEOUT"],
    [{ kind: "threw", thrown: "boom" }, undefined, "RETRYABLE", "UNHANDLED"],
    [{ kind: "threw", thrown: new NonRetryable("not a code", "") }, undefined, "NON_RETRYABLE", "UNHANDLED"],
  ];
  for (const [ending, reason, kind, code] of cases) {
    assert.deepEqual(failure(report(ending, "single", reason)), [kind, code]);
  }
});

Deno.test("a drained function costs no attempt unless it finished", () => {
  const stopped: Ending = { kind: "threw", thrown: new Retryable("STOPPED", "") };
  assert.equal(report(stopped, "none", "DRAIN").outcome.case, "released");
  const done: Ending = { kind: "returned", outcome: Outcome.none() };
  assert.equal(report(done, "none", "DRAIN").outcome.case, "completed");
});

Deno.test("what is too large is said before it is sent", () => {
  const large = Payload.binary(new Uint8Array(2 ** 20 + 1));
  const tooLarge = ["NON_RETRYABLE", "RESULT_TOO_LARGE"];
  assert.deepEqual(failure(returned(Outcome.one(large), "single")), tooLarge);
  assert.deepEqual(failure(returned(Outcome.many([large]), "multiple")), tooLarge);
  const many = Array.from({ length: 100_001 }, () => Payload.none());
  assert.deepEqual(failure(returned(Outcome.many(many), "multiple")), tooLarge);
  const emit = { topic: "t", key: "", payload: Payload.binary(new Uint8Array(2 ** 20)), headers: {} };
  const said = { emits: Array.from({ length: 5 }, () => emit) };
  assert.deepEqual(failure(report({ kind: "returned", outcome: Outcome.none() }, "none", undefined, said)), tooLarge);
});

Deno.test("large multiples are appended in order", () => {
  const cases: [number, number, number[]][] = [
    [1_000, 10, []],
    [1_001, 10, [1_000, 1]],
    [6, 2 ** 20, [3, 3]],
    [3, 2 ** 20, []],
  ];
  for (const [count, bytes, sizes] of cases) {
    const items = Array.from({ length: count }, (_, n) => Payload.binary(new Uint8Array(bytes).fill(n)));
    const { chunks, outcome } = returned(Outcome.many(items), "multiple");
    assert.deepEqual(chunks.map((chunk) => chunk.length), sizes);
    assert.equal(outcome.case, "completed");
    assert.equal(outcome.value.output.case, sizes.length === 0 ? "multiple" : "appendedItems");
    for (const chunk of chunks) {
      const request = create(v1.AppendOutputsRequestSchema, { items: [...chunk] });
      assert.ok(toBinary(v1.AppendOutputsRequestSchema, request).length <= 4 << 20);
    }
  }
});

Deno.test("a failure carries the checkpoint if it is small enough", () => {
  for (
    const [checkpoint, expected] of [[Payload.json("7"), true], [
      Payload.binary(new Uint8Array(2 << 20)),
      false,
    ]] as const
  ) {
    const said = { emits: [], checkpoint };
    const { outcome } = report({ kind: "threw", thrown: new Retryable("X", "") }, "none", undefined, said);
    assert.equal(outcome.case, "failed");
    assert.equal(outcome.value.checkpoint !== undefined, expected);
  }
});
