/**
 * What is wrong with a plan, named by its place.
 *
 * @module
 */

/** One finding about a plan document. An error refuses the plan; a warning does not. */
export interface Issue {
  /** JSON Pointer into the plan document, for example `/steps/2/next/0/condition`. */
  readonly path: string;
  /** Stable UPPER_SNAKE code, for example `STEP_UNKNOWN`. */
  readonly code: string;
  /** For a person. */
  readonly message: string;
  /** Whether the plan may be published all the same. */
  readonly warning: boolean;
}

/** A finding that refuses the plan. */
export function issue(path: string, code: string, message: string): Issue {
  return { path, code, message, warning: false };
}
