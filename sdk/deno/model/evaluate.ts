/**
 * Conditions, policies and the expressions of templates: their language is a detail behind the port {@link Evaluate}.
 * `@esteira/sdk/expr` supplies it; templates themselves need nothing of it.
 *
 * @module
 */

import type { Payload } from "./payload.ts";

/** The code of an expression without a value; it becomes the failure's code. */
export type ExpressionCode =
  | "EXPRESSION_INVALID"
  | "EXPRESSION_MISSING_PATH"
  | "EXPRESSION_TYPE"
  | "EXPRESSION_FAILED"
  | "FAN_OUT_TOO_LARGE";

/** Why an expression has no value. The message never holds payload bytes. */
export class ExpressionError extends Error {
  /** `ExpressionError`. */
  override readonly name = "ExpressionError";
  /** What kind of problem it is. */
  readonly code: ExpressionCode;

  /** With a message for a person. */
  constructor(code: ExpressionCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** It names data that is not there. */
export function missingPath(path: string): ExpressionError {
  return new ExpressionError("EXPRESSION_MISSING_PATH", `missing path ${path}`);
}

/** What an expression refers to. */
export interface References {
  /** Keys of the steps whose output it reads (`steps.<key>.output`). */
  readonly steps: readonly string[];
  /** Whether it reads `output`; a template may not, there is none yet. */
  readonly output: boolean;
}

/**
 * The variables of an expression.
 *
 * | variable | in a condition of step `s` | in the input template of step `t` |
 * | --- | --- | --- |
 * | `input` | the input of the task that ended | what arrived at `t` |
 * | `output` | what flows along the edge: the output, or one item of a MULTIPLE | not there |
 * | `item` | `{"index": 3, "path": [0, 3]}` of what flows along the edge | the same of the new task |
 * | `steps.<key>.output` | output of an earlier step of this branch | the same |
 * | `job` | `{"id": .., "input": .., "labels": {..}, "data_class": ".."}` | the same |
 * | `config` | the config of `s` | the config of `t` |
 */
export interface Scope {
  /** See the table. */
  readonly input: Payload;
  /** See the table. */
  readonly output?: Payload;
  /** Item path; empty outside a fan-out: then `item` is not there. */
  readonly itemPath: readonly number[];
  /** Outputs of earlier steps, by step key. */
  readonly steps: ReadonlyMap<string, Payload>;
  /** See the table. */
  readonly job: JobScope;
  /** JSON text, or "" when the step has none: then `config` is not there. */
  readonly configJson: string;
}

/** The variable `job`. */
export interface JobScope {
  /** The job's id. */
  readonly id: string;
  /** The data that the job started with. */
  readonly input?: Payload;
  /** The job's labels. */
  readonly labels: Readonly<Record<string, string>>;
  /** The job's data class: `PRODUCTION`, `QA` or `DEVTEST`. */
  readonly dataClass: string;
}

/** The language of conditions, policies and `$cel`. Each method throws an {@link ExpressionError}. */
export interface Evaluate {
  /** Parses a condition and says what it refers to. */
  checkCondition(source: string): References;
  /** Parses a policy rule: a condition over the one variable `value`. */
  checkPolicy(source: string): void;
  /** Parses an expression of a template, of any type, and says what it refers to. */
  checkExpression(source: string): References;
  /** Whether the condition holds. Anything but a boolean is an error. */
  condition(source: string, scope: Scope): boolean;
  /** Whether the rule holds for this value. */
  policy(source: string, value: Payload): boolean;
  /** The value of an expression of a template, as JSON text. */
  expression(source: string, scope: Scope): string;
}

function absent(): never {
  const message = "expressions need an evaluator: new Runner({ evaluate: new Evaluator() }), from the SDK's `expr`";
  throw new ExpressionError("EXPRESSION_INVALID", message);
}

/** The evaluator of a runner that was given none: refuses every expression. */
export const NO_EXPRESSIONS: Evaluate = {
  checkCondition: absent,
  checkPolicy: absent,
  checkExpression: absent,
  condition: absent,
  policy: absent,
  expression: absent,
};
