/**
 * The one thing that a function author writes.
 *
 * @module
 */

import type { Context } from "./context.ts";
import { Outcome, type Returned } from "./outcome.ts";
import type { Payload } from "./payload.ts";
import type { OutputType } from "./plan.ts";

/** What a function says about itself when its worker registers. */
export interface FunctionSpec {
  /** The name that plans use: `[a-z][a-z0-9_.-]{0,62}`, for example `order.reserve`. */
  readonly name: string;
  /** What it produces; must agree with the step that runs it. */
  readonly outputType: OutputType;
  /** The author's version text; recorded with every attempt. "" when the author counts none. */
  readonly version: string;
  /** What it does, in one sentence of at most 256 characters. */
  readonly summary: string;
}

/**
 * A named, versioned, stateless unit of code with one entry. It does exactly one thing and persists nothing.
 *
 * `execute` may be called many times at once, and again for the same task: an attempt can be repeated after a lost
 * lease. Hand `cx.idempotencyKey` to outside services, and return soon after `cx.signal` is aborted. Implement it for a
 * class that holds clients or settings; {@link fn} makes one of a plain function.
 */
export interface TaskFunction {
  /** Name, version, output type and summary. */
  readonly spec: FunctionSpec;
  /** Runs it once on one input. What it throws is a failure; see {@link Retryable} and {@link NonRetryable}. */
  execute(cx: Context, input: Payload): Promise<Outcome>;
}

/** Makes a {@link TaskFunction} of a plain function. */
export function fn(
  name: string,
  outputType: OutputType,
  run: (cx: Context, input: Payload) => Returned | Promise<Returned>,
  more: { readonly version?: string; readonly summary?: string } = {},
): TaskFunction {
  return {
    spec: { name, outputType, version: more.version ?? "", summary: more.summary ?? "" },
    execute: async (cx, input) => Outcome.of(await run(cx, input)),
  };
}
