/**
 * Checks every expression of a plan, and finds the steps whose output any of them reads.
 *
 * @module
 */

import { type Evaluate, ExpressionError, type References } from "../evaluate.ts";
import type { Plan } from "../plan.ts";
import { compileTemplate, type Template } from "../template/mod.ts";
import { type Issue, issue } from "./issue.ts";
import type { Shape } from "./shape.ts";

/** What the expressions of a plan came to. */
export interface Expressions {
  readonly issues: Issue[];
  /** The compiled input template of each step that has one. */
  readonly templates: (Template | undefined)[];
  /** Indexes of the steps whose output is read. */
  readonly read: Set<number>;
}

/** Checks all of them. */
export function checkExpressions(plan: Plan, shape: Shape, evaluate: Evaluate): Expressions {
  const issues: Issue[] = [];
  const templates: (Template | undefined)[] = [];
  const read = new Set<number>();
  const check = <T>(path: string, parse: () => T): T | undefined => {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      issues.push(issue(path, error.code, error.message));
      return undefined;
    }
  };
  const resolve = (references: References | undefined, path: string, at: number) => {
    for (const key of references?.steps ?? []) {
      const of = shape.index.get(key);
      const why = of === undefined ? undefined : shape.unreadable(of, at);
      if (of === undefined) issues.push(issue(path, "STEP_UNKNOWN", `there is no step \`${key}\``));
      else if (why !== undefined) issues.push(issue(path, "STEP_NOT_READABLE", `\`${key}\` ${why}`));
      else read.add(of);
    }
  };
  plan.policies.forEach(({ condition }, index) =>
    check(`/policies/${index}/condition`, () => evaluate.checkPolicy(condition))
  );
  plan.steps.forEach((step, at) => {
    const path = `/steps/${at}/input`;
    const source = step.inputTemplateJson;
    const template = source === "" ? undefined : check(path, () => compileTemplate(source, evaluate));
    templates.push(template);
    if (template?.references.output) {
      issues.push(issue(path, "EXPRESSION_INVALID", "a template builds the input: there is no `output` yet"));
    } else resolve(template?.references, path, at);
    step.next.forEach(({ condition }, place) => {
      const path = `/steps/${at}/next/${place}/condition`;
      if (condition !== "") resolve(check(path, () => evaluate.checkCondition(condition)), path, at);
    });
  });
  return { issues, templates, read };
}
