/**
 * Typed JSON templates: JSON text in which some objects are operators.
 *
 * | operator | value |
 * | --- | --- |
 * | `{"$ref": "/input/id"}` | what the JSON Pointer leads to, its bytes copied as they are |
 * | `{"$cel": "input.n + 1"}` | the value of the expression |
 * | `{"$default": [a, b, ..]}` | the first of these that does not fail with EXPRESSION_MISSING_PATH |
 * | `{"$concat": [a, b, ..]}` | these strings, one after the other |
 * | `{"$literal": a}` | `a` as it is written, operators in it included |
 *
 * A template is compiled to the pieces of its own text around the operators, so that everything else, numbers of any
 * size included, comes out as it was written.
 *
 * @module
 */

import { type Evaluate, ExpressionError, type References } from "../evaluate.ts";
import { checkJson } from "../json/check.ts";
import { Cursor, escapePointer } from "../json/scan.ts";
import { parsePointer } from "./pointer.ts";

/** Most operators in a template. Each may read through all of a payload. */
const OPERATORS_MAX = 1_000;
const ROOTS = "/input, /item, /steps/<key>/output, /job and /config";

/** Where a pointer begins. */
export type Source =
  | { readonly kind: "input" | "item" | "job_input" | "job" | "config" }
  | { readonly kind: "step"; readonly key: string };

/** A pointer of a `$ref`. */
export interface Reference {
  readonly kind: "ref";
  /** As it is written, for messages. */
  readonly pointer: string;
  readonly source: Source;
  /** The rest of the pointer, from the source on. */
  readonly tokens: readonly string[];
}

/** Text that is copied, or an operator. */
export type Part =
  | { readonly kind: "text"; readonly text: string }
  | Reference
  | { readonly kind: "cel"; readonly source: string }
  | { readonly kind: "default" | "concat"; readonly operands: readonly Parts[] };

/** Text and operators, in order. */
export type Parts = readonly Part[];

/** A template, compiled. */
export interface Template {
  readonly parts: Parts;
  readonly references: References;
}

/** Parses and checks a template; throws an {@link ExpressionError}. */
export function compileTemplate(source: string, evaluate: Evaluate): Template {
  try {
    checkJson(source);
  } catch (problem) {
    throw invalid(`not acceptable JSON: ${problem instanceof Error ? problem.message : problem}`);
  }
  const compiler = new Compiler(evaluate);
  // Space around the value would hide that it is a lone reference.
  const parts = compiler.parts(new Cursor(source).value() ?? "", "");
  return { parts, references: { steps: [...compiler.steps].sort(), output: compiler.output } };
}

class Compiler {
  readonly steps = new Set<string>();
  output = false;
  #operators = 0;
  readonly #evaluate: Evaluate;

  constructor(evaluate: Evaluate) {
    this.#evaluate = evaluate;
  }

  /** The parts of a value. `at` is its JSON Pointer in the template, for messages. */
  parts(text: string, at: string): Part[] {
    const cut = new Cutter(text);
    this.#value(new Cursor(text), cut, at);
    return cut.finish();
  }

  #value(cursor: Cursor, cut: Cutter, at: string): void {
    const next = cursor.peek();
    if (next === "{") {
      const found = operator(cursor.copy(), at);
      if (found === undefined) return this.#members(cursor, cut, at, "{");
      const begin = cursor.offset();
      cursor.value();
      cut.put(begin, cursor.position(), this.#operator(found.name, found.argument, at));
    } else if (next === "[") this.#members(cursor, cut, at, "[");
    else cursor.value();
  }

