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

/** The longest time that a timer takes in one piece; a longer one would fire at once. */
const TIMER_MAX_MS = 2 ** 31 - 1;

/** Fulfilled after so long, or as soon as the signal is aborted; after `Infinity` only by the signal. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    let timer: ReturnType<typeof setTimeout> | undefined;
    let leftMs = Math.max(ms, 0);
    const done = () => {
      clearTimeout(timer);
      signal?.removeEventListener("abort", done);
      resolve();
    };
    const next = () => {
      const pieceMs = Math.min(leftMs, TIMER_MAX_MS);
      leftMs -= pieceMs;
      timer = setTimeout(leftMs > 0 ? next : done, pieceMs);
    };
    if (ms !== Infinity) next();
    signal?.addEventListener("abort", done, { once: true });
  });
}
