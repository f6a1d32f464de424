/**
 * What the worker and its heartbeat thread say to each other.
 *
 * Two numbers of shared memory a lease carry what must be seen at once, also by a function that never gives the event
 * loop a turn: why it should stop, and whether the lease is lost.
 *
 * @module
 */

import type { Body, CancelReason } from "../model/mod.ts";

/** To the thread. */
export type ToThread =
  | { readonly kind: "begin"; readonly endpoint: string; readonly token: string | undefined; readonly workerId: string }
  | {
    readonly kind: "hold";
    readonly token: string;
    readonly ttlMs: number;
    readonly sentMs: number;
    readonly shared: Int32Array<SharedArrayBuffer>;
  }
  | { readonly kind: "end" | "forget"; readonly token: string }
  | {
    readonly kind: "checkpoint";
    readonly token: string;
    readonly body: Body;
    readonly types: readonly [string, string];
  };

/** From the thread. */
export type FromThread =
  | { readonly kind: "ready" }
  | { readonly kind: "cancel"; readonly token: string; readonly reason: CancelReason }
  | { readonly kind: "directive"; readonly directive: number }
  | {
    readonly kind: "log";
    readonly level: "debug" | "warn";
    readonly message: string;
    readonly fields: Record<string, string>;
  };

const REASONS: readonly (CancelReason | undefined)[] = [undefined, "JOB", "LEASE_LOST", "DRAIN", "TIMEOUT"];
const REASON = 0;
const LOST = 1;

/** The shared numbers of one lease. */
export function sharedFlags(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** Why the function should stop, if it should. */
export function readReason(shared: Int32Array): CancelReason | undefined {
  return REASONS[Atomics.load(shared, REASON)];
}

/** Whether the lease is lost. */
export function isLost(shared: Int32Array): boolean {
  return Atomics.load(shared, LOST) !== 0;
}

/** Says why the function should stop; the first reason stays. */
export function writeReason(shared: Int32Array, reason: CancelReason): void {
  Atomics.compareExchange(shared, REASON, 0, REASONS.indexOf(reason));
  if (reason === "LEASE_LOST") Atomics.store(shared, LOST, 1);
}
