/**
 * What an expression refers to, and whether it may.
 *
 * @module
 */

import { ExpressionError } from "../model/mod.ts";
import { type Comprehension, type Expr, type Path, pathOf } from "./ast.ts";
import { isType, refusedCall } from "./functions.ts";

/** Deepest nesting of a parsed expression. */
const DEPTH_MAX = 100;

/** Walks the expression once; answers the paths that it reads, those of its macros' own variables left out. */
export function checkExpression(
  expression: Expr,
  variables: readonly string[],
  placeOf: (node: Expr) => string,
): Path[] {
  const check = new Check(variables, placeOf);
  check.walk(expression, 0);
  return check.paths;
}

class Check {
  readonly paths: Path[] = [];
  readonly #variables: readonly string[];
  readonly #placeOf: (node: Expr) => string;
  /** Variables of the macros around. */
  readonly #locals: string[] = [];

  constructor(variables: readonly string[], placeOf: (node: Expr) => string) {
    this.#variables = variables;
    this.#placeOf = placeOf;
  }

  walk(node: Expr | undefined, depth: number): void {
    if (node === undefined) return;
    if (depth > DEPTH_MAX) throw invalid(`nested more than ${DEPTH_MAX} deep`);
    const path = pathOf(node);
    if (path !== undefined) return this.#refer(node, path);
    const { exprKind: kind } = node;
    const each = (nodes: readonly (Expr | undefined)[]) => nodes.forEach((inner) => this.walk(inner, depth + 1));
    switch (kind.case) {
      case "callExpr": {
        const { target, args } = kind.value;
        const why = refusedCall(kind.value.function, target !== undefined, args.length);
        if (why !== undefined) throw this.#refuse(node, why);
        return each([target, ...args]);
      }
      case "comprehensionExpr":
        return this.#macro(node, kind.value, depth + 1);
      case "listExpr":
        return each(kind.value.elements);
      case "structExpr":
        if (kind.value.messageName !== "") throw this.#refuse(node, "messages are not supported");
        return each(kind.value.entries.flatMap(({ keyKind, value }) => [
          keyKind.case === "mapKey" ? keyKind.value : undefined,
          value,
        ]));
      case "selectExpr":
        return this.walk(kind.value.operand, depth + 1);
      case "constExpr": {
        const { constantKind } = kind.value;
        const fits = constantKind.case === "int64Value"
          ? BigInt.asIntN(64, constantKind.value) === constantKind.value
          : constantKind.case !== "uint64Value" || BigInt.asUintN(64, constantKind.value) === constantKind.value;
        if (!fits) throw this.#refuse(node, "an integer of more than 64 bits");
        return;
      }
      default:
        throw this.#refuse(node, "not an expression");
    }
  }

  #macro(node: Expr, macro: Comprehension, depth: number): void {
    this.walk(macro.iterRange, depth);
    this.walk(macro.accuInit, depth);
    const outside = this.#locals.length;
    this.#locals.push(macro.accuVar);
    for (const name of [macro.iterVar, macro.iterVar2].filter((name) => name !== "")) {
      // Two meanings of one name in one expression help nobody, and would hide what is read.
      if (this.#variables.includes(name) || isType(name)) {
        throw this.#refuse(node, `\`${name}\` is taken; name the macro's variable otherwise`);
      }
      this.#locals.push(name);
    }
    this.walk(macro.loopCondition, depth);
    this.walk(macro.loopStep, depth);
    this.walk(macro.result, depth);
    this.#locals.length = outside;
  }

  /** Records a path, unless it names nothing that there is. */
  #refer(node: Expr, path: Path): void {
    if (path.keys.length > DEPTH_MAX) throw invalid(`a path of more than ${DEPTH_MAX} keys`);
    if (this.#locals.includes(path.root)) return;
    if (!this.#variables.includes(path.root)) {
      if (isType([path.root, ...path.keys].join("."))) return;
      throw this.#refuse(root(node), `unknown name \`${path.root}\`; there is ${this.#variables.join(", ")}`);
    }
    if (path.root === "steps" && path.keys[1] !== "output") {
      throw this.#refuse(root(node), '`steps` is read as `steps.<key>.output` or `steps["key"].output`');
    }
    this.paths.push(path);
  }

  #refuse(node: Expr, why: string): ExpressionError {
    const place = this.#placeOf(node);
    return invalid(place === "" ? why : `${place}: ${why}`);
  }
}

function invalid(message: string): ExpressionError {
  return new ExpressionError("EXPRESSION_INVALID", message);
}

/** Where a path begins: the parser places a selection at its dot. */
function root(node: Expr): Expr {
  const { exprKind: kind } = node;
  const inner = kind.case === "selectExpr"
    ? kind.value.operand
    : kind.case === "callExpr"
    ? kind.value.args[0]
    : undefined;
  return inner === undefined ? node : root(inner);
}
