/**
 * What a run keeps: the place that the coordinator's store has in a distributed one.
 *
 * @module
 */

import type { Emit } from "../context.ts";
import type { Failure } from "../failure.ts";
import type { Verdict } from "../outcome.ts";
import type { Actor, AggregateRef, Headers } from "../packet.ts";
import type { Payload } from "../payload.ts";
import type { TaskState } from "../trace.ts";
import type { Graph } from "./graph.ts";

/** A live task: one step on one item of data. */
export interface Task {
  readonly id: string;
  readonly job: Job;
  /** Index of its step. */
  readonly step: number;
  readonly itemPath: readonly number[];
  /** The task whose end created it. */
  readonly parent?: string;
  /** The data that it runs on. A waiting join has none until it fires. */
  input?: Payload;
  aggregate?: AggregateRef;
  /** Attempts granted so far; the fence is the same number here. */
  attempts: number;
  /** Reported failures and time-outs so far; what `maxAttempts` limits. */
  failures: number;
  checkpoint?: Payload;
  /** Whether it has begun. */
  started: boolean;
}

/** What one join waits for. */
export interface JoinFlow {
  /** Tasks at steps that lead to the join and that have not come to rest. */
  pending: number;
  /** The waiting task, once the join was reached and until it fires. */
  waiting?: Task;
  /** Highest version of the aggregate among what has arrived. */
  aggregateVersion: bigint;
  fired: boolean;
}

/** The job of a plan, or of a sub-plan. */
export interface Job {
  readonly id: string;
  /** "" for the plan that the run was asked for. */
  readonly planName: string;
  readonly graph: Graph;
  readonly actor: Actor;
  readonly headers: Headers;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataClass: string;
  readonly aggregate?: AggregateRef;
  readonly input: Payload;
  /** The task of another job that waits for this one. */
  readonly parent?: Task;
  /** 0 for the plan that the run was asked for. */
  readonly depth: number;
  state: "RUNNING" | "SUCCEEDED" | "FAILED";
  failure?: Failure;
  /** Live tasks that can still progress by themselves: waiting joins and failed tasks are not among them. */
  open: number;
  /** Tasks that failed and that no step took over. */
  failed: number;
  readonly joins: readonly JoinFlow[];
  /** What arrived at each join, by the step's index. */
  readonly arrivals: Map<number, Arrival[]>;
}

/** Data that waits at a join. */
export interface Arrival {
  readonly itemPath: readonly number[];
  readonly fromStep: number;
  readonly fromTask: string;
  readonly payload: Payload;
}

/** A task after it ended. */
export interface EndedTask {
  readonly task: Task;
  readonly state: TaskState;
  readonly outputs: readonly Payload[];
  /** Whether its branch ended here: its outputs are results of the job. */
  readonly leaf: boolean;
  readonly verdicts: readonly Verdict[];
  readonly failure?: Failure;
}

/** A task that waits for a time: of a `wait` step, or before its next attempt. */
export interface Timer {
  readonly dueMs: number;
  readonly task: Task;
}

/** Everything that a run remembers. */
export class Memory {
  readonly ready = new Queue<Task>();
  /** By time; of two that are due at once, the one that has waited for longer comes first. */
  readonly timers = new Timers();
  readonly ended = new Map<string, EndedTask>();
  readonly messages: Emit[] = [];

  /** Records the end of a task. */
  end(ended: EndedTask): void {
    this.ended.set(ended.task.id, ended);
  }
}

/** First in, first out, without moving what waits. */
export class Queue<T> {
  #items: T[] = [];
  #head = 0;

  push(item: T): void {
    this.#items.push(item);
  }

  shift(): T | undefined {
    const item = this.#items[this.#head];
    if (item !== undefined) this.#head++;
    if (this.#head > 1_000 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    return item;
  }
}

/** Timers in the order in which they come due. */
export class Timers {
  #timers: Timer[] = [];
  #head = 0;

  add(timer: Timer): void {
    let [low, high] = [this.#head, this.#timers.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (timer.dueMs < this.#timers[middle]!.dueMs) high = middle;
      else low = middle + 1;
    }
    this.#timers.splice(low, 0, timer);
  }

  shift(): Timer | undefined {
    const timer = this.#timers[this.#head];
    if (timer !== undefined) this.#head++;
    if (this.#head > 1_000 && this.#head * 2 > this.#timers.length) {
      this.#timers = this.#timers.slice(this.#head);
      this.#head = 0;
    }
    return timer;
  }
}

/** The order of items: outermost fan-out first. */
export function comparePaths(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < a.length && at < b.length; at++) {
    if (a[at] !== b[at]) return a[at]! - b[at]!;
  }
  return a.length - b.length;
}
