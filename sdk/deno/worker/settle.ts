/**
 * What becomes of reports once the coordinator has answered: decided, with nothing done yet.
 *
 * @module
 */

import type { v1 } from "../client/mod.ts";
import type { ClientError } from "../client/error.ts";
import type { Log } from "./log.ts";
import { lacksCapsule, type Letter, replacedBy, withCapsule } from "./outgoing.ts";
import { refused } from "./report.ts";

/** Report calls in a row that may fail without saying why before the reports are looked at one by one. */
const UNSURE_MAX = 5;

/** What becomes of some letters. */
export interface Settled {
  /** Their leases are not kept any longer. */
  readonly done: readonly Letter[];
  /** They are sent again. */
  readonly again: readonly Letter[];
  /** Not at once. */
  readonly pause: boolean;
}

/** What becomes of letters whose call was refused as a whole. */
export interface Blame extends Settled {
  /** Failures in place of results; they wait behind all others. */
  readonly replaced: readonly Letter[];
  /** Calls in a row that failed without saying why. */
  readonly unsure: number;
  /** Whether the worker is refused for good. */
  readonly fatal: boolean;
}

/** Each report by the outcome of its lease. */
export function settle(letters: readonly Letter[], outcomes: readonly v1.ReportOutcome[], log: Log): Settled {
  const byToken = new Map(outcomes.map((outcome) => [outcome.leaseToken, outcome]));
  const [done, again]: [Letter[], Letter[]] = [[], []];
  let pause = false;
  for (const letter of letters) {
    const outcome = byToken.get(letter.report.leaseToken);
    const reason = outcome?.errorReason;
    if (reason === undefined) log("error", "a report was answered without an outcome and is dropped", {});
    if (reason === "LEASE_LOST" || reason === "RESULT_CONFLICT") {
      log("debug", "result dropped: the task is not ours any more", { reason });
    }
    if (reason === undefined || ["", "LEASE_LOST", "RESULT_CONFLICT"].includes(reason)) done.push(letter);
    else if (reason === "STORE_UNAVAILABLE" && outcome?.capsuleWanted === true && lacksCapsule(letter)) {
      // At once: this coordinator can keep it, and only the capsule was missing.
      again.push(withCapsule(letter));
    } else if (["STORE_UNAVAILABLE", "OVERLOADED"].includes(reason)) {
      pause = true;
      again.push(letter);
    } else {
      const next = replace(letter, reason, outcome?.errorMessage ?? "", log);
      (next === undefined ? done : again).push(next ?? letter);
    }
  }
  return { done, again, pause };
}

/** The call as a whole was refused: find the report that is to blame. */
export function blame(
  letters: readonly Letter[],
  error: ClientError,
  unsure: number,
  log: Log,
): Blame {
  const verdict = { done: [], again: [], replaced: [], pause: false, unsure: 0, fatal: false };
  if (error.code === "UNAUTHENTICATED" || error.code === "PERMISSION_DENIED") {
    return { ...verdict, done: letters, fatal: true };
  }
  const sure = !["INTERNAL", "UNKNOWN", "DATA_LOSS", "ABORTED"].includes(error.code);
  if (!sure && unsure < UNSURE_MAX) return { ...verdict, again: letters, pause: true, unsure: unsure + 1 };
  if (letters.length > 1) return { ...verdict, again: letters.map((letter) => ({ ...letter, alone: true })) };
  const next = letters.map((letter) => replace(letter, error.reason, error.message, log));
  const replaced = next.filter((letter) => letter !== undefined);
  return { ...verdict, done: replaced.length === 0 ? letters : [], replaced };
}

/** The lease stays: report a failure in place of the result, once. */
function replace(letter: Letter, reason: string, message: string, log: Log): Letter | undefined {
  if (letter.replaced) {
    log("error", "a report was refused twice and is dropped; the task runs again when its lease runs out", {
      reason,
      message,
    });
    return undefined;
  }
  log("warn", "result refused; a failure is reported instead", { reason, message });
  return replacedBy(letter, refused(reason, message));
}

/** Whether asking again, now or later, cannot help. */
export function isFinal({ code, reason }: ClientError): boolean {
  if (code === "FAILED_PRECONDITION") return reason !== "REQUEST_ID_REUSED";
  return ["UNAUTHENTICATED", "PERMISSION_DENIED", "UNIMPLEMENTED", "INVALID_ARGUMENT", "NOT_FOUND"].includes(code);
}
