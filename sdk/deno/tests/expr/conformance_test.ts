/** The coordinator's tables of expressions are the oracle: what it accepts, refuses and answers, we do. */

import assert from "node:assert/strict";
import { Evaluator } from "../../expr/mod.ts";
import { ExpressionError } from "../../model/mod.ts";
import { repoText } from "../support/repo.ts";
import { rustPairs, rustStrings } from "../support/rust.ts";
import { fullScope } from "../support/scope.ts";

const TABLES = repoText("crates/expr/tests/conformance.rs");

function found(source: string): string {
  try {
    return String(new Evaluator().condition(source, fullScope()));
  } catch (error) {
    if (error instanceof ExpressionError) return error.code.replace("EXPRESSION_", "");
    throw new Error(`${source}: ${error}`, { cause: error });
  }
}

Deno.test("conditions agree with the coordinator's tables", async (t) => {
  const cases = rustPairs(TABLES).filter(({ expected }) => /^(?:true|false|[A-Z_]+)$/.test(expected));
  assert.ok(cases.length > 200, `only ${cases.length} cases were found`);
  for (const [test, group] of Object.entries(Object.groupBy(cases, ({ test }) => test))) {
    await t.step(test, () => {
      const wrong = group!.map((entry) => ({ ...entry, found: found(entry.source) }))
        .filter(({ expected, found }) => expected !== found)
        .map(({ source, expected, found }) => `${source}\n    expected ${expected}, found ${found}`);
      assert.equal(wrong.join("\n"), "");
    });
  }
});

Deno.test("what the coordinator does not support is refused", () => {
  const sources = rustStrings(TABLES, "not_supported");
  assert.ok(sources.length >= 20, `only ${sources.length} cases were found`);
  assert.deepEqual(sources.filter((source) => found(source) !== "INVALID"), []);
});
