/**
 * The only place of the SDK that asks the system for ids and randomness.
 *
 * @module
 */

import { wallMs } from "./clock.ts";

let lastStamp = 0n;

/** A new time-ordered id (UUID version 7) as text: rises within the process. */
export function newId(atMs: number = wallMs()): string {
  const random = crypto.getRandomValues(new Uint8Array(8));
  // 48 bits of milliseconds, 12 bits that make it rise within one.
  const stamp = BigInt(Math.floor(atMs)) << 12n;
  lastStamp = stamp > lastStamp ? stamp : lastStamp + 1n;
  const high = ((lastStamp >> 12n) << 16n) | 0x7000n | (lastStamp & 0xfffn);
  random[0] = 0x80 | ((random[0] ?? 0) & 0x3f);
  const hex = high.toString(16).padStart(16, "0") +
    Array.from(random, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
}

/** A number in `0..1`, 1 not among them. */
export function fraction(): number {
  return Math.random();
}
