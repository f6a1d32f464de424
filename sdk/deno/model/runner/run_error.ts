/**
 * Why a plan could not be run to its end.
 *
 * @module
 */

import type { Issue } from "../engine/mod.ts";

/**
 * Which error it is:
 *
 * | code | meaning |
 * | --- | --- |
 * | `PLAN_INVALID` | the plan, or a sub-plan, has errors: see `issues` |
 * | `FUNCTION_MISSING` | the plan uses functions that the runner does not have: see `functions` |
 * | `INPUT_INVALID` | the data that the run starts with is not acceptable JSON |
 * | `TOO_DEEP` | sub-plans nest deeper than the contract allows |
 * | `STUCK` | nothing can happen any more although the job has not ended |
 */
export type RunErrorCode = "PLAN_INVALID" | "FUNCTION_MISSING" | "INPUT_INVALID" | "TOO_DEEP" | "STUCK";

/** Why a plan could not be run to its end. A job that fails is not an error: its trace says how. */
export class RunError extends Error {
  /** `RunError`. */
  override readonly name = "RunError";
  /** Which error it is. */
  readonly code: RunErrorCode;
  /** Name of the sub-plan that is invalid; "" for the plan itself. */
  readonly planName: string;
  /** What is wrong with the plan, by place. */
  readonly issues: readonly Issue[];
  /** The functions that are missing. */
  readonly functions: readonly string[];

  /** With what belongs to the code. */
  constructor(
    code: RunErrorCode,
    message: string,
    more: { readonly planName?: string; readonly issues?: readonly Issue[]; readonly functions?: readonly string[] } =
      {},
  ) {
    super(message);
    this.code = code;
    this.planName = more.planName ?? "";
    this.issues = more.issues ?? [];
    this.functions = more.functions ?? [];
  }
}
