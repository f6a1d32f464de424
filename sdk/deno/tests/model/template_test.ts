/** Typed JSON templates: the coordinator's own vectors. */

import assert from "node:assert/strict";
import { Evaluator } from "../../expr/mod.ts";
import { ExpressionError, Payload, type Scope } from "../../model/mod.ts";
import { Cursor } from "../../model/json/scan.ts";
import { compileTemplate, renderTemplate } from "../../model/template/mod.ts";
import { repoText } from "../support/repo.ts";
import { fullScope } from "../support/scope.ts";

/** The members of an object, each exactly as written. */
function rawMembers(text: string): Map<string, string> {
  const cursor = new Cursor(text);
  const members = new Map<string, string>();
  for (cursor.enter("{"); cursor.more();) members.set(cursor.key() ?? "", cursor.value() ?? "");
  return members;
}

function compact(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ""));
}

function attempt(template: string, scope: Scope): { checked?: ExpressionError; result: Payload | ExpressionError } {
  const evaluate = new Evaluator();
  const caught = <T>(run: () => T): T | ExpressionError => {
    try {
      return run();
    } catch (error) {
      if (error instanceof ExpressionError) return error;
      throw error;
    }
  };
  const compiled = caught(() => compileTemplate(template, evaluate));
  if (compiled instanceof ExpressionError) return { checked: compiled, result: compiled };
  if (compiled.references.output) {
    const refused = new ExpressionError("EXPRESSION_INVALID", "output");
    return { checked: refused, result: refused };
  }
  return { result: caught(() => renderTemplate(compiled, scope, evaluate)) };
}

Deno.test("the coordinator's vectors of templates", async (t) => {
  const vectors = new Cursor(repoText("crates/expr/tests/vectors/templates.json"));
  let count = 0;
  for (vectors.enter("["); vectors.more(); count++) {
    const vector = rawMembers(vectors.value() ?? "");
    const text = (name: string) => vector.has(name) ? JSON.parse(vector.get(name)!) as string : undefined;
    const scope = { ...fullScope(), input: Payload.json(vector.get("input")!) };
    await t.step(text("name")!, () => {
      const { checked, result } = attempt(vector.get("template")!, scope);
      const [code, checkCode] = [text("error"), text("check_error")];
      if (code === undefined && checkCode === undefined) {
        assert.ok(result instanceof Payload, String(result));
        assert.equal(compact(result.asJson()!), compact(vector.get("result")!));
        return;
      }
      assert.equal(checked?.code, checkCode);
      assert.ok(result instanceof ExpressionError);
      assert.equal(result.code, code ?? checkCode);
      const names = text("names") ?? "";
      // What the parser of expressions says, and where, is its own.
      if (!/1:\d/.test(names)) assert.ok(result.message.includes(names), `${result.message} does not name ${names}`);
    });
  }
  assert.ok(count > 40, `only ${count} vectors were found`);
});
