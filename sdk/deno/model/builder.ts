/**
 * Composes functions into a plan, in code. Nothing is checked here: the engine checks a plan as a whole, when it is run
 * or published. Builders never change; each method answers another one.
 *
 * @module
 */

import { bareStep, type OutputType, type Plan, type RetryPolicy, type Run, type Step } from "./plan.ts";

/** Builds a {@link Plan} step by step. */
export class PlanBuilder {
  readonly #plan: Plan;

  /** A plan without steps. */
  constructor(plan: Plan = { aggregateType: "", policies: [], startSteps: [], steps: [] }) {
    this.#plan = plan;
  }

  #with(change: Partial<Plan>): PlanBuilder {
    return new PlanBuilder({ ...this.#plan, ...change });
  }

  /** The kind of aggregate that the plan moves. */
  aggregateType(kind: string): PlanBuilder {
    return this.#with({ aggregateType: kind });
  }

  /** The steps that a job begins with; without them all that no other step leads to. */
  startSteps(...stepKeys: string[]): PlanBuilder {
    return this.#with({ startSteps: stepKeys });
  }

  /** A rule that fails the step when it does not hold: a CEL expression over `value`. */
  policy(name: string, version: string, condition: string): PlanBuilder {
    return this.#with({ policies: [...this.#plan.policies, { name, version, condition, enforce: true }] });
  }

  /** A rule whose verdict is only recorded. */
  observingPolicy(name: string, version: string, condition: string): PlanBuilder {
    return this.#with({ policies: [...this.#plan.policies, { name, version, condition, enforce: false }] });
  }

  /** Adds a step. */
  step(step: StepBuilder): PlanBuilder {
    return this.#with({ steps: [...this.#plan.steps, step.build()] });
  }

  /** The plan as described. */
  build(): Plan {
    return this.#plan;
  }
}

/** A step that runs a function; it produces one payload unless {@link StepBuilder.output} says otherwise. */
export function step(key: string, functionName: string): StepBuilder {
  return begin(key, { kind: "function", name: functionName });
}

/** A step that only decides where its input goes on, by its edges' conditions. */
export function condition(key: string): StepBuilder {
  return begin(key, { kind: "condition" });
}

/** A step that passes its input on after a pause, in whole milliseconds. */
export function wait(key: string, pauseMs: number): StepBuilder {
  return begin(key, { kind: "wait", pauseMs }).config(`{"duration":"${Math.trunc(pauseMs)}ms"}`);
}

/** A step that runs another plan, by name, in its default version. */
export function subPlan(key: string, planName: string): StepBuilder {
  return begin(key, { kind: "sub_plan", plan: planName, version: 0 });
}

function begin(key: string, run: Run): StepBuilder {
  return new StepBuilder(bareStep(key, run));
}

/** Builds one step of a plan; begun by {@link step}, {@link condition}, {@link wait} or {@link subPlan}. */
export class StepBuilder {
  readonly #step: Step;

  /** From a step as it is. */
  constructor(step: Step) {
    this.#step = step;
  }

  /** Changes anything about the step. */
  with(change: Partial<Step>): StepBuilder {
    return new StepBuilder({ ...this.#step, ...change });
  }

  /** What the step produces. */
  output(outputType: OutputType): StepBuilder {
    return this.with({ outputType });
  }

  /** JSON given to the function as its configuration. */
  config(json: string): StepBuilder {
    return this.with({ configJson: json });
  }

  /** Typed JSON template that builds the input. */
  input(templateJson: string): StepBuilder {
    return this.with({ inputTemplateJson: templateJson });
  }

  /** Each output goes to this step. (Not `then`: a builder must not look like a promise.) */
  next(stepKey: string): StepBuilder {
    return this.nextIf(stepKey, "");
  }

  /** Each output for which the CEL expression holds goes to this step. */
  nextIf(stepKey: string, condition: string): StepBuilder {
    return this.with({ next: [...this.#step.next, { stepKey, condition }] });
  }

  /** Takes the first edge that holds instead of all that hold. */
  firstMatch(): StepBuilder {
    return this.with({ exclusiveNext: true });
  }

  /** Runs once, on the array of all that arrived, when everything that leads here has come to rest. */
  joinAll(): StepBuilder {
    return this.with({ join: "all" });
  }

  /** Runs once, when these steps have ended, on the array of their outputs; the alternative to edges. */
  dependsOn(...stepKeys: string[]): StepBuilder {
    return this.with({ dependsOn: stepKeys, join: "all" });
  }

  /** When and how often a failed attempt is tried again. */
  retry(retry: Partial<RetryPolicy>): StepBuilder {
    return this.with({ retry: { ...this.#step.retry, ...retry } });
  }

  /** Attempts in all, the first included. */
  maxAttempts(attempts: number): StepBuilder {
    return this.retry({ maxAttempts: attempts });
  }

  /** Longest run of one attempt. */
  executionTimeout(timeoutMs: number): StepBuilder {
    return this.with({ executionTimeoutMs: timeoutMs });
  }

  /** The step that receives a failure instead of the job failing. */
  onFailure(stepKey: string): StepBuilder {
    return this.with({ onFailureStep: stepKey });
  }

  /** At most one task at a time for each aggregate. */
  exclusiveAggregate(): StepBuilder {
    return this.with({ exclusiveAggregate: true });
  }

  /** A policy on the input, by name. */
  inputPolicy(name: string): StepBuilder {
    return this.with({ inputPolicies: [...this.#step.inputPolicies, name] });
  }

  /** A policy on each output, by name. */
  outputPolicy(name: string): StepBuilder {
    return this.with({ outputPolicies: [...this.#step.outputPolicies, name] });
  }

  /** The step as described. */
  build(): Step {
    return this.#step;
  }
}
