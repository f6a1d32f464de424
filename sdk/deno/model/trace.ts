/**
 * What a job did: the same record for an embedded and for a distributed run.
 *
 * @module
 */

import type { Emit } from "./context.ts";
import type { Failure } from "./failure.ts";
import type { Verdict } from "./outcome.ts";
import type { Payload } from "./payload.ts";

/** How a job ended. */
export type JobState = "SUCCEEDED" | "FAILED" | "CANCELLED" | "TIMED_OUT";

/** How a task ended. */
export type TaskState = "SUCCEEDED" | "FAILED" | "CANCELLED" | "SKIPPED";

/** A task after it ended. It holds nothing that differs between two runs of the same plan on the same data. */
export interface TracedTask {
  /** Name of the plan; "" for the plan that the run was asked for. */
  readonly planName: string;
  /** The step. */
  readonly stepKey: string;
  /** Which item: the indexes that led to it, outermost fan-out first; empty outside any fan-out. */
  readonly itemPath: readonly number[];
  /** Attempts that were made; 0 when the engine itself ended the task. */
  readonly attempts: number;
  /** How it ended. */
  readonly state: TaskState;
  /** What it ran on; none when it was skipped. */
  readonly input?: Payload;
  /** What it produced, in item order. */
  readonly outputs: readonly Payload[];
  /** What the policies said. */
  readonly verdicts: readonly Verdict[];
  /** Why it failed. */
  readonly failure?: Failure;
}

/** A job after it ended. */
export class Trace {
  /** The job; another one in every run. */
  readonly job: string;
  /** How it ended. */
  readonly state: JobState;
  /** Why, if it did not succeed. */
  readonly failure?: Failure;
  /** All tasks in the order in which they ended, those of sub-plans among them. */
  readonly tasks: readonly TracedTask[];
  /** Outputs of the steps that no step follows, by item path, then step. */
  readonly results: readonly Payload[];
  /** What the functions emitted, in order of commit. */
  readonly messages: readonly Emit[];

  /** From its parts. */
  constructor(parts: Pick<Trace, "job" | "state" | "failure" | "tasks" | "results" | "messages">) {
    this.job = parts.job;
    this.state = parts.state;
    if (parts.failure !== undefined) this.failure = parts.failure;
    this.tasks = parts.tasks;
    this.results = parts.results;
    this.messages = parts.messages;
  }

  /** The tasks of one step of the plan that the run was asked for, in the order in which they ended. */
  step(stepKey: string): TracedTask[] {
    return this.tasks.filter((task) => task.planName === "" && task.stepKey === stepKey);
  }

  /** One line for the job and one for each task, for people. */
  toString(): string {
    const lines = this.tasks.map((task) => {
      const place = `${task.planName}${task.planName === "" ? "" : "/"}${task.stepKey}[${task.itemPath.join(".")}]`;
      const why = task.failure === undefined ? "" : `: ${task.failure.code}`;
      return `  ${place} ${task.state} after ${task.attempts} attempts${why}\n`;
    });
    return `job ${this.state}\n${lines.join("")}`;
  }
}
