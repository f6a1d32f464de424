/**
 * The loop of a run: what follows at once, then what is ready, then what waits for a time.
 *
 * @module
 */

import type { Observer } from "../context.ts";
import {
  childEnded,
  complete,
  due,
  fail,
  gather,
  type Graph,
  type Job,
  Memory,
  results,
  start,
} from "../engine/mod.ts";
import type { Task, World } from "../engine/mod.ts";
import { newId } from "../entropy.ts";
import type { Evaluate } from "../evaluate.ts";
import { engineFailure } from "../failure.ts";
import type { TaskFunction } from "../function.ts";
import { SUB_PLAN_DEPTH_MAX } from "../limits.ts";
import { Outcome } from "../outcome.ts";
import type { Packet } from "../packet.ts";
import { Payload } from "../payload.ts";
import { Trace, type TracedTask } from "../trace.ts";
import { execute } from "./execute.ts";
import type { Pace } from "./pace.ts";
import { RunError } from "./run_error.ts";

/** What a run is made of. */
export interface Setup {
  readonly library: ReadonlyMap<string, Graph>;
  readonly functions: ReadonlyMap<string, TaskFunction>;
  readonly evaluate: Evaluate;
  readonly observer: Observer;
  readonly pace: Pace;
}

/** What a run starts with. */
export interface Begin {
  readonly packet: Packet;
  readonly labels: Readonly<Record<string, string>>;
  readonly dataClass: string;
}

/** One run. */
export class Drive implements World {
  readonly memory = new Memory();
  readonly evaluate: Evaluate;
  readonly #setup: Setup;
  /** What follows at once. */
  readonly #acts: (() => void)[] = [];

  constructor(setup: Setup) {
    this.#setup = setup;
    this.evaluate = setup.evaluate;
  }

  nowMs(): number {
    return this.#setup.pace.nowMs();
  }

  fraction(): number {
    return this.#setup.pace.fraction();
  }

  async run({ packet, labels, dataClass }: Begin): Promise<Trace> {
    const aggregate = packet.aggregate === undefined ? {} : { aggregate: packet.aggregate };
    const { actor, headers, data: input } = packet;
    const fixed = { actor, headers, labels, dataClass, input, ...aggregate };
    const root = this.#hold("", { ...fixed, id: newId(this.nowMs()), depth: 0 });
    for (;;) {
      const act = this.#acts.shift();
      if (act !== undefined) {
        act();
        continue;
      }
      const ready = this.memory.ready.shift();
      if (ready !== undefined) {
        await this.#attempt(ready);
        continue;
      }
      const timer = this.memory.timers.shift();
      if (timer === undefined) break;
      await this.#setup.pace.waitUntil(timer.dueMs);
      due(this, timer.task);
    }
    return this.#trace(root);
  }

  #hold(
    planName: string,
    fixed: Omit<Job, "planName" | "graph" | "state" | "open" | "failed" | "joins" | "arrivals">,
  ): Job {
    const graph = this.#setup.library.get(planName);
    if (graph === undefined) throw new RunError("STUCK", `there is no plan ${JSON.stringify(planName)}`);
    const joins = graph.joins.map(() => ({ pending: 0, aggregateVersion: 0n, fired: false }));
    const job: Job = { ...fixed, planName, graph, state: "RUNNING", open: 0, failed: 0, joins, arrivals: new Map() };
    this.#acts.push(() => start(this, job));
    return job;
  }

  /** A sub-plan is a child job; its id is the id of the task that waits for it. */
  startChild(task: Task, planName: string): void {
    const { actor, headers, labels, dataClass, depth, input } = task.job;
    if (depth + 1 > SUB_PLAN_DEPTH_MAX) throw new RunError("TOO_DEEP", "sub-plans nest too deeply");
    const fixed = { actor, headers, labels, dataClass, id: task.id, parent: task, depth: depth + 1 };
    const aggregate = task.aggregate === undefined ? {} : { aggregate: task.aggregate };
    this.#hold(planName, { ...fixed, ...aggregate, input: task.input ?? input });
  }

  childEnded(job: Job): void {
    const { parent } = job;
    if (parent !== undefined) this.#acts.push(() => childEnded(this, parent, job));
  }

  gather(task: Task): void {
    this.#acts.push(() => gather(this, task));
  }

  /** Grants a ready task to itself, runs it, and reports. */
  async #attempt(task: Task): Promise<void> {
    const { step } = task.job.graph.nodes[task.step]!;
    const found = step.run.kind === "function" ? this.#setup.functions.get(step.run.name) : undefined;
    if (found === undefined) throw new RunError("STUCK", `step \`${step.stepKey}\` has no function`);
    task.attempts++;
    const invocation = {
      job: task.job.id,
      task: task.id,
      stepKey: step.stepKey,
      functionName: found.spec.name,
      attempt: task.attempts,
      fence: BigInt(task.attempts),
      idempotencyKey: task.id,
      actor: task.job.actor,
      ...(task.aggregate === undefined ? {} : { aggregate: task.aggregate }),
      headers: task.job.headers,
      configJson: step.configJson,
      outputType: step.outputType,
      ...(task.checkpoint === undefined ? {} : { lastCheckpoint: task.checkpoint }),
    };
    const timeoutMs = this.#setup.pace.isReal ? step.executionTimeoutMs : undefined;
    const input = task.input ?? Payload.none();
    const { ended, said } = await execute(found, invocation, input, timeoutMs, this.#setup.observer);
    if (ended instanceof Outcome) complete(this, task, ended, said.emits);
    else if (ended !== "timed out") fail(this, task, ended, said.checkpoint);
    else {
      const message = "the attempt took longer than the step's execution_timeout";
      fail(this, task, engineFailure("TIMEOUT", "EXECUTION_TIMEOUT", message));
    }
  }

  #trace(job: Job): Trace {
    if (job.state === "RUNNING") throw new RunError("STUCK", "the job has not ended and nothing can happen");
    const tasks = [...this.memory.ended.values()].map(({ task, state, outputs, verdicts, failure }): TracedTask => ({
      planName: task.job.planName,
      stepKey: task.job.graph.nodes[task.step]!.step.stepKey,
      itemPath: task.itemPath,
      attempts: task.attempts,
      state,
      ...(task.input === undefined ? {} : { input: task.input }),
      outputs,
      verdicts,
      ...(failure === undefined ? {} : { failure }),
    }));
    return new Trace({
      job: job.id,
      state: job.state,
      ...(job.failure === undefined ? {} : { failure: job.failure }),
      tasks,
      results: job.state === "SUCCEEDED" ? results(this.memory, job) : [],
      messages: this.memory.messages,
    });
  }
}
