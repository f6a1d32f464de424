/**
 * What can go wrong with a call, by the reason that the contract gives.
 *
 * @module
 */

import { fromBinary } from "@bufbuild/protobuf";
import { BinaryReader } from "@bufbuild/protobuf/wire";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { type PlanIssue, PlanIssueSchema } from "../gen/esteira/v1/plan_pb.ts";
import { durationInMs } from "./wire.ts";

/** A call that did not succeed: refused by the coordinator, or not answered while patience lasted. */
export class ClientError extends Error {
  /** `ClientError`. */
  override readonly name = "ClientError";
  /** What kind of error it is, such as `NOT_FOUND`; decides what to do when the reason is not known. */
  readonly code: string;
  /** The stable reason, such as `JOB_NOT_FOUND`; "" when the error is the transport's. */
  readonly reason: string;
  /** What is wrong with a plan definition, when the reason is `PLAN_INVALID`. */
  readonly planIssues: readonly PlanIssue[];
  /** How long the coordinator asks to wait. */
  readonly retryAfterMs: number | undefined;
  /** Whether the connection, and not the coordinator, is to blame. */
  readonly isBroken: boolean;

  /** From its parts. */
  constructor(
    code: string,
    message: string,
    more: {
      readonly reason?: string;
      readonly planIssues?: readonly PlanIssue[];
      readonly retryAfterMs?: number;
      readonly isBroken?: boolean;
      readonly cause?: unknown;
    } = {},
  ) {
    super(`${more.reason || code}: ${message}`, { cause: more.cause });
    this.code = code;
    this.reason = more.reason ?? "";
    this.planIssues = more.planIssues ?? [];
    this.retryAfterMs = more.retryAfterMs;
    this.isBroken = more.isBroken ?? false;
  }
}

/** Codes that the client itself gives to answers that broke off. */
const BROKEN = [Code.Unknown, Code.Internal, Code.InvalidArgument, Code.DataLoss];

/** Anything that a call threw. */
export function readError(thrown: unknown): ClientError {
  if (thrown instanceof ClientError) return thrown;
  const error = ConnectError.from(thrown);
  const name = (Code[error.code] ?? "Unknown").replace(/(?!^)([A-Z])/g, "_$1").toUpperCase();
  const retryAfterMs = retryDelayMs(error);
  return new ClientError(name, error.rawMessage, {
    reason: reasonOf(error),
    planIssues: error.findDetails(PlanIssueSchema),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    // A status that was sent stands in the trailer; one that was made here does not.
    isBroken: !error.metadata.has("grpc-status") && error.details.length === 0 && BROKEN.includes(error.code),
    cause: error,
  });
}

/** The bytes of the first detail of this type. */
function detail(error: ConnectError, type: string): Uint8Array | undefined {
  const details = error.details as readonly { readonly type: string; readonly value: unknown }[];
  const value = details.find((detail) => detail.type === type)?.value;
  return value instanceof Uint8Array ? value : undefined;
}

/** `google.rpc.ErrorInfo.reason`, or "". */
function reasonOf(error: ConnectError): string {
  const field = fieldOne(detail(error, "google.rpc.ErrorInfo"));
  return field === undefined ? "" : new TextDecoder().decode(field);
}

/** `google.rpc.RetryInfo.retry_delay`. */
function retryDelayMs(error: ConnectError): number | undefined {
  const field = fieldOne(detail(error, "google.rpc.RetryInfo"));
  if (field === undefined) return undefined;
  const duration: Duration = fromBinary(DurationSchema, field);
  return durationInMs(duration);
}

/** The bytes of field 1 of a message. */
function fieldOne(message: Uint8Array | undefined): Uint8Array | undefined {
  if (message === undefined) return undefined;
  const reader = new BinaryReader(message);
  while (reader.pos < reader.len) {
    const [number, wireType] = reader.tag();
    if (number === 1) return reader.bytes();
    reader.skip(wireType, number);
  }
  return undefined;
}
