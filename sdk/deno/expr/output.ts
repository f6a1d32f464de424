/**
 * A CEL value as JSON text.
 *
 * @module
 */

import { celType, type CelValue, isCelList, isCelMap, isCelUint } from "@bufbuild/cel";
import { ExpressionError } from "../model/mod.ts";
import { quoted } from "../model/json/scan.ts";
import { compareKeys } from "./work.ts";

/**
 * The text of the value. Objects have their keys in order, so that the same value always has the same digest. What JSON
 * does not have is EXPRESSION_TYPE: bytes, timestamps, durations, types, keys that are not strings, infinities.
 */
export function toJsonText(value: CelValue): string {
  if (typeof value === "string") return quoted(value);
  if (typeof value === "bigint" || typeof value === "boolean") return String(value);
  if (typeof value === "number") return double(value);
  if (value === null) return "null";
  if (isCelUint(value)) return String(value.value);
  if (isCelList(value)) return `[${[...value].map(toJsonText).join(",")}]`;
  if (isCelMap(value)) {
    const entries = [...value.entries()].sort(([a], [b]) => compareKeys(a, b)).map(([key, member]) => {
      if (typeof key !== "string") throw wrongType("the keys of a JSON object are strings");
      return `${quoted(key)}:${toJsonText(member)}`;
    });
    return `{${entries.join(",")}}`;
  }
  throw wrongType(`JSON has no ${celType(value).name}`);
}

/** The shortest text that reads back as the same number; always with a point or an exponent. */
function double(number: number): string {
  if (!Number.isFinite(number)) throw wrongType("JSON has no infinity and no NaN");
  if (Object.is(number, -0)) return "-0.0";
  const magnitude = Math.abs(number);
  // Where the coordinator changes to exponents: below 1e-5 and from 1e16 on.
  if (number !== 0 && (magnitude < 1e-5 || magnitude >= 1e16)) {
    return number.toExponential().replace("e+", "e");
  }
  const text = String(number);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

function wrongType(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_TYPE", message);
}
