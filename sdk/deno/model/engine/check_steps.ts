/**
 * What must be true of the steps of a plan, before and after its shape is known.
 *
 * @module
 */

import { PLAN_STEPS_MAX } from "../limits.ts";
import { isDefaultRetry, type Plan, type Step } from "../plan.ts";
import { type Issue, issue } from "./issue.ts";
import type { Shape } from "./shape.ts";

/** References and rules of single steps. */
export function checkSteps(plan: Plan): Issue[] {
  const issues: Issue[] = [];
  if (plan.steps.length === 0) issues.push(issue("/steps", "STEPS_EMPTY", "a plan has at least one step"));
  if (plan.steps.length > PLAN_STEPS_MAX) {
    return [...issues, issue("/steps", "STEPS_TOO_MANY", `a plan has at most ${PLAN_STEPS_MAX} steps`)];
  }
  const keys = new Set<string>();
  plan.steps.forEach(({ stepKey }, index) => {
    if (keys.has(stepKey)) {
      issues.push(issue(`/steps/${index}/step_key`, "STEP_KEY_TAKEN", `\`${stepKey}\` is used twice`));
    }
    keys.add(stepKey);
  });
  plan.startSteps.forEach((key, place) => {
    const path = `/start_steps/${place}`;
    if (!keys.has(key)) issues.push(unknown(path, key));
    else if (plan.startSteps.indexOf(key) < place) issues.push(twice(path, `\`${key}\` stands here twice`));
  });
  plan.steps.forEach((step, index) => {
    issues.push(...checkEdges(step, index, keys), ...checkDependencies(step, index, keys));
    issues.push(...checkFailure(plan, step, index, keys), ...checkPolicies(plan, step, index));
    issues.push(...checkBarrier(plan, step, index), ...checkFields(plan, step, index));
  });
  return issues;
}

function unknown(path: string, key: string): Issue {
  return issue(path, "STEP_UNKNOWN", `there is no step \`${key}\``);
}

function twice(path: string, message: string): Issue {
  return issue(path, "EDGE_TWICE", message);
}

function checkEdges(step: Step, index: number, keys: ReadonlySet<string>): Issue[] {
  const issues: Issue[] = [];
  const targets = new Set<string>();
  step.next.forEach(({ stepKey, condition }, place) => {
    const path = `/steps/${index}/next/${place}`;
    if (!keys.has(stepKey)) issues.push(unknown(path, stepKey));
    if (targets.has(stepKey)) issues.push(twice(path, `\`${stepKey}\` follows twice; join the two conditions`));
    targets.add(stepKey);
    if (step.exclusiveNext && condition === "" && place + 1 < step.next.length) {
      issues.push(issue(path, "EDGE_UNREACHABLE", "the edges after one without a condition are never taken"));
    }
  });
  return issues;
}

function checkDependencies(step: Step, index: number, keys: ReadonlySet<string>): Issue[] {
  const issues: Issue[] = [];
  step.dependsOn.forEach((key, place) => {
    const path = `/steps/${index}/depends_on/${place}`;
    if (!keys.has(key)) issues.push(unknown(path, key));
    if (step.dependsOn.indexOf(key) < place) issues.push(twice(path, `\`${key}\` stands here twice`));
  });
  return issues;
}

function checkFailure(plan: Plan, step: Step, index: number, keys: ReadonlySet<string>): Issue[] {
  const key = step.onFailureStep;
  if (key === "") return [];
  const path = `/steps/${index}/on_failure_step`;
  if (!keys.has(key)) return [unknown(path, key)];
  const depends = plan.steps.some((other) => other.stepKey === key && other.dependsOn.includes(step.stepKey));
  const follows = step.next.some((next) => next.stepKey === key);
  return depends || follows ? [twice(path, "one step cannot take both the output and the failure")] : [];
}

function checkPolicies(plan: Plan, step: Step, index: number): Issue[] {
  const fields = [["input_policies", step.inputPolicies], ["output_policies", step.outputPolicies]] as const;
  return fields.flatMap(([field, names]) =>
    names.flatMap((name, place) =>
      plan.policies.some((policy) => policy.name === name)
        ? []
        : [issue(`/steps/${index}/${field}/${place}`, "POLICY_UNKNOWN", `there is no policy \`${name}\``)]
    )
  );
}

function checkBarrier(plan: Plan, step: Step, index: number): Issue[] {
  if (step.dependsOn.length === 0) return [];
  const issues: Issue[] = [];
  if (plan.steps.some((other) => other.next.some((next) => next.stepKey === step.stepKey))) {
    const message = "a step is led to by `next` or has `depends_on`, not both";
    issues.push(issue(`/steps/${index}/depends_on`, "EDGES_MIXED", message));
  }
  if (step.join === "each") {
    const message = "`depends_on` is a barrier: the step runs once";
    issues.push(issue(`/steps/${index}/join`, "JOIN_EACH_WITH_DEPENDS_ON", message));
  }
  return issues;
}

function checkFields(plan: Plan, step: Step, index: number): Issue[] {
  const issues: Issue[] = [];
  if (step.exclusiveAggregate && plan.aggregateType === "") {
    const path = `/steps/${index}/exclusive_aggregate`;
    issues.push(issue(path, "AGGREGATE_TYPE_MISSING", "the plan names no `aggregate_type`"));
  }
  if (step.run.kind === "function") return issues;
  const workerOnly: [string, boolean][] = [
    ["queue", step.queue !== ""],
    ["lease_ttl", step.leaseTtlMs !== undefined],
    ["execution_timeout", step.executionTimeoutMs !== undefined],
    ["max_in_flight", step.maxInFlight > 0],
    ["exclusive_aggregate", step.exclusiveAggregate],
    ["function_version", step.functionVersion !== ""],
    ["retry", !isDefaultRetry(step.retry)],
  ];
  for (const [field] of workerOnly.filter(([, set]) => set)) {
    const message = `\`${field}\` is for functions that a worker runs`;
    issues.push(issue(`/steps/${index}/${field}`, "FIELD_UNSUPPORTED", message));
  }
  return issues;
}

/** Rules that need the shape: everything can be reached, joins have something to wait for. */
export function checkReach(plan: Plan, shape: Shape): Issue[] {
  const issues: Issue[] = [];
  plan.steps.forEach((step, at) => {
    const isStart = shape.starts.includes(at);
    const path = `/steps/${at}`;
    const before = shape.predecessors[at]!;
    if (!isStart && !shape.starts.some((start) => shape.ancestors[at]!.has(start))) {
      issues.push(issue(path, "STEP_UNREACHABLE", `no way from the start leads to \`${step.stepKey}\``));
    }
    if (isStart && before.length > 0) {
      issues.push(issue(path, "START_STEP_FOLLOWS", `\`${step.stepKey}\` starts the plan and follows another step`));
    }
    if (step.join === "all" && before.length === 0) {
      issues.push(issue(`${path}/join`, "JOIN_WITHOUT_EDGE", "nothing leads to this join"));
    }
    const leadsOn = shape.edgesOf(at).length > 0 || shape.onFailure[at] !== undefined;
    if (before.length === 0 && !leadsOn && plan.steps.length > 1 && plan.startSteps.length === 0) {
      const message = `\`${step.stepKey}\` is linked to no other step: it runs beside the rest`;
      issues.push({ ...issue(path, "STEP_ISOLATED", message), warning: true });
    }
  });
  return issues;
}
