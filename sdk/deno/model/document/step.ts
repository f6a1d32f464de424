/**
 * One step of a plan document, and what it runs.
 *
 * @module
 */

import {
  ATTEMPTS_MAX,
  LEASE_TTL_MAX_MS,
  LEASE_TTL_MIN_MS,
  PLAN_STEPS_MAX,
  STEP_NEXT_MAX,
  VERSION_CHARS_MAX,
} from "../limits.ts";
import {
  type Join,
  type NextStep,
  type OutputType,
  RETRY_DEFAULT,
  type RetryPolicy,
  type Run,
  type Step,
} from "../plan.ts";
import type { Field, Members, Range } from "./reader.ts";

const DAY_MS = 24 * 3_600_000;
/** Most policies of a plan, and of one end of a step. */
export const POLICIES_MAX = 100;
const CODES_MAX = 100;
const WAIT_MS: Range = [1, 31 * DAY_MS];
const BACKOFF_MS: Range = [0, DAY_MS];
const IN_FLIGHT_MAX = 1_000_000;
const VERSION_MAX = 2 ** 31 - 1;

/** Fields that only a function of a worker has a use for. */
const WORKER_ONLY = [
  "function_version",
  "queue",
  "execution_timeout",
  "lease_ttl",
  "max_in_flight",
  "exclusive_aggregate",
  "retry",
];

/** Reads a step; undefined when it has no key or nothing to run. Everything that is wrong with it is reported. */
export function readStep(field: Field, keys: Set<string>): Step | undefined {
  const members = field.object();
  if (members === undefined) return undefined;
  const stepKey = uniqueKey(members.require("step_key"), keys);
  const config = members.take("config");
  const run = readRun(members, config);
  const outputType = readOutput(members.take("output"), run);
  const dependsOn = keysOf(members.take("depends_on"));
  const join = readJoin(members.take("join"), dependsOn !== undefined);
  const timeout = (name: string, range: Range) => members.take(name)?.durationMs(range);
  const rest = {
    configJson: config?.text ?? "",
    inputTemplateJson: members.take("input")?.text ?? "",
    outputType: outputType ?? "single",
    next: (members.take("next")?.list(STEP_NEXT_MAX) ?? []).flatMap((next) => readEdge(next) ?? []),
    exclusiveNext: members.take("exclusive_next")?.boolean() ?? false,
    join,
    dependsOn: dependsOn ?? [],
    retry: readRetry(members.take("retry")),
    queue: members.take("queue")?.name("name") ?? "",
    executionTimeoutMs: timeout("execution_timeout", WAIT_MS),
    leaseTtlMs: timeout("lease_ttl", [LEASE_TTL_MIN_MS, LEASE_TTL_MAX_MS]),
    maxInFlight: members.take("max_in_flight")?.whole([0, IN_FLIGHT_MAX]) ?? 0,
    exclusiveAggregate: members.take("exclusive_aggregate")?.boolean() ?? false,
    onFailureStep: members.take("on_failure_step")?.name("key") ?? "",
    functionVersion: members.take("function_version")?.shortText(VERSION_CHARS_MAX) ?? "",
    inputPolicies: members.take("input_policies")?.names("name", POLICIES_MAX) ?? [],
    outputPolicies: members.take("output_policies")?.names("name", POLICIES_MAX) ?? [],
  };
  members.finish();
  if (stepKey === undefined || run === undefined) return undefined;
  const { executionTimeoutMs, leaseTtlMs, ...always } = rest;
  return {
    stepKey,
    run,
    ...always,
    ...(executionTimeoutMs === undefined ? {} : { executionTimeoutMs }),
    ...(leaseTtlMs === undefined ? {} : { leaseTtlMs }),
  };
}

function uniqueKey(field: Field | undefined, keys: Set<string>): string | undefined {
  const key = field?.name("key");
  if (key === undefined) return undefined;
  if (keys.has(key)) return field?.refuse("STEP_KEY_TAKEN", `\`${key}\` is used twice`);
  keys.add(key);
  return key;
}

