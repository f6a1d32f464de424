/** The embedded runner. */

import assert from "node:assert/strict";
import { Evaluator } from "../../expr/mod.ts";
import {
  condition,
  fn,
  NonRetryable,
  Outcome,
  Payload,
  PlanBuilder,
  Retryable,
  RunError,
  Runner,
  step,
  subPlan,
  type TaskFunction,
  type Trace,
  wait,
} from "../../model/mod.ts";
import { PAYLOAD_BYTES_MAX } from "../../model/limits.ts";

/** A function on one JSON number. */
function number(name: string, change: (n: number) => number): TaskFunction {
  return fn(name, "single", (_, input) => Payload.encode(change(Number(input.decode()))));
}

/** The numbers from 0 up to the input. */
const count = fn(
  "count",
  "multiple",
  (_, input) => Array.from({ length: Number(input.decode()) }, (_, n) => Payload.encode(n)),
);
const echo = fn("echo", "single", (_, input) => input);

const runner = new Runner({ evaluate: new Evaluator(), skipWaits: true })
  .function(number("add", (n) => n + 1), number("double", (n) => n * 2), count, echo);

function texts(payloads: readonly Payload[]): string[] {
  return payloads.map((payload) => payload.asJson() ?? "-");
}

function run(runner: Runner, plan: PlanBuilder, input: string): Promise<Trace> {
  return runner.run(plan.build(), Payload.json(input));
}

Deno.test("steps follow one another", async () => {
  const trace = await run(runner, new PlanBuilder().step(step("a", "add").next("b")).step(step("b", "double")), "3");
  assert.deepEqual([trace.state, texts(trace.results)], ["SUCCEEDED", ["8"]]);
  assert.deepEqual(trace.tasks.map((task) => task.stepKey), ["a", "b"]);
  assert.deepEqual(trace.tasks[1]?.input, Payload.json("4"));
});

Deno.test("a fan out joins in order", async () => {
  const plan = new PlanBuilder()
    .step(step("count", "count").output("multiple").next("double"))
    .step(step("double", "double").next("all"))
    .step(step("all", "echo").joinAll());
  const trace = await run(runner, plan, "4");
  assert.deepEqual(texts(trace.results), ["[0,2,4,6]"]);
  assert.deepEqual(trace.step("double").map((task) => task.itemPath.join(".")), ["0", "1", "2", "3"]);
  const empty = await run(runner, plan, "0");
  assert.deepEqual([texts(empty.results), empty.step("double")[0]?.state], [["[]"], "SKIPPED"]);
});

Deno.test("conditions and templates decide and build", async () => {
  const plan = new PlanBuilder()
    .step(condition("which").firstMatch().nextIf("small", "input < 10").next("large"))
    .step(step("small", "echo").input('{"small":{"$ref":"/input"}}'))
    .step(step("large", "echo").input('{"large":{"$ref":"/input"}}'));
  assert.deepEqual(texts((await run(runner, plan, "3")).results), ['{"small":3}']);
  assert.deepEqual(texts((await run(runner, plan, "30")).results), ['{"large":30}']);
});

Deno.test("a wait passes its input on and is skipped in tests", async () => {
  const plan = new PlanBuilder().step(wait("night", 8 * 3_600_000).next("a")).step(step("a", "add"));
  assert.deepEqual(texts((await run(runner, plan, "1")).results), ["2"]);
});

Deno.test("failures are tried again with the checkpoint until they succeed", async () => {
  const flaky = fn("flaky", "single", (cx) => {
    if (cx.attempt < 3) {
      cx.checkpoint(Payload.encode(`attempt ${cx.attempt}`));
      throw new Retryable("BUSY", "later");
    }
    return cx.lastCheckpoint;
  });
  const trace = await run(runner.function(flaky), new PlanBuilder().step(step("a", "flaky")), "1");
  assert.deepEqual([texts(trace.results), trace.tasks[0]?.attempts], [['"attempt 2"'], 3]);
});

Deno.test("a failure ends the job or goes where the plan says", async () => {
  const bad = fn("bad", "single", () => {
    throw new NonRetryable("BAD", "never");
  });
  const plan = new PlanBuilder().step(step("a", "bad").next("b")).step(step("b", "echo"));
  const trace = await run(runner.function(bad), plan, "1");
  assert.deepEqual([trace.state, trace.tasks.length, trace.results.length], ["FAILED", 1, 0]);
  assert.equal(trace.failure?.code, "BAD");
  const caught = new PlanBuilder().step(step("a", "bad").onFailure("c")).step(step("c", "echo"));
  const handled = await run(runner.function(bad), caught, "1");
  assert.equal(handled.state, "SUCCEEDED");
  assert.ok(texts(handled.results)[0]?.includes('"code":"BAD"'));
});

Deno.test("an exception and a wrong output fail the task and not the process", async () => {
  const code = async (task: TaskFunction, attempts = 3) => {
    const plan = new PlanBuilder().step(step("a", task.spec.name).maxAttempts(attempts));
    const trace = await run(runner.function(task), plan, "1");
    return [trace.tasks[0]?.attempts, trace.failure?.code];
  };
  const throws = fn("throws", "single", () => {
    throw new TypeError("oh");
  });
  assert.deepEqual(await code(throws, 2), [2, "UNHANDLED"]);
  assert.deepEqual(await code(fn("none", "none", () => {})), [1, "OUTPUT_TYPE_MISMATCH"]);
  assert.deepEqual(await code(fn("json", "single", () => Payload.json("{"))), [1, "JSON_INVALID"]);
});

