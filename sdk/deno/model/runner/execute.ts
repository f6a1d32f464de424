/**
 * One attempt of one task.
 *
 * @module
 */

import { Cancellation } from "../cancel.ts";
import { instantMs, sleep } from "../clock.ts";
import { Context, type Invocation, type Observer, type Said } from "../context.ts";
import { toFailure } from "../error.ts";
import type { Failure } from "../failure.ts";
import type { TaskFunction } from "../function.ts";
import { FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX } from "../limits.ts";
import { Outcome } from "../outcome.ts";
import type { Payload } from "../payload.ts";
import { refusalOfSuccess, takenFailure } from "./refusal.ts";

/** An attempt after it ended. */
export interface Executed {
  readonly ended: Outcome | Failure | "timed out";
  readonly said: Said;
}

/** Runs the function once; a time-out cancels it and waits for it no longer than its next turn. */
export async function execute(
  task: TaskFunction,
  invocation: Invocation,
  input: Payload,
  timeoutMs: number | undefined,
  observer: Observer,
): Promise<Executed> {
  const cancellation = new Cancellation();
  const deadline = timeoutMs === undefined ? {} : { deadlineMs: instantMs() + timeoutMs };
  const cx = new Context({ ...invocation, ...deadline }, cancellation, observer);
  const over = new AbortController();
  const running = returned(task, cx, input).finally(() => over.abort());
  const limit = timeoutMs === undefined ? undefined : timedOut(timeoutMs, cancellation, over.signal);
  const ended = await (limit === undefined ? running : Promise.race([running, limit]));
  const said = cx.takeSaid();
  if (ended === "timed out") return { ended, said };
  if (ended instanceof Outcome) {
    const refused = refusalOfSuccess(ended, said, cx.aggregate);
    return refused === undefined ? { ended, said } : { ended: refused, said: { emits: [] } };
  }
  const { failure, checkpoint } = takenFailure(ended, said);
  return { ended: failure, said: { emits: [], ...(checkpoint === undefined ? {} : { checkpoint }) } };
}

async function returned(task: TaskFunction, cx: Context, input: Payload): Promise<Outcome | Failure> {
  try {
    const outcome = await task.execute(cx, input);
    return outcome.checked(cx.outputType, PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX);
  } catch (thrown) {
    return toFailure(thrown, cx.invocation.functionName);
  }
}

async function timedOut(timeoutMs: number, cancellation: Cancellation, over: AbortSignal): Promise<"timed out"> {
  await sleep(timeoutMs, over);
  if (!over.aborted) cancellation.cancel("TIMEOUT");
  // A function that heeds the cancellation at once is heard: its promises come first.
  await sleep(0);
  return "timed out";
}
