/**
 * The harness and what it records.
 *
 * @module
 */

import {
  type Actor,
  type AggregateRef,
  Cancellation,
  type CancelReason,
  Context,
  type Emit,
  FIRST_INVOCATION,
  type FunctionError,
  type Headers,
  type Invocation,
  type Level,
  Outcome,
  type Payload,
  type TaskFunction,
} from "../model/mod.ts";
import { instantMs } from "../model/clock.ts";
import { asFunctionError } from "../model/error.ts";
import { FAN_OUT_ITEMS_MAX, PAYLOAD_BYTES_MAX } from "../model/limits.ts";

/** What became of one execution. */
export class Execution {
  /**
   * What the function returned, checked as a worker would, or why it failed: an exception of another kind is `UNHANDLED`,
   * an output of another type or size is refused.
   */
  readonly result: Outcome | FunctionError;
  /** Messages that would be committed with a success, in order. */
  readonly emits: readonly Emit[];
  /** All checkpoints, in order. */
  readonly checkpoints: readonly Payload[];
  /** All log lines, in order. */
  readonly logs: readonly (readonly [Level, string])[];

  /** From its parts. */
  constructor(parts: Pick<Execution, "result" | "emits" | "checkpoints" | "logs">) {
    this.result = parts.result;
    this.emits = parts.emits;
    this.checkpoints = parts.checkpoints;
    this.logs = parts.logs;
  }

  /** The payloads that the function produced; none when it failed. */
  payloads(): readonly Payload[] {
    return this.result instanceof Outcome ? this.result.payloads() : [];
  }

  /** Why the function failed, if it did. */
  get error(): FunctionError | undefined {
    return this.result instanceof Outcome ? undefined : this.result;
  }
}

/** What the function is told. Each run is an attempt of its own. */
export class Harness {
  readonly #invocation: Invocation;
  readonly #remainingMs: number | undefined;
  readonly #cancellation: Cancellation;

  /** A first attempt of an unnamed step, with no configuration, aggregate or time limit. */
  constructor(
    invocation: Invocation = FIRST_INVOCATION,
    remainingMs?: number,
    cancellation: Cancellation = new Cancellation(),
  ) {
    this.#invocation = invocation;
    this.#remainingMs = remainingMs;
    this.#cancellation = cancellation;
  }

  /** Sets the step's configuration. */
  config(json: string): Harness {
    return this.with({ configJson: json });
  }

  /** Sets the attempt and, with it, the fence. */
  attempt(attempt: number): Harness {
    return this.with({ attempt, fence: BigInt(attempt) });
  }

  /** Sets what an earlier attempt saved. */
  lastCheckpoint(lastCheckpoint: Payload): Harness {
    return this.with({ lastCheckpoint });
  }

  /** Sets on whose behalf the job runs. */
  operator(actor: Actor): Harness {
    return this.with({ actor });
  }

  /** Sets the aggregate to move. */
  aggregate(aggregate: AggregateRef): Harness {
    return this.with({ aggregate });
  }

  /** Sets the job's headers. */
  headers(headers: Headers): Harness {
    return this.with({ headers });
  }

  /** Sets what is left of the execution time-out when the function begins. Nothing ends it when the time is over. */
  remaining(remainingMs: number): Harness {
    return new Harness(this.#invocation, remainingMs, this.#cancellation);
  }

  /** Sets anything else that is fixed about the attempt. */
  with(change: Partial<Invocation>): Harness {
    return new Harness({ ...this.#invocation, ...change }, this.#remainingMs, this.#cancellation);
  }

  /** Cancels the function: before it begins, or while it runs. */
  cancel(reason: CancelReason): void {
    this.#cancellation.cancel(reason);
  }

  /** Runs the function once. */
  async run(task: TaskFunction, input: Payload): Promise<Execution> {
    const { name: functionName, outputType } = task.spec;
    const deadline = this.#remainingMs === undefined ? {} : { deadlineMs: instantMs() + this.#remainingMs };
    const invocation = { ...this.#invocation, functionName, outputType, ...deadline };
    const checkpoints: Payload[] = [];
    const logs: [Level, string][] = [];
    const cx = new Context(invocation, this.#cancellation, {
      log: (_, level, message) => logs.push([level, message]),
      checkpoint: (_, checkpoint) => checkpoints.push(checkpoint),
    });
    const result = await execute(task, cx, input);
    return new Execution({ result, emits: cx.takeSaid().emits, checkpoints, logs });
  }
}

async function execute(task: TaskFunction, cx: Context, input: Payload): Promise<Outcome | FunctionError> {
  try {
    const outcome = await task.execute(cx, input);
    return outcome.checked(task.spec.outputType, PAYLOAD_BYTES_MAX, FAN_OUT_ITEMS_MAX);
  } catch (thrown) {
    return asFunctionError(thrown);
  }
}
