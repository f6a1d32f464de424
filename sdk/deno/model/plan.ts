/**
 * Plans: named compositions of steps, as an author writes them.
 *
 * @module
 */

import { ATTEMPTS_DEFAULT } from "./limits.ts";

/** What a step produces: one payload; any number, one task an item in the next steps; or nothing. */
export type OutputType = "single" | "multiple" | "none";

/** How a step treats what arrives: one task for each arrival, or one task a job on the array of all. */
export type Join = "each" | "all";

/** What a step runs. */
export type Run =
  /** A function that a worker serves. */
  | { readonly kind: "function"; readonly name: string }
  /** Engine-native: passes its input on; its `next` conditions do the work. */
  | { readonly kind: "condition" }
  /** Engine-native: passes its input on after this long. */
  | { readonly kind: "wait"; readonly pauseMs: number }
  /** A child job of another plan; version 0 = the default one when it is published. */
  | { readonly kind: "sub_plan"; readonly plan: string; readonly version: number };

/** An edge to a following step. */
export interface NextStep {
  /** Key of the following step. */
  readonly stepKey: string;
  /** CEL expression that must hold; "" = always. */
  readonly condition: string;
}

/** When and how often a failed attempt is tried again. */
export interface RetryPolicy {
  /** Attempts in all, the first included. */
  readonly maxAttempts: number;
  /** Pause before the second attempt. */
  readonly initialBackoffMs: number;
  /** Longest pause. */
  readonly maxBackoffMs: number;
  /** Each pause is the one before times this. */
  readonly multiplier: number;
  /** Share of the pause that is random, 0 to 1. */
  readonly jitter: number;
  /** Codes that are never retried. */
  readonly nonRetryableCodes: readonly string[];
}

/** The policy of a step that names none. */
export const RETRY_DEFAULT: RetryPolicy = {
  maxAttempts: ATTEMPTS_DEFAULT,
  initialBackoffMs: 1_000,
  maxBackoffMs: 60_000,
  multiplier: 2,
  jitter: 0.2,
  nonRetryableCodes: [],
};

/** Whether it is the policy of a step that names none. */
export function isDefaultRetry(retry: RetryPolicy): boolean {
  const { nonRetryableCodes, ...numbers } = retry;
  const { nonRetryableCodes: _, ...defaults } = RETRY_DEFAULT;
  const same = (Object.keys(defaults) as (keyof typeof defaults)[]).every((key) => numbers[key] === defaults[key]);
  return same && nonRetryableCodes.length === 0;
}

/** A named rule over a step's input or output; its verdict is recorded. */
export interface Policy {
  /** Unique in the plan. */
  readonly name: string;
  /** Author's version text, recorded with each verdict. */
  readonly version: string;
  /** CEL expression over `value`; the policy passes when it is true. */
  readonly condition: string;
  /** Whether a verdict of false fails the task, or is only recorded. */
  readonly enforce: boolean;
}

/** One place in a plan. */
export interface Step {
  /** `[a-z][a-z0-9_]{0,62}`, unique in the plan. */
  readonly stepKey: string;
  /** What it runs. */
  readonly run: Run;
  /** JSON given to the function, verbatim; "" = none. */
  readonly configJson: string;
  /** Typed JSON template that builds the input; "" = what arrived. */
  readonly inputTemplateJson: string;
  /** What it produces. */
  readonly outputType: OutputType;
  /** Edges to the following steps. */
  readonly next: readonly NextStep[];
  /** Take the first edge that holds instead of all that hold. */
  readonly exclusiveNext: boolean;
  /** How arrivals are treated. */
  readonly join: Join;
  /** Steps that must have ended before this one; the alternative to `next`. */
  readonly dependsOn: readonly string[];
  /** When to try again. */
  readonly retry: RetryPolicy;
  /** Queue to wait in; "" = the function's name. */
  readonly queue: string;
  /** Longest run of one attempt. */
  readonly executionTimeoutMs?: number;
  /** Lease that workers of this step get. */
  readonly leaseTtlMs?: number;
  /** Tasks of this step leased at once, over all jobs of the plan; 0 = no limit. */
  readonly maxInFlight: number;
  /** At most one live task for each aggregate, first come first served. */
  readonly exclusiveAggregate: boolean;
  /** Step that receives the failure instead of the job failing; "" = none. */
  readonly onFailureStep: string;
  /** Version of the function that must serve it; "" = any. */
  readonly functionVersion: string;
  /** Policies on the input. */
  readonly inputPolicies: readonly string[];
  /** Policies on each output. */
  readonly outputPolicies: readonly string[];
}

/** A plan definition: a named composition of steps with one goal. */
export interface Plan {
  /** Kind of aggregate that the plan moves; "" = none. */
  readonly aggregateType: string;
  /** Named rules that the steps refer to. */
  readonly policies: readonly Policy[];
  /** Steps that a job begins with; empty = all that no other step leads to. */
  readonly startSteps: readonly string[];
  /** The steps, in the author's order. */
  readonly steps: readonly Step[];
}

/** A step without edges, templates or limits. */
export function bareStep(stepKey: string, run: Run): Step {
  return {
    stepKey,
    run,
    configJson: "",
    inputTemplateJson: "",
    outputType: "single",
    next: [],
    exclusiveNext: false,
    join: "each",
    dependsOn: [],
    retry: RETRY_DEFAULT,
    queue: "",
    maxInFlight: 0,
    exclusiveAggregate: false,
    onFailureStep: "",
    functionVersion: "",
    inputPolicies: [],
    outputPolicies: [],
  };
}
