/**
 * A plan as the document that is published.
 *
 * @module
 */

import { quoted as quotedShort } from "./json/scan.ts";
import { isDefaultRetry, type Plan, type RetryPolicy, type Step } from "./plan.ts";

/** The document of a plan, to be published under `name`. Durations are written in whole milliseconds. */
export function definitionJson(plan: Plan, name: string): string {
  const document = new Members();
  document.text("name", name);
  document.textUnlessEmpty("aggregate_type", plan.aggregateType);
  document.list("policies", plan.policies, (policy) => {
    const members = new Members();
    members.text("name", policy.name);
    members.textUnlessEmpty("version", policy.version);
    members.text("condition", policy.condition);
    members.raw("enforce", String(policy.enforce));
    return members.end();
  });
  document.texts("start_steps", plan.startSteps);
  document.raw("steps", `[${plan.steps.map(step).join(",")}]`);
  return document.end();
}

function step(step: Step): string {
  const members = new Members();
  members.text("step_key", step.stepKey);
  run(step, members);
  members.rawUnlessEmpty("config", step.configJson);
  members.rawUnlessEmpty("input", step.inputTemplateJson);
  if (step.outputType !== "single") members.text("output", step.outputType);
  members.list("next", step.next, (next) => {
    const edge = new Members();
    edge.text("step_key", next.stepKey);
    edge.textUnlessEmpty("condition", next.condition);
    return edge.end();
  });
  members.flag("exclusive_next", step.exclusiveNext);
  if (step.join === "all" && step.dependsOn.length === 0) members.text("join", step.join);
  members.texts("depends_on", step.dependsOn);
  if (!isDefaultRetry(step.retry)) members.raw("retry", retry(step.retry));
  members.textUnlessEmpty("queue", step.queue);
  members.duration("execution_timeout", step.executionTimeoutMs);
  members.duration("lease_ttl", step.leaseTtlMs);
  if (step.maxInFlight !== 0) members.raw("max_in_flight", String(step.maxInFlight));
  members.flag("exclusive_aggregate", step.exclusiveAggregate);
  members.textUnlessEmpty("on_failure_step", step.onFailureStep);
  members.textUnlessEmpty("function_version", step.functionVersion);
  members.texts("input_policies", step.inputPolicies);
  members.texts("output_policies", step.outputPolicies);
  return members.end();
}

function run(step: Step, members: Members): void {
  switch (step.run.kind) {
    case "function":
      return members.text("function", step.run.name);
    case "condition":
    case "wait":
      return members.text("function", step.run.kind);
    case "sub_plan": {
      const child = new Members();
      child.text("plan", step.run.plan);
      if (step.run.version !== 0) child.raw("version", String(step.run.version));
      return members.raw("sub_plan", child.end());
    }
  }
}

function retry(retry: RetryPolicy): string {
  const members = new Members();
  members.raw("max_attempts", String(retry.maxAttempts));
  members.duration("initial_backoff", retry.initialBackoffMs);
  members.duration("max_backoff", retry.maxBackoffMs);
  members.raw("multiplier", String(retry.multiplier));
  members.raw("jitter", String(retry.jitter));
  members.texts("non_retryable_codes", retry.nonRetryableCodes);
  return members.end();
}

/** A JSON object while it is written. */
class Members {
  readonly #members: string[] = [];

  raw(name: string, json: string): void {
    this.#members.push(`"${name}":${json}`);
  }

  rawUnlessEmpty(name: string, json: string): void {
    if (json !== "") this.raw(name, json);
  }

  text(name: string, text: string): void {
    this.raw(name, quoted(text));
  }

  textUnlessEmpty(name: string, text: string): void {
    if (text !== "") this.text(name, text);
  }

  flag(name: string, set: boolean): void {
    if (set) this.raw(name, "true");
  }

  duration(name: string, ms: number | undefined): void {
    if (ms !== undefined) this.text(name, `${Math.trunc(ms)}ms`);
  }

  list<T>(name: string, items: readonly T[], write: (item: T) => string): void {
    if (items.length > 0) this.raw(name, `[${items.map(write).join(",")}]`);
  }

  texts(name: string, texts: readonly string[]): void {
    this.list(name, texts, quoted);
  }

  end(): string {
    return `{${this.#members.join(",")}}`;
  }
}

/** A JSON string with every control character in its long form. */
function quoted(text: string): string {
  return quotedShort(text).replace(/\\[nrt]|\\./g, (escape) => LONG[escape] ?? escape);
}

const LONG: Readonly<Record<string, string>> = { "\\n": "\\u000a", "\\r": "\\u000d", "\\t": "\\u0009" };