/** Reads `function` or `sub_plan`, and refuses what the step could not use. */
function readRun(members: Members, config: Field | undefined): Run | undefined {
  const named = members.take("function");
  const subPlan = members.take("sub_plan");
  if (named !== undefined && subPlan !== undefined) {
    return subPlan.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`, not both");
  }
  if (subPlan !== undefined) {
    refuseAll(members, WORKER_ONLY, "a sub-plan is a job of its own; set this on its steps");
    return readSubPlan(subPlan);
  }
  if (named === undefined) return members.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`");
  const name = named.name("name");
  if (name === undefined) return undefined;
  if (name !== "condition" && name !== "wait") return { kind: "function", name };
  const why = `\`${name}\` is run by the engine: nothing is leased or tried again`;
  refuseAll(members, WORKER_ONLY, why);
  if (name === "condition") return { kind: "condition" };
  const pauseMs = readPause(members, config);
  return pauseMs === undefined ? undefined : { kind: "wait", pauseMs };
}

function refuseAll(members: Members, names: readonly string[], why: string): void {
  for (const name of names) members.refuseField(name, why);
}

function readSubPlan(field: Field): Run | undefined {
  const members = field.object();
  if (members === undefined) return undefined;
  const plan = members.require("plan")?.name("name");
  const version = members.take("version")?.whole([0, VERSION_MAX]) ?? 0;
  members.finish();
  return plan === undefined ? undefined : { kind: "sub_plan", plan, version };
}

/** The `config` of a `wait`. */
function readPause(members: Members, config: Field | undefined): number | undefined {
  if (config === undefined) return members.refuseMissing("config", "`wait` takes its duration from `config`");
  const fields = config.object();
  const pauseMs = fields?.require("duration")?.durationMs(WAIT_MS);
  fields?.finish();
  return pauseMs;
}

function readOutput(field: Field | undefined, run: Run | undefined): OutputType | undefined {
  const output = field?.choice<OutputType>(["single", "multiple", "none"]);
  const native = run?.kind === "condition" || run?.kind === "wait";
  if (output !== undefined && output !== "single" && native) {
    return field?.refuse("FIELD_UNSUPPORTED", "this step passes its input on as one output");
  }
  return output;
}

/** A step with dependencies is a barrier by itself. */
function readJoin(field: Field | undefined, isBarrier: boolean): Join {
  const written = field?.choice<Join>(["each", "all"]);
  if (written === "each" && isBarrier) {
    field?.refuse("JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once");
  }
  return isBarrier ? "all" : written ?? "each";
}

/** Keys of steps, as they stand: that each is there once is a matter of the graph. */
function keysOf(field: Field | undefined): string[] | undefined {
  const fields = field?.list(PLAN_STEPS_MAX);
  if (fields?.length === 0) return field?.refuse("TEXT_INVALID", "empty; leave the field out instead");
  return fields?.flatMap((key) => key.name("key") ?? []);
}

/** A bare key is an edge that is always taken. */
function readEdge(field: Field): NextStep | undefined {
  if (field.isText()) {
    const stepKey = field.name("key");
    return stepKey === undefined ? undefined : { stepKey, condition: "" };
  }
  const members = field.object();
  if (members === undefined) return undefined;
  const stepKey = members.require("step_key")?.name("key");
  const condition = readCondition(members.take("condition")) ?? "";
  members.finish();
  return stepKey === undefined ? undefined : { stepKey, condition };
}

/** A CEL expression; that it is one is checked with the graph. */
export function readCondition(field: Field | undefined): string | undefined {
  const text = field?.string();
  if (text?.trim() === "") {
    return field?.refuse("TEXT_INVALID", "an empty condition; leave the field out if there is none");
  }
  return text;
}

/** Reads a retry policy; what is left out keeps its default. */
function readRetry(field: Field | undefined): RetryPolicy {
  const members = field?.object();
  if (members === undefined) return RETRY_DEFAULT;
  const maxAttempts = members.take("max_attempts")?.whole([1, ATTEMPTS_MAX]);
  const initialField = members.take("initial_backoff");
  const initial = initialField?.durationMs(BACKOFF_MS);
  const max = members.take("max_backoff")?.durationMs(BACKOFF_MS);
  const multiplier = members.take("multiplier")?.number([1, 100]);
  const jitter = members.take("jitter")?.number([0, 1]);
  const codes = members.take("non_retryable_codes")?.names("code", CODES_MAX);
  members.finish();
  if (initial !== undefined && max !== undefined && initial > max) {
    initialField?.refuse("NUMBER_OUT_OF_RANGE", "longer than `max_backoff`");
    return RETRY_DEFAULT;
  }
  // A first pause above the default longest one is meant.
  const longest = max ?? Math.max(initial ?? 0, RETRY_DEFAULT.maxBackoffMs);
  return {
    maxAttempts: maxAttempts ?? RETRY_DEFAULT.maxAttempts,
    initialBackoffMs: initial ?? Math.min(RETRY_DEFAULT.initialBackoffMs, longest),
    maxBackoffMs: longest,
    multiplier: multiplier ?? RETRY_DEFAULT.multiplier,
    jitter: jitter ?? RETRY_DEFAULT.jitter,
    nonRetryableCodes: codes ?? [],
  };
}
