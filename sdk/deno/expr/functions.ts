/**
 * What an expression may call. All of it is pure: no clock, no randomness, no I/O.
 *
 * @module
 */

import type { Expr } from "./ast.ts";

/** Functions of the form `f(x)`: name and number of arguments. */
const GLOBAL: Readonly<Record<string, number>> = {
  bool: 1,
  bytes: 1,
  double: 1,
  duration: 1,
  dyn: 1,
  int: 1,
  matches: 2,
  size: 1,
  string: 1,
  timestamp: 1,
  type: 1,
  uint: 1,
};

/** Functions of the form `x.f(..)`: name, fewest and most arguments. */
const MEMBER: Readonly<Record<string, readonly [number, number]>> = {
  contains: [1, 1],
  endsWith: [1, 1],
  getDate: [0, 1],
  getDayOfMonth: [0, 1],
  getDayOfWeek: [0, 1],
  getDayOfYear: [0, 1],
  getFullYear: [0, 1],
  getHours: [0, 1],
  getMilliseconds: [0, 1],
  getMinutes: [0, 1],
  getMonth: [0, 1],
  getSeconds: [0, 1],
  matches: [1, 1],
  size: [0, 0],
  startsWith: [1, 1],
};

const OPERATORS = new Set([
  ..."_?_:_ _&&_ _||_ !_ _-_ _+_ _*_ _/_ _%_ _==_ _!=_ _>=_ _<=_ _>_ _<_ -_ _[_] @in".split(" "),
  "@not_strictly_false",
]);

/** Macros, for a message: a call of one that was not expanded has the wrong arguments. */
const MACROS = new Set(["has", "all", "exists", "exists_one", "existsOne", "map", "filter"]);

/** Names of types, for `type(x) == int`. */
const TYPES = new Set([
  ..."bool bytes double int list map null_type string type uint".split(" "),
  "google.protobuf.Duration",
  "google.protobuf.Timestamp",
]);

/** Calls that never have a boolean value. */
const NEVER_BOOLEAN = new Set(
  "_+_ _-_ _*_ _/_ _%_ -_ bytes double duration int size string timestamp type uint".split(" "),
);

/** Why a call is refused, or undefined when it is allowed. */
export function refusedCall(name: string, isMember: boolean, args: number): string | undefined {
  if (OPERATORS.has(name)) return undefined;
  if (MACROS.has(name)) return `\`${name}\` is not called like this`;
  const range = isMember ? own(MEMBER, name) : own(GLOBAL, name);
  if (range === undefined) return `unknown function \`${name}\``;
  const [least, most] = typeof range === "number" ? [range, range] : range;
  return args >= least && args <= most ? undefined : `\`${name}\` does not take ${args} arguments`;
}

function own<T>(table: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined;
}

/** Whether a name stands for a type. */
export function isType(name: string): boolean {
  return TYPES.has(name);
}

/** Whether an expression has, by its outermost form alone, a value that is not a boolean. */
export function isNeverBoolean({ exprKind: kind }: Expr): boolean {
  switch (kind.case) {
    case "constExpr":
      return kind.value.constantKind.case !== "boolValue";
    case "listExpr":
    case "structExpr":
      return true;
    case "identExpr":
      return isType(kind.value.name);
    case "callExpr":
      return NEVER_BOOLEAN.has(kind.value.function);
    default:
      return false;
  }
}
