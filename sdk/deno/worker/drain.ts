/**
 * Where a worker stands on its way to its end: it serves; it drains, leasing nothing while what runs may finish; it
 * stops, having cancelled what runs; it delivers the last reports; it is over.
 *
 * @module
 */

/** How long a parked poll may take to come back after the coordinator was told to end it. */
export const POLL_GRACE_MS = 1_000;
/** How long functions that were cancelled and dropped may take to come back. */
export const EVENT_GRACE_MS = 1_000;

/** One of the phases. */
export type Phase =
  | { readonly kind: "serving" }
  | {
    readonly kind: "draining";
    /** The coordinator is being told. */
    readonly telling: boolean;
    readonly pollEndsMs: number | undefined;
    readonly graceEndsMs: number | undefined;
  }
  | { readonly kind: "stopping" | "delivering"; readonly endsMs: number }
  | { readonly kind: "over" };

/** When the present phase needs a push. */
export function deadlineMs(phase: Phase): number | undefined {
  switch (phase.kind) {
    case "draining": {
      const ends = [phase.pollEndsMs, phase.graceEndsMs].filter((ms) => ms !== undefined);
      return ends.length === 0 ? undefined : Math.min(...ends);
    }
    case "stopping":
    case "delivering":
      return phase.endsMs;
    default:
      return undefined;
  }
}
