/**
 * What a function produced.
 *
 * @module
 */

import { type FunctionError, NonRetryable, OUTPUT_INVALID, OUTPUT_TYPE_MISMATCH, RESULT_TOO_LARGE } from "./error.ts";
import type { AggregateRef } from "./packet.ts";
import { Payload } from "./payload.ts";
import type { OutputType } from "./plan.ts";

/**
 * The data that a function produced: nothing, and the next step receives this step's input; one payload; or any number,
 * one task an item in the next steps, where none at all ends the branch as SKIPPED.
 */
export type Output =
  | { readonly type: "none" }
  | { readonly type: "single"; readonly payload: Payload }
  | { readonly type: "multiple"; readonly payloads: readonly Payload[] };

/** What a policy, or a function's own check, said about an input or output. */
export interface Verdict {
  /** The policy's name. */
  readonly policy: string;
  /** Its version. */
  readonly version: string;
  /** Whether the rule held. */
  readonly passed: boolean;
  /** For a person. */
  readonly detail: string;
}

/** What a function may return: nothing, one payload, any number of them, or an {@link Outcome} that says more. */
export type Returned = Outcome | Payload | readonly Payload[] | void;

/** A finished execution: the output, and what else the function has to say about it. Never changes. */
export class Outcome {
  /** The data. */
  readonly output: Output;
  /** The aggregate after its behaviours ran, if the function moved one. */
  readonly aggregateAfter?: AggregateRef;
  /** What the function's own checks said; recorded with the task. */
  readonly verdicts: readonly Verdict[];

  /** With this output. */
  constructor(
    output: Output,
    more: { readonly aggregateAfter?: AggregateRef; readonly verdicts?: readonly Verdict[] } = {},
  ) {
    this.output = output;
    if (more.aggregateAfter !== undefined) this.aggregateAfter = more.aggregateAfter;
    this.verdicts = more.verdicts ?? [];
  }

  /** Nothing produced. */
  static none(): Outcome {
    return new Outcome({ type: "none" });
  }

  /** One payload. */
  static one(payload: Payload): Outcome {
    return new Outcome({ type: "single", payload });
  }

  /** Any number of payloads. */
  static many(payloads: Iterable<Payload>): Outcome {
    return new Outcome({ type: "multiple", payloads: [...payloads] });
  }

  /** One payload with the JSON of the value. */
  static json(value: unknown): Outcome {
    return Outcome.one(Payload.encode(value));
  }

  /** What a function returned, as an outcome; NON_RETRYABLE `OUTPUT_INVALID` when it is nothing of the kind. */
  static of(returned: Returned): Outcome {
    if (returned === undefined) return Outcome.none();
    if (returned instanceof Outcome) return returned;
    if (returned instanceof Payload) return Outcome.one(returned);
    if (Array.isArray(returned) && returned.every((item) => item instanceof Payload)) return Outcome.many(returned);
    throw new NonRetryable(OUTPUT_INVALID, "a function returns nothing, a Payload, an array of them, or an Outcome");
  }

  /** The payloads in order; empty when nothing was produced. */
  payloads(): readonly Payload[] {
    switch (this.output.type) {
      case "none":
        return [];
      case "single":
        return [this.output.payload];
      case "multiple":
        return this.output.payloads;
    }
  }

  /** The same outcome, saying how the aggregate stands now. */
  withAggregate(aggregateAfter: AggregateRef): Outcome {
    return new Outcome(this.output, { aggregateAfter, verdicts: this.verdicts });
  }

  /** The same outcome with one more verdict. */
  withVerdict(verdict: Verdict): Outcome {
    return new Outcome(this.output, { ...this, verdicts: [...this.verdicts, verdict] });
  }

  /** The same outcome, if the step can take it: it has the expected type, and no payload and no list is too large. */
  checked(expected: OutputType, payloadBytesMax: number, itemsMax: number): Outcome {
    const given = this.output.type;
    if (given !== expected) {
      const message = `the step's output is \`${expected}\`, the function's is \`${given}\``;
      throw new NonRetryable(OUTPUT_TYPE_MISMATCH, message);
    }
    const payloads = this.payloads();
    if (payloads.length > itemsMax) throw tooLarge("items", payloads.length, itemsMax);
    for (const payload of payloads) {
      const bytes = payload.byteLength();
      if (bytes > payloadBytesMax) throw tooLarge("bytes in one payload", bytes, payloadBytesMax);
    }
    return this;
  }
}

/** More than the contract allows. */
export function tooLarge(what: string, count: number, most: number): FunctionError {
  return new NonRetryable(RESULT_TOO_LARGE, `${count} ${what}, and ${most} is the most`);
}
