/**
 * Reports that wait to be sent.
 *
 * @module
 */

import { create, toBinary } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import type { Limits } from "./limits.ts";

/** How an attempt ended, in a report. */
export type WireOutcome = v1.TaskReport["outcome"];

/** One report on its way. */
export interface Letter {
  readonly report: v1.TaskReport;
  /** Its bytes in a message. */
  readonly bytes: number;
  /** Its lease is kept until it is answered; a task that never started has none to keep. */
  readonly kept: boolean;
  /** A call with several reports was refused as a whole: this one is sent by itself. */
  readonly alone: boolean;
  /** The coordinator did not take the result; this is the failure that takes its place. */
  readonly replaced: boolean;
  /** The lease's capsule, until it is wanted. */
  readonly capsule: Uint8Array;
}

type Marks = Omit<Letter, "report" | "bytes">;

const NONE = new Uint8Array();

function letter(report: v1.TaskReport, marks: Marks): Letter {
  return { report, bytes: toBinary(v1.TaskReportSchema, report).length + 6, ...marks };
}

/** The report of a function that ended. */
export function result(report: v1.TaskReport, capsule: Uint8Array = NONE): Letter {
  return letter(report, { kept: true, alone: false, replaced: false, capsule });
}

/** The report of a task that did not start, or that is given up. */
export function withoutResult(leaseToken: string, outcome: WireOutcome): Letter {
  const marks = { kept: false, alone: false, replaced: false, capsule: NONE };
  return letter(create(v1.TaskReportSchema, { leaseToken, outcome }), marks);
}

/** The same lease with a failure instead of what was refused. */
export function replacedBy({ report, kept, alone, capsule }: Letter, outcome: WireOutcome): Letter {
  return letter({ ...report, outcome }, { kept, alone, replaced: true, capsule });
}

/** Whether the lease has a capsule that the report does not carry yet. */
export function lacksCapsule({ report, capsule }: Letter): boolean {
  return report.capsule.length === 0 && capsule.length > 0;
}

/** The same report with the lease's capsule, for a coordinator without its database. */
export function withCapsule(plain: Letter): Letter {
  if (!lacksCapsule(plain)) return plain;
  const { report, kept, alone, replaced, capsule } = plain;
  return letter({ ...report, capsule }, { kept, alone, replaced, capsule });
}

/** The reports that wait, oldest first. */
export class Outgoing {
  #letters: Letter[] = [];

  push(letter: Letter): void {
    this.#letters.push(letter);
  }

  /** Puts letters that were not delivered back to the front. */
  putBack(letters: readonly Letter[]): void {
    this.#letters.unshift(...letters);
  }

  get isEmpty(): boolean {
    return this.#letters.length === 0;
  }

  /** The results that wait; what never started is not among them. */
  results(): Letter[] {
    return this.#letters.filter((letter) => letter.kept);
  }

  /** Takes what fits into one call: at least one, unless all of them are dropped by `wanted`. */
  take(limits: Limits, wanted: (letter: Letter) => boolean): Letter[] {
    this.#letters = this.#letters.filter(wanted);
    let bytes = 0;
    let count = 0;
    for (const next of this.#letters) {
      const full = count >= limits.reportsPerCall || bytes + next.bytes > limits.messageBytes;
      const apart = next.alone || this.#letters[count - 1]?.alone === true;
      if (count > 0 && (full || apart)) break;
      bytes += next.bytes;
      count++;
    }
    return this.#letters.splice(0, count);
  }
}
