/**
 * What a function knows about the attempt that it runs in, and what it can say besides its result.
 *
 * @module
 */

import type { Cancellation, CancelReason } from "./cancel.ts";
import { instantMs } from "./clock.ts";
import { NonRetryable } from "./error.ts";
import { decodeJson } from "./json/decode.ts";
import { type Actor, type AggregateRef, type Headers, NOBODY } from "./packet.ts";
import type { Payload } from "./payload.ts";
import type { OutputType } from "./plan.ts";

/** Everything that is fixed about one attempt. The worker fills it from the lease, the runner and the harness from what they know. */
export interface Invocation {
  /** The job. */
  readonly job: string;
  /** The task. */
  readonly task: string;
  /** Key of the step in its plan. */
  readonly stepKey: string;
  /** Name under which the function was called. */
  readonly functionName: string;
  /** Counts from 1. */
  readonly attempt: number;
  /** Rises with every grant; hand it to stores that can refuse an older writer. */
  readonly fence: bigint;
  /** The same in all attempts of the task; hand it to outside services. */
  readonly idempotencyKey: string;
  /** On whose behalf the job runs. */
  readonly actor: Actor;
  /** The aggregate to move, if the plan moves one. */
  readonly aggregate?: AggregateRef;
  /** Headers of the job; W3C `traceparent` travels here. */
  readonly headers: Headers;
  /** The step's configuration as JSON text, or "". */
  readonly configJson: string;
  /** What the step expects. */
  readonly outputType: OutputType;
  /** When the execution time-out passes, on the clock of `performance.timeOrigin + performance.now()`. */
  readonly deadlineMs?: number;
  /** What an earlier attempt saved. */
  readonly lastCheckpoint?: Payload;
}

/** Attempt 1 of a step `step` of an unnamed job, without configuration, aggregate or time limit. */
export const FIRST_INVOCATION: Invocation = {
  job: "00000000-0000-0000-0000-000000000000",
  task: "00000000-0000-0000-0000-000000000000",
  stepKey: "step",
  functionName: "function",
  attempt: 1,
  fence: 1n,
  idempotencyKey: "",
  actor: NOBODY,
  headers: {},
  configJson: "",
  outputType: "single",
};

/** How important a log line is: for the author, for the operator who looks at this job, odd, or a person must look. */
export type Level = "debug" | "info" | "warn" | "error";

/** A message that a function emits with its completion. */
export interface Emit {
  /** Where to. */
  readonly topic: string;
  /** Messages of one topic and key keep their order; "" = the aggregate's, or the job's. */
  readonly key: string;
  /** The message. */
  readonly payload: Payload;
  /** Delivered with it. */
  readonly headers: Headers;
}

/** Sees at once what a function says while it runs; a worker logs it, the harness records it. */
export interface Observer {
  /** The function logged a line. */
  log(invocation: Invocation, level: Level, message: string): void;
  /** The function saved a checkpoint. */
  checkpoint(invocation: Invocation, checkpoint: Payload): void;
}

/** An observer that ignores everything. */
export const IGNORE: Observer = { log: () => {}, checkpoint: () => {} };

/** What a function said while it ran, apart from its result. */
export interface Said {
  /** Messages to commit with the completion, in order. */
  readonly emits: readonly Emit[];
  /** The newest checkpoint of this attempt. */
  readonly checkpoint?: Payload;
}

/** The attempt that a function runs in. */
export class Context {
  /** Everything that is fixed about the attempt. */
  readonly invocation: Invocation;
  readonly #cancellation: Cancellation;
  readonly #observer: Observer;
  #emits: Emit[] = [];
  #checkpoint: Payload | undefined;

  /** A context for one attempt, for whoever calls `execute`. */
  constructor(invocation: Invocation, cancellation: Cancellation, observer: Observer = IGNORE) {
    this.invocation = invocation;
    this.#cancellation = cancellation;
    this.#observer = observer;
  }

  /** The job. */
  get job(): string {
    return this.invocation.job;
  }

  /** The task. */
  get task(): string {
    return this.invocation.task;
  }

  /** Key of the step in its plan. */
  get stepKey(): string {
    return this.invocation.stepKey;
  }

  /** The attempt; counts from 1. */
  get attempt(): number {
    return this.invocation.attempt;
  }

  /** Rises with every grant; hand it to stores that can refuse an older writer. */
  get fence(): bigint {
    return this.invocation.fence;
  }

  /** The same in all attempts of the task; hand it to outside services. */
  get idempotencyKey(): string {
    return this.invocation.idempotencyKey;
  }

  /** On whose behalf the job runs. */
  get operator(): Actor {
    return this.invocation.actor;
  }

  /** The account that the job belongs to. */
  get account(): string {
    return this.invocation.actor.accountId;
  }

  /** The aggregate to move, if the plan moves one. */
  get aggregate(): AggregateRef | undefined {
    return this.invocation.aggregate;
  }

  /** Headers of the job. */
  get headers(): Headers {
    return this.invocation.headers;
  }

  /** The step's configuration as JSON text, or "". */
  get configJson(): string {
    return this.invocation.configJson;
  }

  /**
   * The step's configuration; an absent one reads as `{}`. `read` may turn the value into the function's own type; what
   * cannot be read, and what `read` throws, is NON_RETRYABLE `CONFIG_INVALID`.
   */
  config<T = unknown>(read?: (value: unknown) => T): T {
    return decodeJson(this.configJson === "" ? "{}" : this.configJson, NonRetryable.configInvalid, read);
  }

  /** What the step expects. */
  get outputType(): OutputType {
    return this.invocation.outputType;
  }

  /** What is left of the execution time-out; undefined when the step has none. */
  remainingMs(): number | undefined {
    const { deadlineMs } = this.invocation;
    return deadlineMs === undefined ? undefined : Math.max(0, deadlineMs - instantMs());
  }

  /** What an earlier attempt saved. */
  get lastCheckpoint(): Payload | undefined {
    return this.invocation.lastCheckpoint;
  }

  /** Whether the function should stop. True in time even in code that never awaits. */
  get isCancelled(): boolean {
    return this.cancelReason !== undefined;
  }

  /** Why the function should stop, if it should. */
  get cancelReason(): CancelReason | undefined {
    return this.#cancellation.reason;
  }

  /** Fulfilled when the function should stop. */
  cancelled(): Promise<CancelReason> {
    return this.#cancellation.cancelled();
  }

  /** Aborted when the function should stop: for `fetch` and everything else that takes a signal. */
  get signal(): AbortSignal {
    return this.#cancellation.signal;
  }

  /** Saves progress for the next attempt; the newest one counts. It travels with the next heartbeat or report. */
  checkpoint(checkpoint: Payload): void {
    this.#checkpoint = checkpoint;
    this.#observer.checkpoint(this.invocation, checkpoint);
  }

  /** Emits a message: it is committed to the outbox together with the completion, or not at all. */
  emit(topic: string, key: string, payload: Payload, headers: Headers = {}): void {
    this.#emits.push({ topic, key, payload, headers });
  }

  /** Logs a line with the attempt's ids. */
  log(level: Level, message: string): void {
    this.#observer.log(this.invocation, level, message);
  }

  /** Takes what the function said, for whoever called it. */
  takeSaid(): Said {
    const said = { emits: this.#emits, ...(this.#checkpoint === undefined ? {} : { checkpoint: this.#checkpoint }) };
    this.#emits = [];
    this.#checkpoint = undefined;
    return said;
  }
}