  #members(cursor: Cursor, cut: Cutter, at: string, bracket: "{" | "["): void {
    cursor.enter(bracket);
    for (let index = 0; cursor.more(); index++) {
      const name = bracket === "{" ? escapePointer(cursor.key() ?? "") : String(index);
      this.#value(cursor, cut, `${at}/${name}`);
    }
  }

  #operator(name: string, argument: string, at: string): Part {
    if (++this.#operators > OPERATORS_MAX) throw invalid(`more than ${OPERATORS_MAX} operators`);
    switch (name) {
      case "$ref":
        return this.#reference(string(argument, name, at), at);
      case "$cel":
        return this.#cel(string(argument, name, at), at);
      case "$default":
        return { kind: "default", operands: this.#operands(argument, name, at) };
      case "$concat": {
        const operands = this.#operands(argument, name, at);
        // What is not an operator is known now.
        const notText = operands.some(([part, more]) =>
          more === undefined && part?.kind === "text" && !part.text.startsWith('"')
        );
        if (notText) {
          throw new ExpressionError("EXPRESSION_TYPE", `${place(at)}\`$concat\` joins strings; a number is not text`);
        }
        return { kind: "concat", operands };
      }
      case "$literal":
        return { kind: "text", text: argument };
      default:
        throw refuse(at, `unknown operator \`${name}\`; \`$literal\` keeps an object as it is`);
    }
  }

  #cel(source: string, at: string): Part {
    try {
      const references = this.#evaluate.checkExpression(source);
      for (const key of references.steps) this.steps.add(key);
      this.output ||= references.output;
    } catch (error) {
      if (error instanceof ExpressionError) throw new ExpressionError(error.code, `${place(at)}${error.message}`);
      throw error;
    }
    return { kind: "cel", source };
  }

  #operands(argument: string, name: string, at: string): Part[][] {
    const cursor = new Cursor(argument);
    const operands: Part[][] = [];
    if (cursor.enter("[")) {
      while (cursor.more()) operands.push(this.parts(cursor.value() ?? "", `${at}/${name}/${operands.length}`));
    }
    if (operands.length === 0) throw refuse(at, `\`${name}\` takes an array with at least one element`);
    return operands;
  }

  #reference(pointer: string, at: string): Reference {
    let tokens: string[];
    try {
      tokens = parsePointer(pointer);
    } catch (problem) {
      throw refuse(at, problem instanceof Error ? problem.message : String(problem));
    }
    const found = sourceOf(tokens);
    if (found === undefined) throw refuse(at, `\`${pointer}\` begins nowhere: the roots are ${ROOTS}`);
    const [source, skip] = found;
    if (source.kind === "step") this.steps.add(source.key);
    return { kind: "ref", pointer, source, tokens: tokens.slice(skip) };
  }
}

/** Where the pointer begins, and how many of its tokens say so. */
function sourceOf([root, second, third]: readonly string[]): [Source, number] | undefined {
  switch (root) {
    case "input":
    case "item":
    case "config":
      return [{ kind: root }, 1];
    case "steps":
      return second !== undefined && third === "output" ? [{ kind: "step", key: second }, 3] : undefined;
    case "job":
      return second === "input" ? [{ kind: "job_input" }, 2] : [{ kind: "job" }, 1];
    default:
      return undefined;
  }
}

/** The operator that the next object is, if it is one. */
function operator(cursor: Cursor, at: string): { name: string; argument: string } | undefined {
  let found: { name: string; argument: string } | undefined;
  let keys = 0;
  for (cursor.enter("{"); cursor.more(); keys++) {
    const name = cursor.key() ?? "";
    const argument = cursor.value() ?? "";
    if (name.startsWith("$")) found ??= { name, argument };
  }
  // Silence here would let a typing error, or a second key, turn an operator into data.
  if (found !== undefined && keys > 1) {
    const why = "beside other keys is neither an operator nor data; wrap it in `$literal` if it is data";
    throw refuse(at, `\`${found.name}\` ${why}`);
  }
  return found;
}

function string(argument: string, name: string, at: string): string {
  const text = new Cursor(argument).string();
  if (text === undefined) throw refuse(at, `\`${name}\` takes a string`);
  return text;
}

function place(at: string): string {
  return at === "" ? "" : `at ${at}: `;
}

function invalid(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_INVALID", message);
}

function refuse(at: string, why: string): ExpressionError {
  return invalid(`${place(at)}${why}`);
}

/** Cuts text into parts. */
class Cutter {
  readonly #text: string;
  readonly #parts: Part[] = [];
  #copied = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** Puts a part in the place of the text from `begin` to `end`. */
  put(begin: number, end: number, part: Part): void {
    this.#copyTo(begin);
    this.#parts.push(part);
    this.#copied = end;
  }

  #copyTo(end: number): void {
    if (end > this.#copied) this.#parts.push({ kind: "text", text: this.#text.slice(this.#copied, end) });
  }

  finish(): Part[] {
    this.#copyTo(this.#text.length);
    return this.#parts;
  }
}
