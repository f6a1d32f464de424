/**
 * Cooperative cancellation: a reason that one side sets and the other observes.
 *
 * @module
 */

/**
 * Why a function should stop: the job is cancelled; the lease is lost, so that whatever it returns is dropped; the
 * worker shuts down and its grace is over; the step's execution time-out passed.
 */
export type CancelReason = "JOB" | "LEASE_LOST" | "DRAIN" | "TIMEOUT";

/** A cancellation. The first reason stays. */
export class Cancellation {
  readonly #controller = new AbortController();
  readonly #look: (() => CancelReason | undefined) | undefined;
  #reason: CancelReason | undefined;

  /** One that is not set. `look` is asked for a reason that came while the event loop was blocked. */
  constructor(look?: () => CancelReason | undefined) {
    this.#look = look;
  }

  /** Sets it. The first reason stays. */
  cancel(reason: CancelReason): void {
    if (this.#reason !== undefined) return;
    this.#reason = reason;
    this.#controller.abort(reason);
  }

  /** Why it was set, if it was. */
  get reason(): CancelReason | undefined {
    const seen = this.#reason === undefined ? this.#look?.() : undefined;
    if (seen !== undefined) this.cancel(seen);
    return this.#reason;
  }

  /** Aborted when it is set, with the reason as its `reason`: for `fetch` and everything else that takes a signal. */
  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Fulfilled when it is set. */
  cancelled(): Promise<CancelReason> {
    return new Promise((resolve) => {
      const reason = this.reason;
      if (reason !== undefined) return resolve(reason);
      const done = () => resolve(this.#reason ?? "JOB");
      this.signal.addEventListener("abort", done, { once: true });
    });
  }
}
