/**
 * The time of a run: the real one, or one of its own that never waits.
 *
 * @module
 */

import { instantMs, sleep } from "../clock.ts";
import { fraction } from "../entropy.ts";

/** The clock of one run. */
export interface Pace {
  /** The time now, in milliseconds. */
  nowMs(): number;
  /** Until that time. */
  waitUntil(dueMs: number): Promise<void>;
  /** What is random in a pause: a number in `0..1`. */
  fraction(): number;
  /** Whether execution time-outs come. */
  readonly isReal: boolean;
}

/** The real time. */
export function realPace(): Pace {
  return { isReal: true, fraction, nowMs: instantMs, waitUntil: (dueMs) => sleep(dueMs - instantMs()) };
}

/** Pauses pass at once. The clock stands still but for what is skipped, and no pause varies: only the order would. */
export function skippingPace(): Pace {
  let nowMs = Math.floor(instantMs());
  const waitUntil = (dueMs: number) => {
    nowMs = Math.max(nowMs, dueMs);
    return Promise.resolve();
  };
  return { isReal: false, fraction: () => 0, nowMs: () => nowMs, waitUntil };
}
