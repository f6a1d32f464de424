/**
 * Conditions, policies and the expressions of templates for the embedded runner: CEL, on `@bufbuild/cel`.
 *
 * ```ts
 * import { Runner } from "@esteira/sdk/model";
 * import { Evaluator } from "@esteira/sdk/expr";
 * const runner = new Runner({ evaluate: new Evaluator() });
 * ```
 *
 * @module
 */

export { Evaluator } from "./evaluator.ts";