Deno.test("an execution timeout ends an attempt in real time", async () => {
  const hangs = fn("hangs", "single", async (cx) => {
    await cx.cancelled();
    await new Promise<never>(() => {});
  });
  const plan = new PlanBuilder().step(step("a", "hangs").maxAttempts(1).executionTimeout(5)).build();
  const trace = await new Runner().function(hangs).run(plan, Payload.json("1"));
  assert.equal(trace.failure?.code, "EXECUTION_TIMEOUT");
});

Deno.test("a sub plan is part of the trace", async () => {
  const child = new PlanBuilder().step(step("a", "add").next("b")).step(step("b", "double")).build();
  const plan = new PlanBuilder().step(subPlan("nested", "child").next("last")).step(step("last", "add"));
  const trace = await run(runner.plan("child", child), plan, "1");
  assert.deepEqual(texts(trace.results), ["5"]);
  const places = trace.tasks.map((task) => `${task.planName}.${task.stepKey}`);
  assert.deepEqual(places, ["child.a", "child.b", ".nested", ".last"]);
});

Deno.test("policies judge and messages are kept with success only", async () => {
  const speaks = fn("speaks", "single", (cx, input) => {
    cx.emit("said", "", input);
    if (cx.attempt < 2) throw new Retryable("AGAIN", "");
    return Outcome.one(input);
  });
  const plan = new PlanBuilder().policy("small", "1", "value < 10").step(step("a", "speaks").outputPolicy("small"));
  const trace = await run(runner.function(speaks), plan, "3");
  assert.deepEqual([trace.messages.length, trace.tasks[0]?.verdicts[0]?.passed], [1, true]);
  assert.equal(trace.messages[0]?.key, trace.job);
  const refused = await run(runner.function(speaks), plan, "30");
  assert.deepEqual([refused.messages.length, refused.failure?.code], [0, "POLICY_VIOLATION"]);
});

Deno.test("a start that the coordinator would not take is refused", async () => {
  const plan = new PlanBuilder().step(step("a", "echo")).build();
  await runner.run(plan, Payload.binary(new Uint8Array(PAYLOAD_BYTES_MAX)));
  const refused = runner.run(plan, Payload.binary(new Uint8Array(PAYLOAD_BYTES_MAX + 1)));
  await assert.rejects(refused, (error) => error instanceof RunError && error.code === "INPUT_INVALID");
});

Deno.test("what cannot run is said before it runs", async () => {
  const code = async (plan: PlanBuilder, input: string, of = runner) => {
    const error = await run(of, plan, input).then(() => undefined, (error) => error);
    assert.ok(error instanceof RunError);
    return [error.code, ...error.functions, ...error.issues.map((issue) => issue.code)];
  };
  const alone = (name: string) => new PlanBuilder().step(step("a", name));
  assert.deepEqual(await code(alone("nobody"), "1"), ["FUNCTION_MISSING", "nobody"]);
  assert.deepEqual(await code(new PlanBuilder().step(step("a", "echo").next("b")), "1"), [
    "PLAN_INVALID",
    "STEP_UNKNOWN",
  ]);
  assert.deepEqual(await code(new PlanBuilder().step(subPlan("a", "none")), "1"), ["PLAN_INVALID", "SUB_PLAN_UNKNOWN"]);
  assert.deepEqual(await code(alone("echo"), "{"), ["INPUT_INVALID"]);
  // A sub-plan that runs itself never ends by itself.
  const itself = new PlanBuilder().step(subPlan("a", "loop"));
  assert.deepEqual(await code(itself, "1", runner.plan("loop", itself.build())), ["TOO_DEEP"]);
  // Without an evaluator there are templates, and no expressions.
  const bare = new Runner().function(echo);
  const conditional = new PlanBuilder().step(step("a", "echo").nextIf("b", "true")).step(step("b", "echo"));
  assert.deepEqual(await code(conditional, "1", bare), ["PLAN_INVALID", "EXPRESSION_INVALID"]);
  const templated = new PlanBuilder().step(step("a", "echo").input('[{"$ref":"/input"}]'));
  assert.deepEqual(texts((await run(bare, templated, "9007199254740993")).results), ["[9007199254740993]"]);
});

Deno.test("two runs give the same trace", async () => {
  const plan = new PlanBuilder()
    .step(step("count", "count").output("multiple").next("add").next("double"))
    .step(step("add", "add").next("all"))
    .step(step("double", "double").next("all"))
    .step(step("all", "echo").joinAll());
  const [first, second] = [await run(runner, plan, "3"), await run(runner, plan, "3")];
  assert.deepEqual(first.tasks, second.tasks);
  assert.deepEqual(texts(second.results), ["[1,0,2,2,3,4]"]);
});

Deno.test("a large fan out ends in good time", async () => {
  const plan = new PlanBuilder()
    .step(step("count", "count").output("multiple").nextIf("double", "output % 2 == 0"))
    .step(step("double", "double").next("all"))
    .step(step("all", "count").joinAll().input('{"$literal":0}').output("multiple"));
  const trace = await run(runner, plan, "10000");
  assert.deepEqual([trace.state, trace.step("double").length], ["SUCCEEDED", 5000]);
});
