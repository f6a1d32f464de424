/** The harness. */

import assert from "node:assert/strict";
import { type CancelReason, fn, Outcome, Payload, Retryable } from "../model/mod.ts";
import { Harness } from "../testing/mod.ts";

Deno.test("everything that is said is kept in order", async () => {
  const chatty = fn("chatty", "none", (cx) => {
    cx.log("info", `attempt ${cx.attempt} of ${cx.configJson}`);
    cx.checkpoint(Payload.json("1"));
    cx.checkpoint(Payload.json("2"));
    cx.emit("t", "k", cx.lastCheckpoint ?? Payload.none());
  });
  const execution = await new Harness().attempt(3).config("{}").lastCheckpoint(Payload.json("0"))
    .run(chatty, Payload.none());
  assert.deepEqual(execution.logs, [["info", "attempt 3 of {}"]]);
  assert.deepEqual(execution.checkpoints, [Payload.json("1"), Payload.json("2")]);
  assert.deepEqual(execution.emits[0]?.payload, Payload.json("0"));
  assert.deepEqual(execution.result, Outcome.none());
});

Deno.test("an exception and a wrong output are errors as in a worker", async () => {
  const wrong = fn("wrong", "single", () => {});
  assert.equal((await new Harness().run(wrong, Payload.none())).error?.code, "OUTPUT_TYPE_MISMATCH");
  const throws = fn("throws", "none", () => {
    throw new Error("oh");
  });
  const { error } = await new Harness().run(throws, Payload.none());
  assert.deepEqual([error?.code, error?.message, error?.isRetryable], ["UNHANDLED", "oh", true]);
});

Deno.test("a cancelled function sees why", async () => {
  const waits = fn("waits", "none", async (cx) => {
    throw new Retryable(await cx.cancelled(), String(cx.signal.reason as CancelReason));
  });
  const harness = new Harness();
  harness.cancel("LEASE_LOST");
  assert.equal((await harness.run(waits, Payload.none())).error?.code, "LEASE_LOST");
});

Deno.test("the time that is left is told", async () => {
  const asks = fn("asks", "none", (cx) => cx.log("debug", (cx.remainingMs() ?? 0) > 3_000_000 ? "much" : "little"));
  const said = async (harness: Harness) => (await harness.run(asks, Payload.none())).logs[0]?.[1];
  assert.deepEqual([await said(new Harness().remaining(3_600_000)), await said(new Harness())], ["much", "little"]);
});
