/**
 * Why a function failed, and whether another attempt can help.
 *
 * @module
 */

import type { Failure, FailureKind } from "./failure.ts";
import { FAILURE_MESSAGE_BYTES_MAX, FAILURE_STACK_BYTES_MAX } from "./limits.ts";

/** Code of a failure that the author did not name: any other exception. */
export const UNHANDLED = "UNHANDLED";
/** Code of an input that cannot be decoded. */
export const INPUT_INVALID = "INPUT_INVALID";
/** Code of a configuration that cannot be decoded. */
export const CONFIG_INVALID = "CONFIG_INVALID";
/** Code of a value that JSON cannot hold. */
export const OUTPUT_INVALID = "OUTPUT_INVALID";
/** Code of a result that is larger than the contract allows. */
export const RESULT_TOO_LARGE = "RESULT_TOO_LARGE";
/** Code of an output that does not agree with the step's output type. */
export const OUTPUT_TYPE_MISMATCH = "OUTPUT_TYPE_MISMATCH";

/** A failure that the author of a function names: throw {@link Retryable} or {@link NonRetryable}. */
export abstract class FunctionError extends Error {
  /** Stable UPPER_SNAKE code; retry rules and failure edges match it exactly. */
  readonly code: string;

  /** With a message for a person, which may hold data and is treated like data. */
  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }

  /** Whether another attempt may succeed. */
  abstract readonly isRetryable: boolean;
}

/** Another attempt may succeed. */
export class Retryable extends FunctionError {
  /** `Retryable`. */
  override readonly name = "Retryable";
  /** True. */
  override readonly isRetryable = true;
  /** Wait at least this long before the next attempt. */
  readonly afterMs?: number;

  /** With a message for a person, and perhaps a pause before the next attempt. */
  constructor(code: string, message: string, options: ErrorOptions & { readonly afterMs?: number } = {}) {
    super(code, message, options);
    if (options.afterMs !== undefined) this.afterMs = options.afterMs;
  }
}

/** No attempt will succeed with this input. */
export class NonRetryable extends FunctionError {
  /** `NonRetryable`. */
  override readonly name = "NonRetryable";
  /** False. */
  override readonly isRetryable = false;

  /** The input cannot be decoded. */
  static inputInvalid(message: string): NonRetryable {
    return new NonRetryable(INPUT_INVALID, message);
  }

  /** The step's configuration cannot be decoded. */
  static configInvalid(message: string): NonRetryable {
    return new NonRetryable(CONFIG_INVALID, message);
  }
}

/** Anything that was thrown as the error that it counts as: what the author did not name is retryable `UNHANDLED`. */
export function asFunctionError(thrown: unknown): FunctionError {
  if (thrown instanceof FunctionError) return thrown;
  return new Retryable(UNHANDLED, messages(thrown), { cause: thrown });
}

/** The messages of an exception and of its causes. */
function messages(thrown: unknown): string {
  const texts: string[] = [];
  const seen = new Set<unknown>();
  let at = thrown;
  while (at !== undefined && at !== null && !seen.has(at)) {
    seen.add(at);
    texts.push(at instanceof Error ? at.message : String(at));
    at = at instanceof Error ? at.cause : undefined;
  }
  return texts.join(": ");
}

/**
 * The failure that is reported, with its texts cut to the contract's limits. A code of another form than
 * `[A-Z][A-Z0-9_]{0,63}` becomes `UNHANDLED` and moves into the message.
 */
export function toFailure(thrown: unknown, source: string): Failure {
  const error = asFunctionError(thrown);
  const fits = /^[A-Z][A-Z0-9_]{0,63}$/.test(error.code);
  const kind: FailureKind = error.isRetryable ? "RETRYABLE" : "NON_RETRYABLE";
  const afterMs = error instanceof Retryable ? error.afterMs : undefined;
  const stack = error.cause instanceof Error ? error.cause.stack : undefined;
  return truncated({
    kind,
    code: fits ? error.code : UNHANDLED,
    message: fits ? error.message : `${error.code}: ${error.message}`,
    stackTrace: stack ?? "",
    ...(afterMs === undefined ? {} : { retryAfterMs: afterMs }),
    source,
  });
}

/** Cuts the texts of a failure to 4 KiB and 16 KiB, on a code point boundary. */
export function truncated(failure: Failure): Failure {
  return {
    ...failure,
    message: cut(failure.message, FAILURE_MESSAGE_BYTES_MAX),
    stackTrace: cut(failure.stackTrace, FAILURE_STACK_BYTES_MAX),
  };
}

/** The longest beginning of a text that takes at most so many bytes and breaks no code point. */
function cut(text: string, bytesMax: number): string {
  const { read, written } = new TextEncoder().encodeInto(text, new Uint8Array(bytesMax));
  // Half of a surrogate pair is no text: it is written as U+FFFD and must not reach the wire as something else.
  return read === text.length && written <= bytesMax ? text.toWellFormed() : text.slice(0, read).toWellFormed();
}
