/**
 * CEL's own functions where the coordinator's interpreter answers otherwise than `@bufbuild/cel`.
 *
 * @module
 */

import {
  celEnv,
  type CelFunc,
  celFunc,
  celMethod,
  CelScalar,
  celUint,
  type CelValue,
  isCelList,
  isCelMap,
  isCelUint,
  listType,
  objectType,
  parse,
  plan,
} from "@bufbuild/cel";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { compareTexts } from "../model/json/order.ts";
import { failed, wrongType } from "./coded.ts";

const { BOOL, DOUBLE, DYN, INT, STRING, UINT } = CelScalar;
const DURATION = objectType(DurationSchema);

/** The library's own equality, for what is neither a number nor made of other values. */
const sameLeaf = plan(celEnv(), parse("a == b"));

/** An integer meets a double as a double: above 2^53 neighbours fall together. */
function equal(a: CelValue, b: CelValue): boolean {
  if (isNumeric(a) && isNumeric(b)) {
    const [x, y] = [numeric(a), numeric(b)];
    return typeof x === typeof y ? x === y : Number(x) === Number(y);
  }
  if (isCelList(a) && isCelList(b)) {
    if (a.size !== b.size) return false;
    const others = b.values();
    for (const item of a) if (!equal(item, others.next().value as CelValue)) return false;
    return true;
  }
  if (isCelMap(a) && isCelMap(b)) {
    if (a.size !== b.size) return false;
    for (const [key, item] of a) {
      const other = b.get(key);
      if (other === undefined || !equal(item, other)) return false;
    }
    return true;
  }
  return sameLeaf({ a, b }) === true;
}

type Numeric = Extract<CelValue, bigint | number> | { readonly value: bigint };

function isNumeric(value: CelValue): value is Extract<CelValue, Numeric> {
  return typeof value === "bigint" || typeof value === "number" || isCelUint(value);
}

function numeric(value: Numeric): bigint | number {
  return typeof value === "object" ? value.value : value;
}

function isIn(value: CelValue, list: Iterable<CelValue>): boolean {
  for (const item of list) if (equal(value, item)) return true;
  return false;
}

/** Two numbers that cannot be ordered because one is no number. */
function ordered(compare: (a: number, b: number) => boolean): (a: number, b: number) => boolean {
  return (a, b) => {
    if (Number.isNaN(a) || Number.isNaN(b)) throw wrongType("two values cannot be compared");
    return compare(a, b);
  };
}

function toInt(text: string): bigint {
  const value = /^[+-]?[0-9]+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
  if (value === undefined || BigInt.asIntN(64, value) !== value) throw refusedArgument("int");
  return value;
}

function toUint(text: string): bigint {
  const value = /^\+?[0-9]+$/.test(text) ? BigInt(text.replace(/^\+/, "")) : undefined;
  if (value === undefined || BigInt.asUintN(64, value) !== value) throw refusedArgument("uint");
  return value;
}

function toDouble(text: string): number {
  const match = /^([+-]?)(?:(inf|infinity)|(nan)|((?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:e[+-]?[0-9]+)?))$/i.exec(text);
  if (match === null) throw refusedArgument("double");
  const [, sign, infinite, nan, digits] = match;
  const magnitude = infinite !== undefined ? Infinity : nan !== undefined ? NaN : Number(digits);
  return sign === "-" ? -magnitude : magnitude;
}

function refusedArgument(name: string): Error {
  return failed(`\`${name}\` does not accept its argument`);
}

/** The shortest digits of a double, without an exponent. */
function doubleText(value: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "NaN" : value < 0 ? "-inf" : "inf";
  if (Object.is(value, -0)) return "-0";
  const match = /^(-?)([0-9])(?:\.([0-9]+))?e([+-][0-9]+)$/.exec(value.toExponential());
  const [, sign = "", first = "", rest = "", exponent = "0"] = match ?? [];
  const point = 1 + Number(exponent);
  const digits = first + rest;
  if (point <= 0) return `${sign}0.${"0".repeat(-point)}${digits}`;
  const whole = digits.slice(0, point).padEnd(point, "0");
  return digits.length > point ? `${sign}${whole}.${digits.slice(point)}` : sign + whole;
}

/** What takes the place of the library's functions of the same name and types. */
export const OVERRIDES: CelFunc[] = [
  celFunc("_==_", [DYN, DYN], BOOL, equal),
  celFunc("_!=_", [DYN, DYN], BOOL, (a, b) => !equal(a, b)),
  celFunc("@in", [DYN, listType(DYN)], BOOL, isIn),
  celFunc("_<_", [DOUBLE, DOUBLE], BOOL, ordered((a, b) => a < b)),
  celFunc("_<=_", [DOUBLE, DOUBLE], BOOL, ordered((a, b) => a <= b)),
  celFunc("_>_", [DOUBLE, DOUBLE], BOOL, ordered((a, b) => a > b)),
  celFunc("_>=_", [DOUBLE, DOUBLE], BOOL, ordered((a, b) => a >= b)),
  celFunc("_<_", [STRING, STRING], BOOL, (a, b) => compareTexts(a, b) < 0),
  celFunc("_<=_", [STRING, STRING], BOOL, (a, b) => compareTexts(a, b) <= 0),
  celFunc("_>_", [STRING, STRING], BOOL, (a, b) => compareTexts(a, b) > 0),
  celFunc("_>=_", [STRING, STRING], BOOL, (a, b) => compareTexts(a, b) >= 0),
  celFunc("int", [STRING], INT, toInt),
  celFunc("uint", [STRING], UINT, (text) => celUint(toUint(text))),
  celFunc("double", [STRING], DOUBLE, toDouble),
  celFunc("string", [DOUBLE], STRING, doubleText),
  celMethod("getMilliseconds", DURATION, [], INT, function () {
    const { seconds, nanos } = this.message;
    return seconds * 1_000n + BigInt(nanos) / 1_000_000n;
  }),
];
