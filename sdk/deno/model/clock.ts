/**
 * The only place of the SDK that asks the system for the time.
 *
 * @module
 */

/** For durations, in milliseconds: rises steadily, and means the same moment in every thread of the process. */
export function instantMs(): number {
  return performance.timeOrigin + performance.now();
}

/** For dates, in milliseconds since 1970. */
export function wallMs(): number {
  return Date.now();
}

/** Fulfilled after so long, or as soon as the signal is aborted. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    // Longer timers would fire at once; nobody waits for 24 days in one piece.
    const timer = setTimeout(done, Math.min(Math.max(ms, 0), 2 ** 31 - 1));
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    }
    signal?.addEventListener("abort", done, { once: true });
  });
}
