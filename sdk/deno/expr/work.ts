/**
 * A bound on the work of one evaluation, and the functions that `rewrite.ts` puts into an expression: they read members,
 * give the keys of a map an order, and take from the budget.
 *
 * 2 KiB of CEL can ask for centuries of work, and the interpreter does not count. The budget counts work, not time, so
 * that the same expression on the same data always ends the same way.
 *
 * @module
 */

import {
  type CelFunc,
  celFunc,
  celList,
  type CelMap,
  CelScalar,
  celType,
  type CelValue,
  isCelList,
  isCelMap,
  isCelUint,
} from "@bufbuild/cel";
import { compareTexts } from "../model/json/order.ts";
import { utf8Length } from "../model/payload.ts";
import { failed, missing, wrongType } from "./coded.ts";

/** Work of one evaluation: about one unit for each value that is looked at or copied, or 32 bytes of text. */
const WORK_MAX = 2_000_000;
/** Work of compiling a regular expression, times each number in its braces. */
const PATTERN_WORK = 500;
/** Bytes of text that count as one unit. */
const TEXT_BYTES = 32;

let left = 0;

/** Begins the budget of one evaluation. */
export function startWork(): void {
  left = WORK_MAX;
}

/** Whether the evaluation wanted more than there was. */
export function isExhausted(): boolean {
  return left === 0;
}

function take(units: number): void {
  left = Math.max(0, left - units);
  if (left === 0) throw failed("the expression does more work than is allowed for one evaluation");
}

function textWeight(value: CelValue): number {
  if (typeof value === "string") return Math.floor(utf8Length(value) / TEXT_BYTES);
  return value instanceof Uint8Array ? Math.floor(value.length / TEXT_BYTES) : 0;
}

/** Takes the whole weight of a value from the budget. */
function weigh(value: CelValue): CelValue {
  take(1 + textWeight(value));
  if (isCelList(value)) { for (const item of value) weigh(item); }
  else if (isCelMap(value)) { for (const item of value.values()) weigh(item); }
  return value;
}

/** Takes the length of a text; anything else counts one. */
function scan(value: CelValue): CelValue {
  take(1 + textWeight(value));
  return value;
}

/** As `weigh` for a list; a map is looked up without looking at it. */
function search(value: CelValue): CelValue {
  if (!isCelMap(value)) return weigh(value);
  take(1);
  return value;
}

/** The keys of a map in order; a list as it is. */
function range(value: CelValue): CelValue {
  if (!isCelMap(value)) return value;
  take(1 + value.size);
  return celList([...value.keys()].sort(compareKeys));
}

/** Integers, unsigned integers, booleans, texts; each among themselves. */
export function compareKeys(a: CelValue, b: CelValue): number {
  const rank = (key: CelValue) => typeof key === "bigint" ? 0 : isCelUint(key) ? 1 : typeof key === "boolean" ? 2 : 3;
  if (rank(a) !== rank(b)) return rank(a) - rank(b);
  if (typeof a === "string" && typeof b === "string") return compareTexts(a, b);
  const [x, y] = [a, b].map((key) => (isCelUint(key) ? key.value : key as bigint | boolean));
  return x === y ? 0 : x! < y! ? -1 : 1;
}

/** Takes what compiling a regular expression may cost. */
function pattern(value: CelValue): CelValue {
  if (typeof value === "string") {
    const numbers = value.split(/[{,}]/).map((part) => part.trim()).filter((part) => /^[0-9]+$/.test(part));
    const repeats = numbers.reduce((product, number) => product * Math.max(1, Number(number)), 1);
    take((PATTERN_WORK + utf8Length(value)) * repeats);
  }
  return value;
}

/** A member of a value. `path` names it for a message, when the expression spells a path; "" when the key was computed. */
function member(value: CelValue, key: CelValue, path: string, dotted: boolean): CelValue {
  if (isCelMap(value)) {
    const found = lookUp(value, key);
    if (found !== undefined) return found;
    const unnamed = "a map does not have a key that the expression computes";
    throw missing(path === "" ? unnamed : `missing path ${path}`);
  }
  const found = celType(value).name;
  if (isCelList(value) && !dotted && typeof key !== "string") return listItem(value, key);
  // A field of something that is not an object: not there, as in a JSON Pointer.
  if (dotted || (typeof key === "string" && !isCelList(value))) {
    throw missing(
      path === "" ? `a field is read from ${found}` : `missing path ${path}: what should hold it is ${found}`,
    );
  }
  throw wrongType(`\`[ ]\` does not take (${found}, ${celType(key).name})`);
}

function lookUp(map: CelMap, key: CelValue): CelValue | undefined {
  const fits = ["string", "bigint", "boolean", "number"].includes(typeof key) || isCelUint(key);
  if (!fits) throw wrongType("a value cannot be a key or an index");
  return map.get(key as string);
}

function listItem(list: Iterable<CelValue> & { get(index: number): CelValue | undefined }, key: CelValue): CelValue {
  const index = isCelUint(key) ? Number(key.value) : typeof key === "bigint" ? Number(key) : key;
  if (typeof index !== "number" || !Number.isInteger(index)) {
    throw wrongType(`\`[ ]\` does not take (list, ${celType(key).name})`);
  }
  const item = index < 0 ? undefined : list.get(index);
  if (item === undefined) throw missing("a list is shorter than the index asks for");
  return item;
}

function has(value: CelValue, key: CelValue, path: CelValue): boolean {
  if (isCelMap(value)) return lookUp(value, key) !== undefined;
  throw missing(`missing path ${path}: what should hold it is ${celType(value).name}`);
}

function step(value: CelValue, item: CelValue): CelValue {
  weigh(item);
  return weigh(value);
}

const { BOOL, DYN } = CelScalar;

/** The functions of `rewrite.ts`. */
export const FUNCTIONS: CelFunc[] = [
  celFunc("@weigh", [DYN], DYN, weigh),
  celFunc("@scan", [DYN], DYN, scan),
  celFunc("@search", [DYN], DYN, search),
  celFunc("@range", [DYN], DYN, range),
  celFunc("@pattern", [DYN], DYN, pattern),
  celFunc("@step", [DYN, DYN], DYN, step),
  celFunc("@go", [DYN], DYN, (go) => go === true && !isExhausted()),
  celFunc("@field", [DYN, DYN, DYN], DYN, (value, key, path) => member(value, key, String(path), true)),
  celFunc("@index", [DYN, DYN, DYN], DYN, (value, key, path) => member(value, key, String(path), false)),
  celFunc("@has", [DYN, DYN, DYN], BOOL, has),
];
