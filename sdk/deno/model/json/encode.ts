/**
 * A value as JSON text: `bigint` exactly, and nothing dropped or replaced in silence.
 *
 * @module
 */

import { NonRetryable, OUTPUT_INVALID } from "../error.ts";
import { JSON_DEPTH_MAX } from "../limits.ts";

/** Compact JSON of a value, the members of objects in their order; NON_RETRYABLE `OUTPUT_INVALID` when there is none. */
export function encodeJson(value: unknown): string {
  return write(value, 0);
}

function write(value: unknown, depth: number): string {
  switch (typeof value) {
    case "string":
      return JSON.stringify(value);
    case "number":
      if (!Number.isFinite(value)) throw invalid(`JSON has no ${value}`);
      return Object.is(value, -0) ? "0" : String(value);
    case "bigint":
    case "boolean":
      return String(value);
    case "object":
      return value === null ? "null" : writeObject(value, depth);
    default:
      throw invalid(`JSON has no ${typeof value}`);
  }
}

function writeObject(value: object, depth: number): string {
  if (depth === JSON_DEPTH_MAX) throw invalid("the value is nested too deeply, or holds itself");
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(",")}]`;
  if ("toJSON" in value && typeof value.toJSON === "function") return write(value.toJSON(), depth + 1);
  if (value instanceof Map || value instanceof Set || ArrayBuffer.isView(value)) {
    throw invalid(`JSON has no ${value.constructor.name}`);
  }
  const members = Object.entries(value).filter(([, member]) => member !== undefined);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${write(member, depth + 1)}`).join(",")}}`;
}

function invalid(message: string): NonRetryable {
  return new NonRetryable(OUTPUT_INVALID, message);
}
