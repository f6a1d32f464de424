/**
 * The shape of a plan: edges, order, ancestors, dominators, fan-out depth. Refuses cycles.
 *
 * @module
 */

import type { Plan, Step } from "../plan.ts";
import { type Issue, issue } from "./issue.ts";

/** An edge to a following step. */
export interface Edge {
  /** Index of the following step. */
  readonly to: number;
  /** Condition; "" = always. */
  readonly condition: string;
}

/** Whether a step collects all that arrives. */
export function isJoin(step: Step): boolean {
  return step.join === "all" || step.dependsOn.length > 0;
}

/** The shape of a plan whose step references are all known. */
export class Shape {
  readonly index = new Map<string, number>();
  readonly edges: Edge[][];
  readonly onFailure: (number | undefined)[];
  readonly predecessors: number[][];
  readonly starts: number[];
  readonly joins: number[];
  /** Steps from which each step can be reached, itself not among them; failure edges count. */
  readonly ancestors: Set<number>[] = [];
  /** Steps that every way to a step passes, itself not among them. */
  readonly dominators: Set<number>[] = [];
  /** How many fan-outs are open where the step's output flows, at most; its own among them. */
  readonly fanDepth: number[] = [];

  private constructor(plan: Plan) {
    plan.steps.forEach((step, at) => this.index.set(step.stepKey, at));
    const at = (key: string) => this.index.get(key) ?? -1;
    this.edges = plan.steps.map((step) =>
      step.next.map((next) => ({ to: at(next.stepKey), condition: next.condition }))
    );
    plan.steps.forEach((step, to) => step.dependsOn.forEach((key) => this.edges[at(key)]?.push({ to, condition: "" })));
    this.onFailure = plan.steps.map((step) => this.index.get(step.onFailureStep));
    this.predecessors = plan.steps.map(() => []);
    plan.steps.forEach((_, from) => {
      const failure = this.onFailure[from];
      for (const to of [...this.edgesOf(from).map((edge) => edge.to), ...(failure === undefined ? [] : [failure])]) {
        const before = this.predecessors[to];
        if (before !== undefined && !before.includes(from)) before.push(from);
      }
    });
    const indexes = plan.steps.map((_, step) => step);
    this.starts = plan.startSteps.length > 0
      ? plan.startSteps.map(at)
      : indexes.filter((step) => this.predecessors[step]?.length === 0);
    this.joins = indexes.filter((step) => isJoin(plan.steps[step]!));
  }

  /** The shape, or the cycle that prevents it. */
  static of(plan: Plan): Shape | Issue {
    const shape = new Shape(plan);
    const order = shape.#order(plan);
    if (!Array.isArray(order)) return order;
    for (const step of order) shape.#derive(plan, step);
    return shape;
  }

  /** The edges that leave a step. */
  edgesOf(step: number): readonly Edge[] {
    return this.edges[step] ?? [];
  }

  /** Steps so that each comes after all that lead to it; a cycle is named by its steps. */
  #order(plan: Plan): number[] | Issue {
    const waits = this.predecessors.map((before) => before.length);
    const order = waits.flatMap((count, step) => (count === 0 ? [step] : []));
    for (let at = 0; at < order.length; at++) {
      for (const to of [...this.#successors(order[at]!)].sort((a, b) => a - b)) {
        if (--waits[to]! === 0) order.push(to);
      }
    }
    const stuck = waits.flatMap((count, step) => (count > 0 ? [step] : []));
    if (stuck.length === 0) return order;
    const keys = stuck.map((step) => plan.steps[step]!.stepKey).join(", ");
    return issue(`/steps/${stuck[0]}`, "PLAN_CYCLE", `these steps form a cycle or follow one: ${keys}`);
  }

  #successors(step: number): Set<number> {
    const failure = this.onFailure[step];
    return new Set([...this.edgesOf(step).map((edge) => edge.to), ...(failure === undefined ? [] : [failure])]);
  }

  #derive(plan: Plan, step: number): void {
    const ancestors = new Set<number>();
    let dominators: Set<number> | undefined;
    let depth = 0;
    for (const from of this.predecessors[step]!) {
      ancestors.add(from);
      this.ancestors[from]!.forEach((ancestor) => ancestors.add(ancestor));
      const through = new Set(this.dominators[from]).add(from);
      dominators = dominators === undefined ? through : dominators.intersection(through);
      depth = Math.max(depth, this.fanDepth[from]!);
    }
    const { outputType, run } = plan.steps[step]!;
    const fansOut = outputType === "multiple" && run.kind !== "condition" && run.kind !== "wait";
    this.fanDepth[step] = (isJoin(plan.steps[step]!) ? 0 : depth) + Number(fansOut);
    this.ancestors[step] = ancestors;
    this.dominators[step] = dominators ?? new Set();
  }

  /** Places among the joins of the first joins on each way from a step; its own when it is one. */
  nextJoins(step: number): number[] {
    const found = new Set<number>();
    const seen = new Set<number>();
    const ways = [step];
    for (let at = ways.pop(); at !== undefined; at = ways.pop()) {
      if (seen.has(at)) continue;
      seen.add(at);
      const join = this.joins.indexOf(at);
      if (join >= 0) found.add(join);
      else ways.push(...this.edgesOf(at).map((edge) => edge.to));
    }
    return [...found].sort((a, b) => a - b);
  }

  /**
   * Why the output of `of` cannot be read where a task of `at` begins or ends; undefined when it can: it is on every
   * way there, or arrives at a join on every way there, and there is one of it.
   */
  unreadable(of: number, at: number): string | undefined {
    const here = new Set(this.dominators[at]).add(at);
    const before = this.ancestors[at]!;
    const arrived = this.joins.some((join) => here.has(join) && this.edgesOf(of).some((edge) => edge.to === join));
    if (!arrived && (of === at || !here.has(of))) return "is not on every way to this step";
    if (!this.edgesOf(of).some((edge) => edge.to === at || before.has(edge.to))) {
      return "has no output on the way to this step: only its failure leads here";
    }
    const joined = (join: number) => (join === at || before.has(join)) && this.ancestors[join]!.has(of);
    if (this.fanDepth[of]! > 0 && this.joins.some(joined)) {
      return "has an output for each item, and they were joined since: read the join's input instead";
    }
    return undefined;
  }
}
