/**
 * Durations as text: whole numbers with a unit, largest unit first.
 *
 * @module
 */

/** Units and their milliseconds, largest first. */
const UNITS: readonly (readonly [string, bigint])[] = [["h", 3_600_000n], ["m", 60_000n], ["s", 1_000n], ["ms", 1n]];
const MS_MAX = 2n ** 64n - 1n;

/**
 * Reads `250ms`, `5s`, `2m`, `1h30m` as milliseconds. Units come in order and once; no spaces, signs or fractions.
 * Answers undefined for any other text, and for what is longer than 2^64 ms.
 */
export function parseDurationMs(text: string): bigint | undefined {
  if (!/^(?:[0-9]+[a-z]+)+$/.test(text)) return undefined;
  let from = 0;
  let totalMs = 0n;
  for (const [, digits = "", unit] of text.matchAll(/([0-9]+)([a-z]+)/g)) {
    const place = UNITS.findIndex(([name], index) => index >= from && name === unit);
    const [, unitMs = 0n] = UNITS[place] ?? [];
    if (place < 0) return undefined;
    const count = BigInt(digits);
    totalMs += count * unitMs;
    if (count > MS_MAX || totalMs > MS_MAX) return undefined;
    from = place + 1;
  }
  return totalMs;
}

/** Writes milliseconds so that {@link parseDurationMs} reads them back. */
export function formatDurationMs(ms: number): string {
  let left = BigInt(Math.trunc(ms));
  const text = UNITS.map(([unit, unitMs]) => {
    const count = left / unitMs;
    left %= unitMs;
    return count > 0n ? `${count}${unit}` : "";
  }).join("");
  return text === "" ? "0s" : text;
}
