/** Conditions and policies: what is checked, what is named, what hostile sources and data can do. */

import assert from "node:assert/strict";
import { Evaluator } from "../../expr/mod.ts";
import { ExpressionError, Payload } from "../../model/mod.ts";
import { repoText } from "../support/repo.ts";
import { rustPairs, rustStrings } from "../support/rust.ts";
import { fullScope, scopeOf } from "../support/scope.ts";

const TABLES = repoText("crates/expr/tests/conditions.rs");

function refusal(run: () => unknown): ExpressionError {
  try {
    run();
  } catch (error) {
    if (error instanceof ExpressionError) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

Deno.test("what conditions refer to", () => {
  const steps = (source: string) => new Evaluator().checkCondition(source).steps;
  assert.deepEqual(steps("input.steps.a.output == 1"), []);
  assert.deepEqual(steps("steps.b.output.x && steps['a'].output == steps.b.output"), ["a", "b"]);
  assert.deepEqual(steps("has(steps.a.output) ? steps.c.output : [steps.d.output].exists(s, s)"), ["a", "c", "d"]);
  assert.deepEqual(steps("input.l.all(x, x == steps.a.output[x])"), ["a"]);
  assert.deepEqual(steps('steps["with space"].output'), ["with space"]);
  assert.equal(new Evaluator().checkCondition("output.n > 1").output, true);
});

Deno.test("refused at check", () => {
  const named = rustPairs(TABLES).filter(({ test }) => test === "refused_at_check_with_a_position");
  assert.ok(named.length > 15);
  for (const { source, expected } of named.filter(({ source }) => source !== "")) {
    const error = refusal(() => new Evaluator().checkCondition(source));
    assert.equal(error.code, "EXPRESSION_INVALID", source);
    // What the parser itself says is its own.
    if (expected.includes("`")) assert.ok(error.message.includes(expected), `${source}: ${error.message}`);
  }
  for (const source of ["1 + input.n", "'yes'", "[true]", "{'a': true}", "size(input.l)", "-input.n", "null", "int"]) {
    assert.equal(refusal(() => new Evaluator().checkCondition(source)).code, "EXPRESSION_TYPE", source);
  }
});

Deno.test("policies see only their value", () => {
  const evaluator = new Evaluator();
  const value = Payload.json('{"email":"a@b.c","age":17}');
  assert.equal(evaluator.policy("value.age >= 18", value), false);
  assert.equal(evaluator.policy("value.email.matches('^[^@]+@[^@]+$')", value), true);
  assert.equal(refusal(() => evaluator.policy("value.name == ''", value)).message, "missing path value.name");
  assert.equal(evaluator.policy("size(value) == 3", Payload.binary(new Uint8Array(3))), true);
  assert.equal(refusal(() => evaluator.policy("value == null", Payload.none())).code, "EXPRESSION_MISSING_PATH");
  assert.equal(refusal(() => evaluator.checkPolicy("input.a == 1")).code, "EXPRESSION_INVALID");
});

Deno.test("a missing path is named", () => {
  const cases = rustPairs(TABLES).filter(({ test, source }) =>
    test === "a_missing_path_is_named" && !source.startsWith("EXPR")
  );
  assert.ok(cases.length > 10);
  for (const { source, expected } of cases) {
    const bare = ["output.n == 1", "item.index == 1", "config.limit == 1", "job.input.campaign == ''", "input == null"];
    const scope = bare.includes(source) ? { ...scopeOf("1"), input: Payload.none() } : fullScope();
    const error = refusal(() => new Evaluator().condition(source, scope));
    assert.equal(error.code, "EXPRESSION_MISSING_PATH", source);
    const [found] = error.message.replace("missing path ", "").split(": ");
    // A variable that is not there at all is named without its keys.
    assert.ok(found === expected || expected.startsWith(`${found}.`), `${source}: ${error.message}`);
  }
});

Deno.test("errors hold no data", () => {
  const secret =
    `{"secret":"hunter2","n":424242,"zero":0,"list":["hunter2"],"map":{"hunter2":1},"big":9223372036854775807}`;
  const sources = rustStrings(TABLES, "errors_hold_no_data");
  assert.ok(sources.length > 15);
  for (const source of sources) {
    const error = refusal(() => new Evaluator().condition(source, scopeOf(secret)));
    assert.ok(!/hunter2|424242|92233/.test(error.message), `${source}: ${error.message}`);
  }
});

Deno.test("too much work is refused", () => {
  const thousand = Array.from({ length: 1_000 }, (_, at) => `{"n":${at},"s":"text ${at}"}`);
  const scope = scopeOf(`{"l":[${thousand.join(",")}],"s":"${"x".repeat(500_000)}"}`);
  const sources = rustStrings(TABLES, "too_much_work_is_refused");
  assert.ok(sources.length > 15, `only ${sources.length} cases were found`);
  const evaluator = new Evaluator();
  for (const source of sources) {
    assert.equal(refusal(() => evaluator.condition(source, scope)).code, "EXPRESSION_FAILED", source);
  }
});

Deno.test("honest work is allowed", () => {
  const items = Array.from({ length: 50_000 }, (_, at) => `{"n":${at}}`);
  const scope = scopeOf(`{"l":[${items.join(",")}]}`);
  const evaluator = new Evaluator();
  assert.equal(evaluator.condition("input.l.all(a, a.n >= 0)", scope), true);
  assert.equal(evaluator.condition("input.l.filter(a, a.n % 2 == 0).size() == 25000", scope), true);
});

Deno.test("hostile payloads", () => {
  const holds = (input: string, source: string) => new Evaluator().condition(source, scopeOf(input));
  const deep = (levels: number) => `{"a":${"[".repeat(levels)}${"]".repeat(levels)}}`;
  assert.equal(holds(deep(60), "size(input.a) == 1"), true);
  assert.equal(refusal(() => holds(deep(400_000), "size(input.a) == 1")).code, "EXPRESSION_FAILED");
  assert.equal(holds('{"k\\u0000":"v\\u0000w"}', String.raw`input['k\x00'] == 'v\x00w'`), true);
  assert.equal(holds('{"a":1e400}', "input.a > 1.0e308"), true);
  for (const broken of ["", "{", '{"a"', '{"a":}', "[1", '{"a":tru}', '{"a":1x}', '{"a":"', '{"a":--1}']) {
    assert.equal(refusal(() => holds(broken, "input.a == 1")).code, "EXPRESSION_FAILED", broken);
  }
  // Names of JavaScript's own are data like any other.
  assert.equal(holds('{"__proto__":1,"constructor":2}', "input.__proto__ == 1 && input.constructor == 2"), true);
  assert.equal(refusal(() => holds("{}", "input.toString == 1")).code, "EXPRESSION_MISSING_PATH");
});
