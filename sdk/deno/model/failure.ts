/**
 * Why an attempt, a task or a job failed, as it is recorded.
 *
 * @module
 */

import type { Payload } from "./payload.ts";

/** What a failure means for a retry. */
export type FailureKind = "RETRYABLE" | "NON_RETRYABLE" | "TIMEOUT" | "CANCELLED" | "LEASE_EXPIRED" | "PROTOCOL";

/** A failure with a stable code. Texts may hold data and are treated like data. */
export interface Failure {
  /** What it means for a retry. */
  readonly kind: FailureKind;
  /** Stable UPPER_SNAKE code; retry rules match it exactly. */
  readonly code: string;
  /** For a person; at most 4 KiB. */
  readonly message: string;
  /** At most 16 KiB, or "". */
  readonly stackTrace: string;
  /** The function asks for at least this pause before the next attempt. */
  readonly retryAfterMs?: number;
  /** More about it, if the author gave it. */
  readonly details?: Payload;
  /** Which part failed: a function, `engine`, `worker`. */
  readonly source: string;
}

/** A failure found by esteira itself. */
export function engineFailure(kind: FailureKind, code: string, message: string, source = "engine"): Failure {
  return { kind, code, message, stackTrace: "", source };
}
