/** Errors, cancellation, plans as documents, ids. */

import assert from "node:assert/strict";
import {
  Aggregate,
  Cancellation,
  condition,
  definitionJson,
  NonRetryable,
  parseDefinition,
  Payload,
  PlanBuilder,
  PlanDocumentError,
  Retryable,
  step,
  type StepBuilder,
  subPlan,
  toFailure,
  UNHANDLED,
  wait,
} from "../../model/mod.ts";
import { newId } from "../../model/entropy.ts";

Deno.test("a library error is retryable UNHANDLED with its causes", () => {
  const failure = toFailure(new Error("outer", { cause: new TypeError("inner") }), "f");
  assert.deepEqual([failure.kind, failure.code, failure.message, failure.source], [
    "RETRYABLE",
    UNHANDLED,
    "outer: inner",
    "f",
  ]);
  assert.equal(toFailure("just a text", "f").message, "just a text");
});

Deno.test("texts are cut on a code point boundary", () => {
  for (
    const [text, expected] of [["é".repeat(3000), 4096], ["€".repeat(3000), 4095], ["😀".repeat(2000), 4096], [
      "ok",
      2,
    ]] as const
  ) {
    const { message } = toFailure(new Retryable("X", text), "f");
    assert.equal(new TextEncoder().encode(message).length, expected);
    assert.ok(text.startsWith(message));
  }
});

Deno.test("a code of another form moves into the message", () => {
  for (const code of ["", "not a code", "9LIVES", "é", "X".repeat(65)]) {
    const failure = toFailure(new NonRetryable(code, "why"), "f");
    assert.deepEqual([failure.code, failure.message], [UNHANDLED, `${code}: why`]);
  }
  assert.equal(toFailure(new NonRetryable("OK_2", "why"), "f").code, "OK_2");
});

Deno.test("a pause belongs to a retryable error only", () => {
  assert.equal(toFailure(new Retryable("X", "", { afterMs: 3_000 }), "f").retryAfterMs, 3_000);
  assert.equal(toFailure(new NonRetryable("X", ""), "f").retryAfterMs, undefined);
});

Deno.test("the first reason stays and wakes", async () => {
  const cancellation = new Cancellation();
  const waiting = cancellation.cancelled();
  cancellation.cancel("JOB");
  cancellation.cancel("DRAIN");
  assert.equal(await waiting, "JOB");
  assert.deepEqual([cancellation.reason, cancellation.signal.aborted, cancellation.signal.reason], [
    "JOB",
    true,
    "JOB",
  ]);
  assert.equal(await cancellation.cancelled(), "JOB");
});

Deno.test("an aggregate changes by its own events only", () => {
  class Account extends Aggregate<{ deposited: number }> {
    readonly kind = "account";
    version = 0;
    balance = 0;
    constructor(readonly id: string) {
      super();
    }
    protected override apply({ deposited }: { deposited: number }) {
      this.balance += deposited;
      this.version += 1;
    }
    deposit(amount: number) {
      if (amount <= 0) throw new NonRetryable("AMOUNT_INVALID", "a deposit is positive");
      this.apply({ deposited: amount });
    }
  }
  const account = new Account("1");
  account.deposit(5);
  assert.throws(() => account.deposit(0), NonRetryable);
  assert.deepEqual([account.balance, account.reference()], [5, { kind: "account", id: "1", version: 1n }]);
});

function everything(step: StepBuilder): StepBuilder {
  return step
    .config('{"n":9007199254740993}')
    .input('{"$ref":"/input"}')
    .output("multiple")
    .next("b")
    .nextIf("c", 'output.s == "a\\"\nb"')
    .firstMatch()
    .retry({ maxAttempts: 7, initialBackoffMs: 1_500, jitter: 0.5, nonRetryableCodes: ["BAD"] })
    .executionTimeout(90_000)
    .onFailure("c")
    .exclusiveAggregate()
    .inputPolicy("small")
    .outputPolicy("small")
    .with({ queue: "slow", maxInFlight: 3, leaseTtlMs: 5_000, functionVersion: "2" });
}

Deno.test("a document reads back as the same plan", () => {
  const plans = [
    new PlanBuilder().step(step("a", "f")),
    new PlanBuilder()
      .aggregateType("order")
      .startSteps("a")
      .policy("small", "1", "value < 10")
      .observingPolicy("odd", "", "value % 2 == 1")
      .step(everything(step("a", "order.read")))
      .step(condition("b").next("c"))
      .step(wait("c", 3_600_000).next("d"))
      .step(subPlan("d", "orders.child").next("e"))
      .step(step("e", "f").joinAll()),
    new PlanBuilder().step(step("a", "f")).step(step("b", "f").dependsOn("a")),
  ];
  for (const plan of plans.map((builder) => builder.build())) {
    const parsed = parseDefinition(definitionJson(plan, "orders.fulfil"));
    assert.deepEqual([parsed.name, parsed.plan], ["orders.fulfil", plan]);
  }
});

Deno.test("everything that is wrong with a document is said, with its place", () => {
  const text = `{"name":"A","extra":1,"steps":[{"step_key":"a","function":"f","next":[{"condition":" "}]},
    {"step_key":"a","function":"wait","retry":{}},{"step_key":"b","function":"f","execution_timeout":"5 s","max_in_flight":1.0}]}`;
  const issues = (() => {
    try {
      parseDefinition(text);
    } catch (error) {
      if (error instanceof PlanDocumentError) return error.issues.map(({ path, code }) => `${path} ${code}`).sort();
    }
    return [];
  })();
  assert.deepEqual(issues, [
    "/extra FIELD_UNKNOWN",
    "/name NAME_INVALID",
    "/steps/0/next/0/condition TEXT_INVALID",
    "/steps/0/next/0/step_key FIELD_REQUIRED",
    "/steps/1/config FIELD_REQUIRED",
    "/steps/1/retry FIELD_UNSUPPORTED",
    "/steps/1/step_key STEP_KEY_TAKEN",
    "/steps/2/execution_timeout DURATION_INVALID",
    "/steps/2/max_in_flight NUMBER_OUT_OF_RANGE",
  ]);
});

Deno.test("ids rise and have the form of version 7", () => {
  const ids = Array.from({ length: 1_000 }, () => newId(1_700_000_000_123));
  assert.deepEqual(ids, [...ids].sort());
  assert.equal(new Set(ids).size, ids.length);
  assert.ok(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id)));
});

Deno.test("a payload's digest is of its bytes", async () => {
  assert.equal(await Payload.none().digest(), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  assert.equal(await Payload.json('"é"').digest(), await Payload.binary(new TextEncoder().encode('"é"')).digest());
});
