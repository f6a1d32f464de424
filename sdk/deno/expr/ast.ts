/**
 * The parsed form of an expression: reading it, and making nodes of it.
 *
 * @module
 */

import { type Expr, ExprSchema } from "@bufbuild/cel-spec/cel/expr/syntax_pb.js";
import { create } from "@bufbuild/protobuf";

export type { Expr };
/** What a call is made of. */
export type Call = Extract<Expr["exprKind"], { case: "callExpr" }>["value"];
/** What a macro was expanded to. */
export type Comprehension = Extract<Expr["exprKind"], { case: "comprehensionExpr" }>["value"];

/** A call of a function. */
export function call(id: bigint, name: string, args: Expr[]): Expr {
  return create(ExprSchema, { id, exprKind: { case: "callExpr", value: { function: name, args } } });
}

/** A text. */
export function text(id: bigint, value: string): Expr {
  const constantKind = { case: "stringValue", value } as const;
  return create(ExprSchema, { id, exprKind: { case: "constExpr", value: { constantKind } } });
}

/** The text of a literal, if it is one. */
export function literalText(node: Expr | undefined): string | undefined {
  const constant = node?.exprKind.case === "constExpr" ? node.exprKind.value.constantKind : undefined;
  return constant?.case === "stringValue" ? constant.value : undefined;
}

/** Whether a node is a literal, and whether it is a number. */
export function isLiteral(node: Expr): boolean {
  return node.exprKind.case === "constExpr";
}

/** Whether a node is a literal number. */
export function isNumber(node: Expr): boolean {
  const kind = node.exprKind.case === "constExpr" ? node.exprKind.value.constantKind.case : undefined;
  return kind === "int64Value" || kind === "uint64Value" || kind === "doubleValue";
}

/** A variable and the keys that are read from it. */
export interface Path {
  readonly root: string;
  readonly keys: readonly string[];
}

/** The path that an expression spells, if it is nothing but a path. `has(a.b)` spells `a.b`. */
export function pathOf(node: Expr | undefined, outermost = true): Path | undefined {
  const kind = node?.exprKind;
  if (kind?.case === "identExpr") return { root: kind.value.name, keys: [] };
  if (kind?.case === "selectExpr" && (outermost || !kind.value.testOnly)) {
    return then(pathOf(kind.value.operand, false), kind.value.field);
  }
  if (kind?.case === "callExpr" && kind.value.function === "_[_]") {
    const key = literalText(kind.value.args[1]);
    return key === undefined ? undefined : then(pathOf(kind.value.args[0], false), key);
  }
  return undefined;
}

function then(path: Path | undefined, key: string): Path | undefined {
  return path === undefined ? undefined : { root: path.root, keys: [...path.keys, key] };
}

/** A path as CEL would spell it. */
export function spelled({ root, keys }: Path): string {
  const plain = /^[A-Za-z_][A-Za-z0-9_]*$/;
  return root + keys.map((key) => (plain.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`)).join("");
}
