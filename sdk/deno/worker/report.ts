/**
 * What is reported about an attempt: decided from how it ended, with nothing done yet.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { EmptySchema } from "@bufbuild/protobuf/wkt";
import { v1 } from "../client/mod.ts";
import { payloadOut } from "../client/wire.ts";
import {
  type CancelReason,
  type Failure,
  type Invocation,
  NonRetryable,
  type Outcome,
  type Payload,
  Retryable,
  type Said,
  toFailure,
  UNHANDLED,
} from "../model/mod.ts";
import { truncated } from "../model/error.ts";
import { engineFailure } from "../model/failure.ts";
import { tooLarge } from "../model/outcome.ts";
import { utf8Length } from "../model/payload.ts";
import { aggregateOut, emitOut, failureOut, verdictOut } from "./convert.ts";
import type { Limits } from "./limits.ts";
import type { WireOutcome } from "./outgoing.ts";

/** How an execution ended; a function that was cancelled and did not stop is abandoned. */
export type Ending =
  | { readonly kind: "returned"; readonly outcome: Outcome }
  | { readonly kind: "threw"; readonly thrown: unknown }
  | { readonly kind: "abandoned" };

/** What to report; first append these chunks, if there are any. */
export interface Report {
  readonly chunks: readonly (readonly v1.Payload[])[];
  readonly outcome: WireOutcome;
}

/** Decides what to report. `reason` is why the function was cancelled, if it was. */
export function decide(
  ending: Ending,
  said: Said,
  invocation: Invocation,
  reason: CancelReason | undefined,
  limits: Limits,
): Report {
  let thrown: unknown;
  switch (ending.kind) {
    case "returned":
      try {
        return completion(ending.outcome, said, invocation, limits);
      } catch (error) {
        thrown = error;
      }
      break;
    case "threw":
      thrown = ending.thrown;
      break;
    case "abandoned":
      thrown = new Retryable(UNHANDLED, "the function did not stop when it was cancelled");
  }
  if (reason === "DRAIN") return { chunks: [], outcome: released("the worker shuts down") };
  const failure = asCancelled(toFailure(thrown, invocation.functionName), reason);
  return { chunks: [], outcome: failed(failure, said.checkpoint, limits) };
}

/** What a failure counts as when the function was asked to stop. */
function asCancelled(failure: Failure, reason: CancelReason | undefined): Failure {
  if (reason === "JOB") return { ...failure, kind: "CANCELLED", code: "CANCELLED" };
  if (reason === "TIMEOUT" && failure.kind === "RETRYABLE") {
    return { ...failure, kind: "TIMEOUT", code: "EXECUTION_TIMEOUT" };
  }
  return failure;
}

/** The task goes back unharmed. */
export function released(reason: string): WireOutcome {
  return { case: "released", value: create(v1.ReleaseSchema, { reason }) };
}

/** The coordinator does not take the result; it gets this instead. */
export function refused(reason: string, message: string): WireOutcome {
  const kind = reason === "CHUNK_GAP" ? "RETRYABLE" : "NON_RETRYABLE";
  const failure = truncated(engineFailure(kind, reason === "" ? "RESULT_REFUSED" : reason, message, "worker"));
  return { case: "failed", value: create(v1.FailingSchema, { failure: failureOut(failure) }) };
}

function failed(failure: Failure, checkpoint: Payload | undefined, limits: Limits): WireOutcome {
  const fits = checkpoint !== undefined && checkpoint.byteLength() <= limits.payloadBytes;
  const saved = fits ? { checkpoint: payloadOut(checkpoint) } : {};
  return { case: "failed", value: create(v1.FailingSchema, { failure: failureOut(failure), ...saved }) };
}

function completion(outcome: Outcome, said: Said, invocation: Invocation, limits: Limits): Report {
  outcome.checked(invocation.outputType, limits.payloadBytes, limits.fanOutItems);
  for (const payload of [...outcome.payloads(), ...said.emits.map((emit) => emit.payload)]) {
    // Half of a surrogate pair would travel as another character.
    if (payload.asJson()?.isWellFormed() === false) {
      throw new NonRetryable("JSON_INVALID", "a text holds half of a surrogate pair");
    }
  }
  const { aggregateAfter, verdicts, output } = outcome;
  const frame = create(v1.CompletionSchema, {
    ...(aggregateAfter === undefined ? {} : { aggregateAfter: aggregateOut(aggregateAfter) }),
    emit: said.emits.map(emitOut),
    verdicts: verdicts.map(verdictOut),
  });
  const frameBytes = toBinary(v1.CompletionSchema, frame).length;
  const done = (wire: v1.Completion["output"], bytes: number, chunks: Report["chunks"] = []): Report => {
    if (bytes > limits.messageBytes) throw tooLarge("bytes in the completion", bytes, limits.messageBytes);
    return { chunks, outcome: { case: "completed", value: { ...frame, output: wire } } };
  };
  if (output.type === "none") return done({ case: "none", value: create(EmptySchema) }, frameBytes);
  if (output.type === "single") {
    const payload = payloadOut(output.payload);
    return done({ case: "single", value: payload }, frameBytes + framedBytes(payload));
  }
  const items = output.payloads.map(payloadOut);
  const sizes = items.map(framedBytes);
  const bytes = sizes.reduce((sum, size) => sum + size, frameBytes);
  if (items.length <= limits.appendItems && bytes <= limits.messageBytes) {
    return done({ case: "multiple", value: create(v1.OutputsSchema, { items }) }, bytes);
  }
  return done({ case: "appendedItems", value: BigInt(items.length) }, frameBytes, chunked(items, sizes, limits));
}

/** As few chunks as the limits allow, in order. */
function chunked(items: readonly v1.Payload[], sizes: readonly number[], limits: Limits): v1.Payload[][] {
  const chunks: v1.Payload[][] = [];
  let bytes = 0;
  items.forEach((item, index) => {
    const size = sizes[index]!;
    const last = chunks.at(-1);
    if (last !== undefined && last.length < limits.appendItems && bytes + size <= limits.messageBytes) {
      bytes += size;
      last.push(item);
    } else {
      bytes = size;
      chunks.push([item]);
    }
  });
  return chunks;
}

/** Bytes of a payload inside a message, with its tag and length; never too few. */
function framedBytes({ body, contentType, schema }: v1.Payload): number {
  const bytes = body.case === "json" ? utf8Length(body.value) : body.value?.length ?? 0;
  return bytes + utf8Length(contentType) + utf8Length(schema) + 24;
}
