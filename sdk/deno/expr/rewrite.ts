/**
 * Puts the functions of `work.ts` into a parsed expression: where members are read, where values are copied or compared
 * as a whole, and around loops.
 *
 * @module
 */

import { type Call, call, type Comprehension, type Expr, isLiteral, isNumber, pathOf, spelled, text } from "./ast.ts";

/** Rewrites an expression so that its work is counted and its failures have our codes. */
export function rewrite(expression: Expr): Expr {
  return visit(expression, false);
}

function visit(node: Expr, inLoop: boolean): Expr {
  const kind = node.exprKind;
  switch (kind.case) {
    case "callExpr":
      return visitCall(node, kind.value, inLoop);
    case "comprehensionExpr":
      visitMacro(kind.value, inLoop);
      return node;
    case "listExpr":
      kind.value.elements = kind.value.elements.map((element) => wrap(visit(element, inLoop), "@weigh"));
      return node;
    case "structExpr":
      for (const entry of kind.value.entries) {
        if (entry.keyKind.case === "mapKey") entry.keyKind.value = visit(entry.keyKind.value, inLoop);
        if (entry.value !== undefined) entry.value = wrap(visit(entry.value, inLoop), "@weigh");
      }
      return node;
    case "selectExpr": {
      const { operand, field, testOnly } = kind.value;
      if (operand === undefined || isQualifiedType(node)) return node;
      const path = text(node.id, nameOf(node));
      return call(node.id, testOnly ? "@has" : "@field", [visit(operand, inLoop), text(node.id, field), path]);
    }
    default:
      return node;
  }
}

/** The names of types that have dots stay what they are. */
function isQualifiedType(node: Expr): boolean {
  const path = pathOf(node);
  return path?.root === "google" && path.keys[0] === "protobuf";
}

/** How the expression spells what it reads; "" when a part of it is computed. */
function nameOf(node: Expr): string {
  const path = pathOf(node);
  return path === undefined ? "" : spelled(path);
}

function visitCall(node: Expr, value: Call, inLoop: boolean): Expr {
  const path = value.function === "_[_]" ? text(node.id, nameOf(node)) : undefined;
  if (value.target !== undefined) value.target = visit(value.target, inLoop);
  value.args = value.args.map((argument) => visit(argument, inLoop));
  const [left, right] = value.args;
  const wrapArgs = (name: string) => value.args = value.args.map((argument) => wrap(argument, name));
  if (path !== undefined) return call(node.id, "@index", [...value.args, path]);
  switch (value.function) {
    case "_+_":
      if (!isNumber(left!) && !isNumber(right!)) wrapArgs("@weigh");
      break;
    case "_==_":
    case "_!=_":
      // Beside a literal the comparison ends with the literal.
      if (!isLiteral(left!) && !isLiteral(right!)) wrapArgs("@weigh");
      break;
    case "@in":
      if (right?.exprKind.case !== "listExpr") value.args = [left!, wrap(right!, "@search")];
      break;
    case "matches":
      visitMatches(node, value);
      break;
    default:
      if (inLoop && LINEAR.has(value.function)) {
        if (value.target !== undefined) value.target = wrap(value.target, "@scan");
        wrapArgs("@scan");
      }
  }
  return node;
}

/** `matches(text, regex)` is `text.matches(regex)`. */
function visitMatches(node: Expr, value: Call): void {
  const subject = value.target ?? value.args[0]!;
  const regex = value.args.at(-1)!;
  value.target = wrap(subject, "@scan");
  value.args = [call(node.id, "@pattern", [regex])];
}

/** Calls that may read all of a text. */
const LINEAR = new Set("_<_ _<=_ _>_ _>=_ contains size string bytes int double timestamp".split(" "));

function visitMacro(macro: Comprehension, inLoop: boolean): void {
  const range = visit(macro.iterRange!, inLoop);
  macro.iterRange = call(range.id, "@range", [range]);
  macro.loopStep = visitStep(macro.loopStep!, macro.accuVar, macro.iterVar);
  // `all` and `exists` go on after an error; the end of the budget stops them.
  macro.loopCondition = call(range.id, "@go", [macro.loopCondition!]);
}

/** Counts what the author wrote inside a loop, and leaves the frame that the macro put around it. */
function visitStep(node: Expr, result: string, item: string): Expr {
  const isResult = (inner: Expr | undefined) =>
    inner?.exprKind.case === "identExpr" && inner.exprKind.value.name === result;
  const kind = node.exprKind;
  if (kind.case !== "callExpr") return visitItem(node, item);
  const { args } = kind.value;
  const [first, second, third] = args;
  switch (kind.value.function) {
    case "_&&_":
    case "_||_":
      if (!isResult(first)) break;
      kind.value.args = [first!, visitItem(second!, item)];
      return node;
    case "_+_":
      if (!isResult(first)) break;
      if (second?.exprKind.case === "listExpr") {
        const list = second.exprKind.value;
        list.elements = list.elements.map((element) => visitItem(element, item));
      }
      return node;
    case "_?_:_":
      if (!isResult(third)) break;
      kind.value.args = [visitItem(first!, item), visitStep(second!, result, item), third!];
      return node;
  }
  return visitItem(node, item);
}

function visitItem(node: Expr, item: string): Expr {
  const variable = call(node.id, "", []);
  variable.exprKind = { case: "identExpr", value: { $typeName: "cel.expr.Expr.Ident", name: item } };
  return call(node.id, "@step", [visit(node, true), variable]);
}

function wrap(node: Expr, name: string): Expr {
  return isLiteral(node) ? node : call(node.id, name, [node]);
}
