/**
 * The standard data packet that a step receives.
 *
 * @module
 */

import type { Payload } from "./payload.ts";

/** On whose behalf a job runs. Set at start, immutable, inherited by all that the job produces. */
export interface Actor {
  /** The operator: the authenticated principal. */
  readonly userId: string;
  /** The operator's account. */
  readonly accountId: string;
  /** Whom the operator acts for, or "". */
  readonly onBehalfOf: string;
}

/** Nobody. */
export const NOBODY: Actor = { userId: "", accountId: "", onBehalfOf: "" };

/** Which aggregate a task moves. */
export interface AggregateRef {
  /** Kind of aggregate, for example `order`. */
  readonly kind: string;
  /** Identity within its kind. */
  readonly id: string;
  /** The version that its own behaviours count. */
  readonly version: bigint;
}

/** Headers that every packet of a job carries; at most 32 entries and 8 KiB. */
export type Headers = Readonly<Record<string, string>>;

/** Actor, aggregate, data and headers together: what a job starts with. */
export interface Packet {
  /** On whose behalf. */
  readonly actor: Actor;
  /** The aggregate to move, if the plan moves one. */
  readonly aggregate?: AggregateRef;
  /** The data itself. */
  readonly data: Payload;
  /** Copied to every packet of the job; W3C `traceparent` travels here. */
  readonly headers: Headers;
}
