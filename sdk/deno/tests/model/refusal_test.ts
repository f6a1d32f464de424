/** What the coordinator would not take of a report. */

import assert from "node:assert/strict";
import {
  type AggregateRef,
  type Emit,
  type Failure,
  Outcome,
  Payload,
  type Said,
  type Verdict,
} from "../../model/mod.ts";
import * as limits from "../../model/limits.ts";
import { refusalOfSuccess, takenFailure } from "../../model/runner/refusal.ts";

const EMIT: Emit = { topic: "t", key: "k", payload: Payload.json("1"), headers: {} };
const OWN: AggregateRef = { kind: "order", id: "o", version: 1n };
const RULE: Verdict = { policy: "p", version: "1", passed: true, detail: "a\nb" };

function code(
  change: { emits?: Emit[]; payload?: Payload; verdicts?: Verdict[]; aggregateAfter?: AggregateRef },
): string | undefined {
  const { emits = [EMIT], payload = Payload.json("1"), verdicts = [RULE], aggregateAfter = OWN } = change;
  const outcome = new Outcome({ type: "single", payload }, { aggregateAfter, verdicts });
  const failure = refusalOfSuccess(outcome, { emits, checkpoint: Payload.json("{") }, OWN);
  assert.ok(failure === undefined || failure.kind === "NON_RETRYABLE");
  return failure?.code;
}

Deno.test("what the coordinator takes is taken", () => {
  assert.equal(code({}), undefined);
  assert.equal(code({ emits: Array.from({ length: limits.EMIT_MAX }, () => EMIT) }), undefined);
  assert.equal(code({ emits: [{ ...EMIT, headers: { "0-a.b_c": "é" } }] }), undefined);
  assert.equal(code({ emits: [{ ...EMIT, key: "é".repeat(limits.TEXT_CHARS_MAX) }] }), undefined);
});

Deno.test("a field without its form is refused", () => {
  const changes = [
    { emits: Array.from({ length: limits.EMIT_MAX + 1 }, () => EMIT) },
    { emits: [{ ...EMIT, topic: "T" }] },
    { emits: [{ ...EMIT, topic: "t".repeat(limits.TOPIC_BYTES_MAX + 1) }] },
    { emits: [{ ...EMIT, key: "a\nb" }] },
    { emits: [{ ...EMIT, headers: { A: "" } }] },
    { emits: [{ ...EMIT, headers: { a: "\t" } }] },
    { emits: [{ ...EMIT, headers: { a: "x".repeat(9_000) } }] },
    { verdicts: Array.from({ length: limits.VERDICTS_MAX + 1 }, () => RULE) },
    { verdicts: [{ ...RULE, policy: "" }] },
    { verdicts: [{ ...RULE, version: "1".repeat(65) }] },
    { verdicts: [{ ...RULE, detail: "\0" }] },
    { aggregateAfter: { ...OWN, id: "p" } },
    { aggregateAfter: { ...OWN, version: -1n } },
    { aggregateAfter: { ...OWN, kind: "Order" } },
  ];
  for (const change of changes) assert.equal(code(change), "FIELD_INVALID");
});

Deno.test("payloads are checked wherever they are", () => {
  const large = Payload.binary(new Uint8Array(limits.PAYLOAD_BYTES_MAX + 1));
  assert.equal(code({ payload: Payload.json("{") }), "JSON_INVALID");
  assert.equal(code({ emits: [{ ...EMIT, payload: Payload.json("{") }] }), "JSON_INVALID");
  assert.equal(code({ emits: [{ ...EMIT, payload: large }] }), "PAYLOAD_TOO_LARGE");
});

Deno.test("a failure is refused for its pause and its checkpoint", () => {
  const given: Failure = { kind: "RETRYABLE", code: "BUSY", message: "a\0b", stackTrace: "", source: "f" };
  const said: Said = { emits: [], checkpoint: Payload.json("1") };
  const taken = takenFailure(given, said);
  assert.deepEqual([taken.failure.message, taken.checkpoint], ["a\ufffdb", Payload.json("1")]);
  const long = { ...given, retryAfterMs: limits.RETRY_AFTER_MAX_MS + 1 };
  assert.equal(takenFailure(long, said).failure.code, "FIELD_INVALID");
  const broken = takenFailure(given, { emits: [], checkpoint: Payload.json("{") });
  assert.deepEqual([broken.failure.code, broken.checkpoint], ["JSON_INVALID", undefined]);
});
