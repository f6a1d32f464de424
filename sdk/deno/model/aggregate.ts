/**
 * The one data object that a plan moves.
 *
 * @module
 */

import type { AggregateRef } from "./packet.ts";

/**
 * A data object whose state only its own behaviours change.
 *
 * A behaviour is a method that checks its rule and, if it holds, hands an event to {@link Aggregate.apply}; nothing else
 * writes a field. Loading and saving is not its business: a function receives it in its input and returns it in its
 * output.
 */
export abstract class Aggregate<Event> {
  /** Kind of aggregate, for example `order`. */
  abstract readonly kind: string;
  /** Identity within its kind. */
  abstract readonly id: string;
  /** Counts the events that were applied. */
  abstract readonly version: number | bigint;

  /** Changes the state: the only place that does. Never fails: the behaviour checked before. */
  protected abstract apply(event: Event): void;

  /** What the coordinator is told about it. */
  reference(): AggregateRef {
    return { kind: this.kind, id: this.id, version: BigInt(this.version) };
  }
}
