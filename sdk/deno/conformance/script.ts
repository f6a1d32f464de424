/** `kit.script`: does what its configuration says, attempt by attempt. The configuration is read whole before. */

import { fn, fromBase64, NonRetryable, Outcome, Payload, Retryable, type Verdict } from "@esteira/sdk/model";
import type { Context, TaskFunction } from "@esteira/sdk/model";
import { count, flag, list, members, text } from "./shape.ts";

/** One thing to do; an outcome ends the attempt. */
type Operation = (cx: Context, input: Payload, verdicts: Verdict[]) => Outcome | void | Promise<void>;

function yes(value: unknown): void {
  if (value !== true) throw new TypeError("only `true` has a meaning here");
}

/** What a cancelled function throws; the worker reports the cancellation in its place. */
function stopped(cx: Context): Retryable {
  return new Retryable("CANCELLED", cx.cancelReason ?? "");
}

const OPERATIONS: Readonly<Record<string, (value: unknown) => Operation>> = {
  emit: (value) => {
    const { topic, key, json } = members(value, ["topic", "key", "json"]);
    const message = [text(topic), text(key ?? ""), Payload.json(text(json))] as const;
    return (cx) => cx.emit(...message);
  },
  checkpoint: (value) => {
    const checkpoint = Payload.json(text(value));
    return (cx) => cx.checkpoint(checkpoint);
  },
  log: (value) => {
    const line = text(value);
    return (cx) => cx.log("info", line);
  },
  verdict: (value) => {
    const { policy, version, passed, detail } = members(value, ["policy", "version", "passed", "detail"]);
    const verdict = { policy: text(policy), version: text(version), passed: flag(passed), detail: text(detail) };
    return (_cx, _input, verdicts) => void verdicts.push(verdict);
  },
  sleep_ms: (value) => {
    const ms = count(value);
    return async (cx) => {
      let timer: ReturnType<typeof setTimeout> | undefined;
      const slept = new Promise<void>((resolve) => timer = setTimeout(resolve, ms));
      await Promise.race([slept, cx.cancelled()]).finally(() => clearTimeout(timer));
      if (cx.isCancelled) throw stopped(cx);
    };
  },
  block_ms: (value) => {
    const ms = count(value);
    return () => void Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
  },
  wait_cancel: (value) => {
    yes(value);
    return async (cx) => {
      await cx.cancelled();
      throw stopped(cx);
    };
  },
  fail: (value) => {
    const fields = members(value, ["code", "message", "retryable", "after_ms"]);
    const [code, message, retryable] = [text(fields.code), text(fields.message), flag(fields.retryable)];
    const after = fields.after_ms === undefined ? {} : { afterMs: count(fields.after_ms) };
    return () => {
      throw retryable ? new Retryable(code, message, after) : new NonRetryable(code, message);
    };
  },
  throw: (value) => {
    const message = text(value);
    return () => {
      throw new Error(message);
    };
  },
  return: (value) => {
    const payload = Payload.json(text(value));
    return () => Outcome.one(payload);
  },
  return_binary: (value) => {
    const payload = Payload.binary(fromBase64(text(value)));
    return () => Outcome.one(payload);
  },
  return_input: (value) => {
    yes(value);
    return (_cx, input) => Outcome.one(input);
  },
  return_checkpoint: (value) => {
    yes(value);
    return (cx) => Outcome.one(cx.lastCheckpoint ?? Payload.json("null"));
  },
  return_type: (value) => {
    if (value !== "NONE" && value !== "MULTIPLE") throw new TypeError("expected NONE or MULTIPLE");
    return () => value === "NONE" ? Outcome.none() : Outcome.many([]);
  },
};

function operation(value: unknown): Operation {
  const [name, ...more] = Object.keys(members(value, Object.keys(OPERATIONS)));
  if (name === undefined || more.length > 0) throw new TypeError("an operation has one name");
  return OPERATIONS[name]!((value as Record<string, unknown>)[name]);
}

function attempts(value: unknown): Operation[][] {
  const lists = list(members(value, ["attempts"]).attempts).map((attempt) => list(attempt).map(operation));
  if (lists.length === 0) throw new TypeError("`attempts` has no list");
  return lists;
}

/** Plays the list of operations of this attempt; beyond the last list, the last one. */
export const script: TaskFunction = fn("kit.script", "single", async (cx, input) => {
  const lists = cx.config(attempts);
  const verdicts: Verdict[] = [];
  for (const operation of lists[cx.attempt - 1] ?? lists.at(-1) ?? []) {
    const outcome = await operation(cx, input, verdicts);
    if (outcome !== undefined) return new Outcome(outcome.output, { verdicts });
  }
  return new Outcome({ type: "single", payload: Payload.json("null") }, { verdicts });
});
