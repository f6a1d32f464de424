/**
 * JSON text as a value in which no number ever changes silently.
 *
 * @module
 */

import type { NonRetryable } from "../error.ts";
import { Cursor } from "./scan.ts";

/**
 * Tokens of up to 15 characters without an exponent are the same number after any reading and writing; only where
 * something longer, or an exponent, stands in the text is each number looked at.
 */
const SUSPICIOUS = /[0-9.]{16}|[0-9.][eE]/;

/** Reads JSON; `refuse` makes the error of what cannot be read, and of what `read` throws. */
export function decodeJson<T>(
  text: string,
  refuse: (message: string) => NonRetryable,
  read?: (value: unknown) => T,
): T {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse("the text is not JSON");
  }
  if (SUSPICIOUS.test(text)) {
    value = exact(new Cursor(text), (problem) => {
      throw refuse(problem);
    });
  }
  if (read === undefined) return value as T;
  try {
    return read(value);
  } catch (error) {
    throw refuse(`the JSON has another shape than expected: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** The next value of a text that is known to be JSON. */
function exact(cursor: Cursor, fail: (problem: string) => never): unknown {
  const next = cursor.peek();
  if (next === "{") {
    const object: Record<string, unknown> = {};
    for (cursor.enter("{"); cursor.more();) {
      const key = cursor.key() ?? "";
      const value = exact(cursor, fail);
      // An assignment to `__proto__` would not make a member.
      Object.defineProperty(object, key, { value, enumerable: true, writable: true, configurable: true });
    }
    return object;
  }
  if (next === "[") {
    const items: unknown[] = [];
    for (cursor.enter("["); cursor.more();) items.push(exact(cursor, fail));
    return items;
  }
  if (next === '"') return cursor.string();
  const token = cursor.value() ?? "";
  if (token === "true" || token === "false") return token === "true";
  return token === "null" ? null : exactNumber(token, fail);
}

function exactNumber(token: string, fail: (problem: string) => never): number | bigint {
  const number = Number(token);
  if (/^-?[0-9]+$/.test(token)) return Number.isSafeInteger(number) ? number : BigInt(token);
  if (!Number.isFinite(number)) fail("a number is too large for a double");
  // What will be written of it must be the same number.
  const [given, held] = [decimal(token), decimal(String(number))];
  if (given !== held) fail("a number has more digits than a double holds");
  return number;
}

/** A decimal number in one form: its digits without zeros at either end, and the exponent of the last of them. */
function decimal(token: string): string {
  const match = /^(-?)([0-9]+)(?:\.([0-9]+))?(?:[eE]([+-]?[0-9]+))?$/.exec(token);
  if (!match) return token;
  const [, sign, whole = "", fraction = "", exponent = "0"] = match;
  const digits = (whole + fraction).replace(/^0+/, "");
  const short = digits.replace(/0+$/, "");
  if (short === "") return "0";
  const power = BigInt(exponent) - BigInt(fraction.length) + BigInt(digits.length - short.length);
  return `${sign}${short}e${power}`;
}
