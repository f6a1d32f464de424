/**
 * Policies: named rules over a payload, each with a recorded verdict.
 *
 * @module
 */

import { type Evaluate, ExpressionError } from "../evaluate.ts";
import { engineFailure, type Failure } from "../failure.ts";
import type { Verdict } from "../outcome.ts";
import { Payload } from "../payload.ts";
import type { Policy } from "../plan.ts";

/** What policies say of a payload, and the failure when one that is enforced does not pass. */
export interface Judgement {
  readonly verdicts: Verdict[];
  readonly violation?: Failure;
}

/** Asks the policies. A rule without a value counts as not passed: what cannot be judged is not let through. */
export function judge(evaluate: Evaluate, policies: readonly Policy[], what: string, payload?: Payload): Judgement {
  const verdicts: Verdict[] = [];
  let violation: Failure | undefined;
  for (const policy of policies) {
    let passed = false;
    let why = "";
    try {
      passed = evaluate.policy(policy.condition, payload ?? Payload.none());
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      why = `: ${error.code}: ${error.message}`;
    }
    if (!passed && policy.enforce) {
      const message = `policy \`${policy.name}\` does not hold for the ${what}${why}`;
      violation ??= engineFailure("NON_RETRYABLE", "POLICY_VIOLATION", message);
    }
    verdicts.push({ policy: policy.name, version: policy.version, passed, detail: `${what}${why}` });
  }
  return { verdicts, ...(violation === undefined ? {} : { violation }) };
}
