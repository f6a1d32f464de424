/**
 * A plan made ready to run: steps by index, edges resolved, joins with what leads to them.
 *
 * @module
 */

import type { Evaluate } from "../evaluate.ts";
import type { OutputType, Plan, Policy, Step } from "../plan.ts";
import type { Template } from "../template/mod.ts";
import { checkExpressions } from "./check_expressions.ts";
import { checkReach, checkSteps } from "./check_steps.ts";
import type { Issue } from "./issue.ts";
import { type Edge, Shape } from "./shape.ts";

/** One step with what the engine derives from the whole plan. */
export interface Node {
  /** The step as written. */
  readonly step: Step;
  /** Where its outputs go. */
  readonly edges: readonly Edge[];
  /** Where its failure goes. */
  readonly onFailure: number | undefined;
  /** Its place among the joins, if it is one. */
  readonly join: number | undefined;
  /** Joins that wait while a task of this step lives. */
  readonly holds: readonly number[];
  /** The first joins on each way from here; itself when it is a join. */
  readonly nextJoins: readonly number[];
  /** Builds its input. */
  readonly template: Template | undefined;
  /** Policies on its input. */
  readonly inputPolicies: readonly Policy[];
  /** Policies on its outputs. */
  readonly outputPolicies: readonly Policy[];
  /** Steps that lead straight to it. */
  readonly predecessors: readonly number[];
  /** What it produces; native steps pass their input on. */
  readonly outputType: OutputType;
}

/** A plan made ready to run. */
export interface Graph {
  /** The steps, in the author's order. */
  readonly nodes: readonly Node[];
  /** Steps that a job begins with. */
  readonly starts: readonly number[];
  /** Step index of each join, in plan order. */
  readonly joins: readonly number[];
  /** Steps whose output any expression reads. */
  readonly read: ReadonlySet<number>;
}

/** Checks a plan as a whole and compiles it. Without an error among the issues there is a graph. */
export function compileGraph(plan: Plan, evaluate: Evaluate): { graph?: Graph; issues: Issue[] } {
  const issues = checkSteps(plan);
  const refused = () => issues.some((issue) => !issue.warning);
  if (refused()) return { issues };
  const shape = Shape.of(plan);
  if (!(shape instanceof Shape)) return { issues: [...issues, shape] };
  issues.push(...checkReach(plan, shape));
  const expressions = checkExpressions(plan, shape, evaluate);
  issues.push(...expressions.issues);
  if (refused()) return { issues };
  const policies = (names: readonly string[]) =>
    names.flatMap((name) => plan.policies.find((policy) => policy.name === name) ?? []);
  const nodes = plan.steps.map((step, index): Node => {
    const join = shape.joins.indexOf(index);
    const native = step.run.kind === "condition" || step.run.kind === "wait";
    return {
      step,
      edges: shape.edgesOf(index),
      onFailure: shape.onFailure[index],
      join: join < 0 ? undefined : join,
      holds: shape.joins.flatMap((to, place) => (shape.ancestors[to]!.has(index) ? [place] : [])),
      nextJoins: shape.nextJoins(index),
      template: expressions.templates[index],
      inputPolicies: policies(step.inputPolicies),
      outputPolicies: policies(step.outputPolicies),
      predecessors: shape.predecessors[index]!,
      outputType: native ? "none" : step.outputType,
    };
  });
  return { graph: { nodes, starts: shape.starts, joins: shape.joins, read: expressions.read }, issues };
}
