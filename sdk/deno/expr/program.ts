/**
 * One expression: compiled once, evaluated against bindings.
 *
 * Compiling refuses what could only fail later: unknown names and functions, `steps` without a key, what is nested too
 * deeply. What of CEL is not there: messages and enums, the optional syntax, names with a leading dot or in backticks,
 * the extension libraries, and static types.
 *
 * @module
 */

import { celEnv, celType, type CelValue, isCelError, parse, plan } from "@bufbuild/cel";
import { type ExpressionCode, ExpressionError } from "../model/mod.ts";
import { CONDITION_BYTES_MAX } from "../model/limits.ts";
import { utf8Length } from "../model/payload.ts";
import type { Expr, Path } from "./ast.ts";
import type { Bindings } from "./bind.ts";
import { checkExpression } from "./check.ts";
import { isNeverBoolean } from "./functions.ts";
import { rewrite } from "./rewrite.ts";
import { place, refusedSource } from "./source.ts";
import { readCoded } from "./coded.ts";
import { OVERRIDES } from "./overrides.ts";
import { FUNCTIONS, isExhausted, startWork } from "./work.ts";

/** Longest parser message that is passed on. */
const PARSER_MESSAGE_CHARS_MAX = 200;

const ENVIRONMENT = celEnv({ funcs: [...OVERRIDES, ...FUNCTIONS] });

/** An expression that was parsed and checked, ready to evaluate. */
export class Program {
  /** What it reads, in the order of the source, variables of its own macros left out. */
  readonly paths: readonly Path[];
  readonly #evaluate: (bindings: Bindings) => unknown;

  private constructor(expression: Expr, paths: readonly Path[]) {
    this.paths = paths;
    this.#evaluate = plan(ENVIRONMENT, rewrite(expression));
  }

  /** Parses and checks an expression over these variables; of a condition, that it can be a boolean. */
  static compile(source: string, variables: readonly string[], isCondition: boolean): Program {
    const bytes = utf8Length(source);
    if (bytes > CONDITION_BYTES_MAX) throw invalid(`${bytes} bytes; at most ${CONDITION_BYTES_MAX} are allowed`);
    const refused = refusedSource(source);
    if (refused !== undefined) throw invalid(refused);
    const { expr, positions } = parsed(source);
    const paths = checkExpression(expr, variables, (node) => {
      const offset = positions[String(node.id)];
      return offset === undefined ? "" : place(source, offset);
    });
    if (isCondition && isNeverBoolean(expr)) {
      throw new ExpressionError("EXPRESSION_TYPE", "this can never be true or false");
    }
    return new Program(expr, paths);
  }

  /** Whether it holds. */
  holds(bindings: Bindings): boolean {
    const value = this.evaluate(bindings);
    if (typeof value === "boolean") return value;
    throw new ExpressionError("EXPRESSION_TYPE", `the result is ${celType(value).name}, not bool`);
  }

  /** Its value. */
  evaluate(bindings: Bindings): CelValue {
    startWork();
    const result = this.#evaluate(bindings);
    // Asked first: `||` can turn the error into a value.
    if (isExhausted()) {
      throw new ExpressionError(
        "EXPRESSION_FAILED",
        "the expression does more work than is allowed for one evaluation",
      );
    }
    if (isCelError(result)) throw this.#explain(result);
    return result as CelValue;
  }

  /** The interpreter's failures as our codes, without the data that they hold. */
  #explain(error: Error): ExpressionError {
    const { message } = error;
    const own = readCoded(message);
    if (own !== undefined) return own;
    if (message === "unresolved attribute") {
      const [path] = this.paths;
      return new ExpressionError("EXPRESSION_MISSING_PATH", `missing path ${path?.root ?? "a variable"}`);
    }
    const [code, text] = MEANINGS.find(([pattern]) => pattern.test(message))?.slice(1) as
      | [ExpressionCode, string]
      | undefined ?? ["EXPRESSION_FAILED", "the expression has no value"];
    return new ExpressionError(code, text);
  }
}

/** What the interpreter's messages mean. */
const MEANINGS: readonly (readonly [RegExp, ExpressionCode, string])[] = [
  [
    /no matching overload|no such overload/,
    "EXPRESSION_TYPE",
    "an operator or function does not take values of these types",
  ],
  [/type mismatch/, "EXPRESSION_TYPE", "a value has another type than is expected"],
  [/unsupported key type/, "EXPRESSION_TYPE", "a value cannot be a key or an index"],
  [/map key conflict/, "EXPRESSION_FAILED", "a map has a key twice"],
  [/by zero/, "EXPRESSION_FAILED", "division by zero"],
  [/overflow|out of range|return error for overflow/, "EXPRESSION_FAILED", "a number is out of range"],
];

function invalid(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_INVALID", message);
}

/** The parsed expression and the offsets of its nodes. */
function parsed(source: string): { expr: Expr; positions: Readonly<Record<string, number>> } {
  try {
    const { expr, sourceInfo } = parse(source);
    if (expr === undefined) throw invalid("not an expression");
    return { expr, positions: sourceInfo?.positions ?? {} };
  } catch (error) {
    if (error instanceof ExpressionError) throw error;
    // A RangeError: nested so deeply that the parser ran out of stack.
    const message = error instanceof Error ? error.message.replace(/^<input>:/, "") : String(error);
    throw invalid(message.slice(0, PARSER_MESSAGE_CHARS_MAX));
  }
}
