/**
 * Data as CEL values. Integers of JSON become `int` (64 bits, signed), never `uint`; what does not fit, or is written
 * with a point or an exponent, becomes `double`.
 *
 * @module
 */

import type { CelInput } from "@bufbuild/cel";
import { ExpressionError, type Payload, type Scope } from "../model/mod.ts";
import { Cursor } from "../model/json/scan.ts";
import { JSON_DEPTH_MAX } from "../model/limits.ts";
import type { Path } from "./ast.ts";

/** The variables of an evaluation. */
export type Bindings = Record<string, CelInput>;

/** The variables of a condition or of an expression in a template, as far as it reads them. */
export function bindScope(scope: Scope, paths: readonly Path[]): Bindings {
  const bindings: Bindings = {};
  for (const root of new Set(paths.map((path) => path.root))) {
    const value = variable(root, scope, paths.filter((path) => path.root === root));
    // A variable without a value is not bound: reading it is an error, never null.
    if (value !== undefined) bindings[root] = value;
  }
  return bindings;
}

/** The one variable of a policy. */
export function bindValue(value: Payload): Bindings {
  const bound = fromPayload(value, "value");
  return bound === undefined ? {} : { value: bound };
}

function variable(root: string, scope: Scope, paths: readonly Path[]): CelInput | undefined {
  switch (root) {
    case "input":
      return fromPayload(scope.input, root);
    case "output":
      return scope.output === undefined ? undefined : fromPayload(scope.output, root);
    case "item":
      return item(scope.itemPath);
    case "steps":
      return steps(scope, paths);
    case "job":
      return job(scope, paths);
    case "config":
      return scope.configJson === "" ? undefined : fromJson(scope.configJson, root);
    default:
      return undefined;
  }
}

function item(path: readonly number[]): CelInput | undefined {
  const index = path.at(-1);
  if (index === undefined) return undefined;
  return new Map<string, CelInput>([["index", BigInt(index)], ["path", path.map(BigInt)]]);
}

/** Every step that is read has an entry, so that `has(steps.a.output)` can be asked of a step that did not run. */
function steps(scope: Scope, paths: readonly Path[]): CelInput {
  const bound = new Map<string, CelInput>();
  for (const key of paths.flatMap((path) => path.keys[0] ?? [])) {
    const output = scope.steps.get(key);
    const value = output === undefined ? undefined : fromPayload(output, `steps.${key}.output`);
    bound.set(key, new Map(value === undefined ? [] : [["output", value]]));
  }
  return bound;
}

function job({ job }: Scope, paths: readonly Path[]): CelInput {
  const bound = new Map<string, CelInput>([
    ["id", job.id],
    ["labels", new Map(Object.entries(job.labels))],
    ["data_class", job.dataClass],
  ]);
  // The bare variable, or a computed key, may be the input.
  const isRead = paths.some(({ keys: [key] }) => key === undefined || key === "input");
  const input = job.input === undefined || !isRead ? undefined : fromPayload(job.input, "job.input");
  if (input !== undefined) bound.set("input", input);
  return bound;
}

/** Payloads that were read before: a fan-out asks the same questions of each item's input again. */
const known = new WeakMap<Payload, CelInput>();

function fromPayload(payload: Payload, name: string): CelInput | undefined {
  if (payload.body.kind === "none") return undefined;
  if (payload.body.kind === "binary") return payload.body.bytes;
  const value = known.get(payload) ?? fromJson(payload.body.text, name);
  known.set(payload, value);
  return value;
}

function fromJson(text: string, name: string): CelInput {
  const cursor = new Cursor(text);
  const value = next(cursor, JSON_DEPTH_MAX);
  if (value === undefined || cursor.peek() !== undefined) {
    throw new ExpressionError("EXPRESSION_FAILED", `\`${name}\` is not acceptable JSON`);
  }
  return value;
}

/** The next value of a text; undefined when there is none. */
function next(cursor: Cursor, depthLeft: number): CelInput | undefined {
  const first = cursor.peek();
  if (first === '"') return cursor.string();
  if (first !== "{" && first !== "[") return scalar(cursor.value());
  if (depthLeft === 0) return undefined;
  cursor.enter(first);
  const [members, items]: [Map<string, CelInput>, CelInput[]] = [new Map(), []];
  for (;;) {
    const more = cursor.more();
    if (more === undefined) return undefined;
    if (!more) return first === "{" ? members : items;
    const key = first === "{" ? cursor.key() : "";
    const value = key === undefined ? undefined : next(cursor, depthLeft - 1);
    if (key === undefined || value === undefined) return undefined;
    if (first === "{") members.set(key, value);
    else items.push(value);
  }
}

const INT_MIN = -(2n ** 63n);
const INT_MAX = 2n ** 63n - 1n;

function scalar(text: string | undefined): CelInput | undefined {
  if (text === "true" || text === "false") return text === "true";
  if (text === "null") return null;
  if (text === undefined || !/^-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$/.test(text)) return undefined;
  if (/^-?[0-9]+$/.test(text)) {
    const int = BigInt(text);
    if (int >= INT_MIN && int <= INT_MAX) return int;
  }
  // What is too large for a double is infinite, as in every language that reads JSON into doubles.
  return Number(text);
}
