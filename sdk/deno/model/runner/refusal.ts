/**
 * What the coordinator would not take of a report: the worker then reports a failure in its place, and so does the
 * runner. And what it would not take of a start: nothing runs then. The rules are those of the edge (`TaskReport` in
 * `worker.proto`, `StartJobRequest` in `job.proto`); which of them is broken first decides the code.
 *
 * @module
 */

import type { Emit, Said } from "../context.ts";
import { truncated } from "../error.ts";
import { engineFailure, type Failure } from "../failure.ts";
import { checkJson } from "../json/check.ts";
import * as limits from "../limits.ts";
import type { Outcome, Verdict } from "../outcome.ts";
import type { AggregateRef, Headers, Packet } from "../packet.ts";
import { type Payload, utf8Length } from "../payload.ts";

/** What is wrong with which field, by code. */
class Refused extends Error {
  readonly code: string;

  constructor(code: string, field: string, why: string) {
    super(`${field}: ${why}`);
    this.code = code;
  }
}

/** The failure in the place of a success that the coordinator would not take. `own` is what the task moves. */
export function refusalOfSuccess(
  outcome: Outcome,
  { emits }: Said,
  own: AggregateRef | undefined,
): Failure | undefined {
  const { aggregateAfter, verdicts } = outcome;
  return refused(() => {
    for (const output of outcome.payloads()) checkPayload(output, "output");
    if (aggregateAfter !== undefined) checkAggregate(aggregateAfter, "aggregate_after");
    checkCount(emits.length, limits.EMIT_MAX, "emit");
    checkCount(verdicts.length, limits.VERDICTS_MAX, "verdicts");
    emits.forEach(checkMessage);
    verdicts.forEach(checkVerdict);
    if (own === undefined || aggregateAfter === undefined) return;
    if (own.kind !== aggregateAfter.kind || own.id !== aggregateAfter.id) {
      throw invalid("aggregate_after", "names another aggregate than the task's");
    }
  });
}

/** The failure as it is taken, and the checkpoint that comes with it; or the failure in its place. */
export function takenFailure(given: Failure, { checkpoint }: Said): { failure: Failure; checkpoint?: Payload } {
  const refusal = refused(() => {
    if ((given.retryAfterMs ?? 0) > limits.RETRY_AFTER_MAX_MS) throw invalid("retry_after", "is more than 24 hours");
    if (checkpoint !== undefined) checkPayload(checkpoint, "checkpoint");
  });
  if (refusal !== undefined) return { failure: refusal };
  // Not every database can hold a NUL.
  const failure = truncated({ ...given, message: given.message.replaceAll("\0", "\ufffd") });
  return { failure, ...(checkpoint === undefined ? {} : { checkpoint }) };
}

/** What is wrong with what a run starts with, if anything is. */
export function refusalOfStart({ actor, aggregate, data, headers }: Packet, labels: Headers): string | undefined {
  return refused(() => {
    checkLine(actor.onBehalfOf, limits.ID_CHARS_MAX, "packet.actor.on_behalf_of");
    if (aggregate !== undefined) checkAggregate(aggregate, "packet.aggregate");
    checkPayload(data, "packet.data");
    checkHeaders(headers, "packet.headers");
    checkCount(Object.keys(labels).length, limits.LABELS_MAX, "labels");
    for (const [name, value] of Object.entries(labels)) {
      checkName(name, limits.NAME_BYTES_MAX, "labels");
      checkLine(value, limits.LABEL_CHARS_MAX, "labels");
    }
  })?.message;
}

function refused(check: () => void): Failure | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return engineFailure("NON_RETRYABLE", error.code, error.message, "worker");
  }
}

function invalid(field: string, why: string): Refused {
  return new Refused("FIELD_INVALID", field, why);
}

function checkPayload(payload: Payload, field: string): void {
  const bytes = payload.byteLength();
  if (bytes > limits.PAYLOAD_BYTES_MAX) throw new Refused("PAYLOAD_TOO_LARGE", field, `has ${bytes} bytes`);
  const text = payload.asJson();
  if (text !== undefined) {
    try {
      checkJson(text);
    } catch (problem) {
      throw new Refused("JSON_INVALID", field, problem instanceof Error ? problem.message : String(problem));
    }
  }
  checkLine(payload.contentType, limits.ID_CHARS_MAX, field);
  checkLine(payload.schema, limits.TEXT_CHARS_MAX, field);
}

function checkAggregate({ kind, id, version }: AggregateRef, field: string): void {
  checkName(kind, limits.NAME_BYTES_MAX, `${field}.type`);
  if (id === "" || version < 0n) throw invalid(field, "has no id, or a version below 0");
  checkLine(id, limits.TEXT_CHARS_MAX, `${field}.id`);
}

function checkMessage({ topic, key, payload, headers }: Emit): void {
  checkName(topic, limits.TOPIC_BYTES_MAX, "emit.topic");
  checkLine(key, limits.TEXT_CHARS_MAX, "emit.key");
  checkPayload(payload, "emit.payload");
  checkHeaders(headers, "emit.headers");
}

function checkHeaders(headers: Headers, field: string): void {
  const entries = Object.entries(headers);
  checkCount(entries.length, limits.HEADERS_MAX, field);
  const fits = ([name, value]: [string, string]) => /^[a-z0-9][a-z0-9_.-]{0,62}$/.test(name) && !/\p{Cc}/u.test(value);
  if (!entries.every(fits)) throw invalid(field, "has a name or value without its form");
  const bytes = entries.reduce((sum, [name, value]) => sum + utf8Length(name) + utf8Length(value), 0);
  if (bytes > limits.HEADER_BYTES_MAX) throw invalid(field, "takes too many bytes");
}

function checkVerdict({ policy, version, detail }: Verdict): void {
  if (policy === "") throw invalid("verdicts.policy", "is required");
  checkLine(policy, limits.ID_CHARS_MAX, "verdicts.policy");
  checkLine(version, limits.VERSION_CHARS_MAX, "verdicts.version");
  if ([...detail].length > limits.REASON_CHARS_MAX || detail.includes("\0")) {
    throw invalid("verdicts.detail", "is too long, or holds a NUL");
  }
}

/** `[a-z][a-z0-9_.-]*`. */
function checkName(text: string, bytesMax: number, field: string): void {
  if (text.length <= bytesMax && /^[a-z][a-z0-9_.-]*$/.test(text)) return;
  throw invalid(field, "is not a name of its form");
}

/** One line, of so many characters at most. */
function checkLine(text: string, charsMax: number, field: string): void {
  if ([...text].length <= charsMax && !/\p{Cc}/u.test(text)) return;
  throw invalid(field, "is too long, or holds a control character");
}

function checkCount(count: number, max: number, field: string): void {
  if (count > max) throw invalid(field, "has too many elements");
}
