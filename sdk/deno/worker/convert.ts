/**
 * Between the words of the model and the messages of `WorkerService`.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { durationInMs, durationOut, payloadIn, payloadOut } from "../client/wire.ts";
import type {
  AggregateRef,
  Emit,
  Failure,
  FunctionSpec,
  Invocation,
  OutputType,
  Payload,
  Verdict,
} from "../model/mod.ts";

/** A lease as the worker needs it. */
export interface Lease {
  readonly token: string;
  readonly ttlMs: number;
  readonly executionTimeoutMs: number | undefined;
  readonly invocation: Invocation;
  readonly input: Payload;
  /** For a report that the coordinator cannot take without it. */
  readonly capsule: Uint8Array;
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Reads a lease, or names the field that cannot be read. */
export function leaseIn(lease: v1.TaskLease): Lease | string {
  const { actor, aggregate, headers = {}, data } = lease.packet ?? {};
  const outputType = outputTypeIn(lease.outputType);
  const ttlMs = durationInMs(lease.leaseTtl);
  if (!UUID.test(lease.jobId)) return "job_id";
  if (!UUID.test(lease.taskId)) return "task_id";
  if (lease.attempt < 0) return "attempt";
  if (outputType === undefined) return "output_type";
  if (ttlMs === undefined) return "lease_ttl";
  return {
    token: lease.leaseToken,
    ttlMs,
    executionTimeoutMs: durationInMs(lease.executionTimeout),
    input: payloadIn(data),
    capsule: lease.capsule,
    invocation: {
      job: lease.jobId,
      task: lease.taskId,
      stepKey: lease.stepKey,
      functionName: lease.functionName,
      attempt: lease.attempt,
      fence: lease.fence,
      idempotencyKey: lease.idempotencyKey,
      actor: {
        userId: actor?.userId ?? "",
        accountId: actor?.accountId ?? "",
        onBehalfOf: actor?.onBehalfOf ?? "",
      },
      ...(aggregate === undefined
        ? {}
        : { aggregate: { kind: aggregate.type, id: aggregate.id, version: aggregate.version } }),
      headers,
      configJson: lease.configJson,
      outputType,
      ...(lease.checkpoint === undefined ? {} : { lastCheckpoint: payloadIn(lease.checkpoint) }),
    },
  };
}

const OUTPUT_TYPES: readonly (readonly [v1.OutputType, OutputType])[] = [
  [v1.OutputType.SINGLE, "single"],
  [v1.OutputType.MULTIPLE, "multiple"],
  [v1.OutputType.NONE, "none"],
];

function outputTypeIn(value: v1.OutputType): OutputType | undefined {
  return OUTPUT_TYPES.find(([wire]) => wire === value)?.[1];
}

export function functionOut({ name, version, outputType, summary }: FunctionSpec): v1.FunctionSpec {
  const wire = OUTPUT_TYPES.find(([, type]) => type === outputType)?.[0] ?? v1.OutputType.UNSPECIFIED;
  return create(v1.FunctionSpecSchema, { name, version, outputType: wire, summary });
}

export function aggregateOut({ kind, id, version }: AggregateRef): v1.AggregateRef {
  return create(v1.AggregateRefSchema, { type: kind, id, version });
}

export function emitOut({ topic, key, payload, headers }: Emit): v1.OutboxEmit {
  return create(v1.OutboxEmitSchema, { topic, key, payload: payloadOut(payload), headers: { ...headers } });
}

export function verdictOut(verdict: Verdict): v1.PolicyVerdict {
  return create(v1.PolicyVerdictSchema, verdict);
}

export function failureOut(failure: Failure): v1.Failure {
  const { kind, code, message, stackTrace, retryAfterMs, details, source } = failure;
  return create(v1.FailureSchema, {
    kind: v1.FailureKind[kind],
    code,
    message,
    stackTrace,
    ...(retryAfterMs === undefined ? {} : { retryAfter: durationOut(retryAfterMs) }),
    ...(details === undefined ? {} : { details: payloadOut(details) }),
    source,
  });
}
