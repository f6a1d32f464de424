/**
 * One execution of one function under one lease.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { timestampFromMs } from "@bufbuild/protobuf/wkt";
import { v1 } from "../client/mod.ts";
import {
  type Cancellation,
  Context,
  type Invocation,
  type Observer,
  type Payload,
  type TaskFunction,
} from "../model/mod.ts";
import { instantMs, sleep, wallMs } from "../model/clock.ts";
import { append } from "./append.ts";
import type { Lease } from "./convert.ts";
import type { Heartbeats } from "./heartbeat.ts";
import type { Limits } from "./limits.ts";
import type { Log } from "./log.ts";
import { decide, type Ending } from "./report.ts";
import type { Rpc } from "./rpc.ts";
import type { Meters } from "./usage.ts";

/** What all attempts of a worker share. */
export interface Surroundings {
  readonly rpc: Rpc;
  readonly heartbeats: Heartbeats;
  readonly meters: Meters;
  readonly log: Log;
  /** How long a cancelled function may go on. */
  readonly cancelGraceMs: number;
  /** Aborted when nothing more is sent. */
  readonly over: AbortSignal;
}

/** Runs the function and says what to report; undefined when the lease was lost. The lease must be kept already. */
export async function attempt(
  around: Surroundings,
  task: TaskFunction,
  lease: Lease,
  cancellation: Cancellation,
  limits: Limits,
): Promise<v1.TaskReport | undefined> {
  const { token, executionTimeoutMs, input } = lease;
  const meter = around.meters.start();
  const startTime = timestampFromMs(wallMs());
  const deadline = executionTimeoutMs === undefined ? {} : { deadlineMs: instantMs() + executionTimeoutMs };
  const cx = new Context({ ...lease.invocation, ...deadline }, cancellation, voice(around, token, limits));
  const ended = new AbortController();
  const running = returned(task, cx, input).finally(() => ended.abort());
  const late = overdue(around, cancellation, executionTimeoutMs, ended.signal);
  const ending = await Promise.race([running, late]) ?? await running;
  const usage = around.meters.end(meter);
  const endTime = timestampFromMs(wallMs());
  if (!around.heartbeats.end(token)) return undefined;
  const report = decide(ending, cx.takeSaid(), cx.invocation, cancellation.reason, limits);
  const outcome = await append(around.rpc, token, report, around.over);
  if (outcome === undefined) return undefined;
  return create(v1.TaskReportSchema, { leaseToken: token, outcome, usage, startTime, endTime });
}

async function returned(task: TaskFunction, cx: Context, input: Payload): Promise<Ending> {
  try {
    return { kind: "returned", outcome: await task.execute(cx, input) };
  } catch (thrown) {
    return { kind: "threw", thrown };
  }
}

/**
 * When the function's grace after a cancellation, or after its time-out, is over: its promise is then left alone.
 * Undefined when the function ended before.
 */
async function overdue(
  { cancelGraceMs }: Surroundings,
  cancellation: Cancellation,
  timeoutMs: number | undefined,
  ended: AbortSignal,
): Promise<Ending | undefined> {
  await sleep(timeoutMs ?? Infinity, AbortSignal.any([cancellation.signal, ended]));
  if (!ended.aborted && timeoutMs !== undefined) cancellation.cancel("TIMEOUT");
  await sleep(cancelGraceMs, ended);
  return ended.aborted ? undefined : { kind: "abandoned" };
}

/** Carries what a function says while it runs. */
function voice({ heartbeats, log }: Surroundings, token: string, limits: Limits): Observer {
  const ids = ({ job, task, stepKey, attempt }: Invocation) => ({ job, task, step: stepKey, attempt });
  return {
    log: (invocation, level, message) => log(level, message, ids(invocation)),
    checkpoint: (invocation, checkpoint) => {
      const bytes = checkpoint.byteLength();
      if (bytes <= limits.payloadBytes) heartbeats.checkpoint(token, checkpoint);
      else log("warn", "checkpoint is too large and was dropped", { ...ids(invocation), bytes });
    },
  };
}
