/**
 * The port `Evaluate` of the model, in CEL.
 *
 * @module
 */

import type { Evaluate, Payload, References, Scope } from "../model/mod.ts";
import { bindScope, bindValue } from "./bind.ts";
import { toJsonText } from "./output.ts";
import { Program } from "./program.ts";

const CONDITION_VARIABLES = ["input", "output", "item", "steps", "job", "config"];
const POLICY_VARIABLES = ["value"];
/** Most programs that are kept, of each kind. */
const KEPT_MAX = 1_024;

/**
 * Conditions, policies and `$cel` in CEL, as the coordinator evaluates them: integers are 64 bits and signed, nothing
 * reads a clock or randomness, the work of an evaluation is bounded. What was compiled is kept by its source.
 */
export class Evaluator implements Evaluate {
  readonly #conditions = new Map<string, Program>();
  readonly #expressions = new Map<string, Program>();
  readonly #policies = new Map<string, Program>();

  /** Parses a condition and says what it refers to. */
  checkCondition(source: string): References {
    return references(this.#condition(source));
  }

  /** Parses a policy rule: a condition over the one variable `value`. */
  checkPolicy(source: string): void {
    this.#policy(source);
  }

  /** Parses an expression of a template and says what it refers to. */
  checkExpression(source: string): References {
    return references(this.#expression(source));
  }

  /** Whether the condition holds. */
  condition(source: string, scope: Scope): boolean {
    const program = this.#condition(source);
    return program.holds(bindScope(scope, program.paths));
  }

  /** Whether the rule holds for this value. */
  policy(source: string, value: Payload): boolean {
    return this.#policy(source).holds(bindValue(value));
  }

  /** The value of an expression of a template, as JSON text. */
  expression(source: string, scope: Scope): string {
    const program = this.#expression(source);
    return toJsonText(program.evaluate(bindScope(scope, program.paths)));
  }

  #condition(source: string): Program {
    return kept(this.#conditions, source, () => Program.compile(source, CONDITION_VARIABLES, true));
  }

  #expression(source: string): Program {
    const variables = CONDITION_VARIABLES.filter((name) => name !== "output");
    return kept(this.#expressions, source, () => Program.compile(source, variables, false));
  }

  #policy(source: string): Program {
    return kept(this.#policies, source, () => Program.compile(source, POLICY_VARIABLES, true));
  }
}

function kept(programs: Map<string, Program>, source: string, compile: () => Program): Program {
  const found = programs.get(source);
  if (found !== undefined) return found;
  const program = compile();
  if (programs.size >= KEPT_MAX) programs.clear();
  programs.set(source, program);
  return program;
}

function references({ paths }: Program): References {
  const steps = paths.flatMap(({ root, keys: [key] }) => (root === "steps" && key !== undefined ? [key] : []));
  return { steps: [...new Set(steps)].sort(), output: paths.some((path) => path.root === "output") };
}
