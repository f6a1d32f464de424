/**
 * The plan of a run and the plans that it runs as steps, checked and made ready.
 *
 * @module
 */

import { compileGraph, type Graph, type Issue, issue } from "../engine/mod.ts";
import type { Evaluate } from "../evaluate.ts";
import type { TaskFunction } from "../function.ts";
import { compareTexts } from "../json/order.ts";
import type { Plan } from "../plan.ts";
import { RunError } from "./run_error.ts";

/** All graphs of a run by plan name, "" for the plan that the run was asked for; throws a {@link RunError}. */
export function compileLibrary(
  plan: Plan,
  plans: ReadonlyMap<string, Plan>,
  functions: ReadonlyMap<string, TaskFunction>,
  evaluate: Evaluate,
): Map<string, Graph> {
  const library = new Map<string, Graph>();
  const missing = new Set<string>();
  const open: [string, Plan][] = [["", plan]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [name, plan] = next;
    if (library.has(name)) continue;
    const unresolved = resolve(plan, plans);
    const { graph, issues } = unresolved.length > 0 ? { issues: unresolved } : compileGraph(plan, evaluate);
    if (graph === undefined) throw invalid(name, issues);
    for (const { run } of plan.steps) {
      if (run.kind === "function" && !functions.has(run.name)) missing.add(run.name);
      const child = run.kind === "sub_plan" ? plans.get(run.plan) : undefined;
      if (run.kind === "sub_plan" && child !== undefined) open.push([run.plan, child]);
    }
    library.set(name, graph);
  }
  if (missing.size === 0) return library;
  const names = [...missing].sort(compareTexts);
  throw new RunError("FUNCTION_MISSING", `no function serves ${names.join(", ")}`, { functions: names });
}

function invalid(planName: string, issues: readonly Issue[]): RunError {
  const texts = issues.map(({ path, code, message }) => `; ${path} ${code}: ${message}`).join("");
  const message = `the plan ${JSON.stringify(planName)} has ${issues.length} issues${texts}`;
  return new RunError("PLAN_INVALID", message, { planName, issues });
}

/** What is wrong with a plan's references to sub-plans, as publishing would say. */
function resolve(plan: Plan, plans: ReadonlyMap<string, Plan>): Issue[] {
  return plan.steps.flatMap(({ run }, index) => {
    if (run.kind !== "sub_plan") return [];
    const unknown = (message: string) => [issue(`/steps/${index}/sub_plan`, "SUB_PLAN_UNKNOWN", message)];
    if (!plans.has(run.plan)) return unknown(`the runner has no plan \`${run.plan}\``);
    return run.version === 0 ? [] : unknown("an embedded plan has no versions: refer to version 0");
  });
}
