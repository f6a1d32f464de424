/**
 * The order of texts that the coordinator has: by bytes of UTF-8, which is by code point.
 *
 * @module
 */

/** Negative, zero or positive, as `Array.sort` wants it. */
export function compareTexts(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let at = 0; at < length; at++) {
    const [x, y] = [a.charCodeAt(at), b.charCodeAt(at)];
    if (x === y) continue;
    // A surrogate stands for a code point above all others.
    const [high, low] = [(x & 0xf800) === 0xd800, (y & 0xf800) === 0xd800];
    return high === low ? x - y : high ? 1 : -1;
  }
  return a.length - b.length;
}
