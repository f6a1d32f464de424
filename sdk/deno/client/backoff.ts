/**
 * Pauses between two sendings of the same request.
 *
 * @module
 */

const FIRST_MS = 100;
const LONGEST_MS = 10_000;

/** 100 ms, doubled up to 10 s, with full jitter. */
export class Backoff {
  #tries = 0;

  /** The next pause; `fraction` is random in `0..1`. */
  nextMs(fraction: number): number {
    return Math.min(FIRST_MS * 2 ** Math.min(this.#tries++, 7), LONGEST_MS) * fraction;
  }
}
