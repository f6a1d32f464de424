/**
 * The leases that the worker holds, and when each must be renewed (INV-FENCE: the clock only says when to stop, never
 * who may report). No I/O: the heartbeat thread asks and obeys.
 *
 * @module
 */

import type { CancelReason, Payload } from "../model/mod.ts";

/** A checkpoint is sent at once, but not more often than this. */
const CHECKPOINT_PAUSE_MS = 1_000;
const UNHELD_TTL_MS = 30_000;
const PATIENCE_MIN_MS = 20;
const PATIENCE_MAX_MS = 10_000;

interface Held {
  ttlMs: number;
  /** Without a good beat until then, the lease counts as lost. */
  expiresMs: number;
  nextBeatMs: number;
  lastBeatMs: number;
  /** Tells the function why it should stop. */
  readonly cancel: (reason: CancelReason) => void;
  /** Saved by the function and not sent yet. */
  checkpoint?: Payload;
  /** The function has ended; its report is on the way. The coordinator alone says now whether it comes too late. */
  ended: boolean;
}

/** One lease to renew. */
export interface Beat {
  readonly token: string;
  readonly checkpoint?: Payload;
}

/** What the coordinator said about one lease: lost, or held, for another time and with a reason to stop if it says so. */
export type Verdict = "lost" | { readonly ttlMs?: number; readonly reason?: CancelReason };

/** All leases, by token. Times are in milliseconds on one clock. */
export class Leases {
  readonly #held = new Map<string, Held>();

  /** Begins to keep a lease that was granted in answer to a request sent at `sentMs`. */
  hold(token: string, ttlMs: number, sentMs: number, cancel: (reason: CancelReason) => void, jitter: number): void {
    this.#held.set(token, {
      ttlMs,
      expiresMs: sentMs + ttlMs,
      nextBeatMs: sentMs + intervalMs(ttlMs, jitter),
      lastBeatMs: sentMs,
      cancel,
      ended: false,
    });
  }

  /** The function has ended: true when the lease is still held and a report makes sense. */
  end(token: string): boolean {
    const held = this.#held.get(token);
    if (held !== undefined) held.ended = true;
    return held !== undefined;
  }

  /** Whether the lease is held as far as is known. */
  holds(token: string): boolean {
    return this.#held.has(token);
  }

  /** Stops keeping a lease. */
  forget(token: string): void {
    this.#held.delete(token);
  }

  /** Saves a checkpoint for the next beat and brings that beat forward. */
  checkpoint(token: string, checkpoint: Payload, nowMs: number): void {
    const held = this.#held.get(token);
    if (held === undefined) return;
    held.checkpoint = checkpoint;
    held.nextBeatMs = Math.min(held.nextBeatMs, Math.max(nowMs, held.lastBeatMs + CHECKPOINT_PAUSE_MS));
  }

  /** Takes leases whose time passed without a good beat as lost. */
  expire(nowMs: number): void {
    for (const [token, held] of this.#held) {
      if (held.ended || held.expiresMs > nowMs) continue;
      this.#held.delete(token);
      held.cancel("LEASE_LOST");
    }
  }

  /** The leases to renew now, in one call; those that are almost due come along. */
  due(nowMs: number, beatsMax: number, checkpointBytesMax: number): Beat[] {
    const all = [...this.#held].sort(([a], [b]) => (a < b ? -1 : 1));
    if (!all.some(([, held]) => held.nextBeatMs <= nowMs)) return [];
    let bytes = 0;
    return all.filter(([, held]) => held.nextBeatMs <= nowMs + held.ttlMs / 6).slice(0, beatsMax).map(
      ([token, held]) => {
        const { checkpoint } = held;
        const size = checkpoint?.byteLength() ?? 0;
        if (checkpoint === undefined || bytes + size > checkpointBytesMax) return { token };
        bytes += size;
        delete held.checkpoint;
        return { token, checkpoint };
      },
    );
  }

  /** A call sent at `sentMs` was answered: each beat by the verdict at its place. */
  answered(beats: readonly Beat[], verdicts: readonly (Verdict | undefined)[], sentMs: number, jitter: number): void {
    beats.forEach(({ token }, index) => {
      const held = this.#held.get(token);
      const verdict = verdicts[index];
      if (held === undefined) return;
      if (verdict === "lost") {
        this.#held.delete(token);
        return held.cancel("LEASE_LOST");
      }
      if (verdict === undefined) {
        held.nextBeatMs = sentMs + intervalMs(held.ttlMs, jitter);
        return;
      }
      held.ttlMs = verdict.ttlMs ?? held.ttlMs;
      held.expiresMs = sentMs + held.ttlMs;
      held.lastBeatMs = sentMs;
      held.nextBeatMs = sentMs +
        (held.checkpoint === undefined
          ? intervalMs(held.ttlMs, jitter)
          : Math.min(CHECKPOINT_PAUSE_MS, held.ttlMs / 3));
      if (verdict.reason !== undefined) held.cancel(verdict.reason);
    });
  }

  /** A call was not answered well: try again soon. Checkpoints go with it unless they are to blame. */
  unanswered(beats: readonly Beat[], nowMs: number, jitter: number, keepCheckpoints: boolean): void {
    for (const { token, checkpoint } of beats) {
      const held = this.#held.get(token);
      if (held === undefined) continue;
      held.nextBeatMs = nowMs + Math.min(held.ttlMs / 10, 1_000) * (0.5 + jitter / 2);
      if (keepCheckpoints && checkpoint !== undefined) held.checkpoint ??= checkpoint;
    }
  }

  /** When there is something to do next; undefined while nothing is held. */
  wakeMs(): number | undefined {
    const times = [...this.#held.values()].map(({ ended, nextBeatMs, expiresMs }) =>
      ended ? nextBeatMs : Math.min(nextBeatMs, expiresMs)
    );
    return times.length === 0 ? undefined : times.reduce((a, b) => Math.min(a, b));
  }

  /** How long one call may take: a third of the shortest lease, and not past the moment when one is lost. */
  patienceMs(nowMs: number): number {
    let shortest = Infinity;
    let lost = Infinity;
    for (const { ttlMs, ended, expiresMs } of this.#held.values()) {
      shortest = Math.min(shortest, ttlMs);
      if (!ended) lost = Math.min(lost, expiresMs - nowMs);
    }
    const third = (Number.isFinite(shortest) ? shortest : UNHELD_TTL_MS) / 3;
    return Math.min(Math.max(Math.min(third, lost), PATIENCE_MIN_MS), PATIENCE_MAX_MS);
  }
}

/** A third of the lease time, less up to a fifth of that. */
function intervalMs(ttlMs: number, jitter: number): number {
  return (ttlMs / 3) * (1 - jitter / 5);
}
