/**
 * One command on one job while it is carried out.
 *
 * Tokens: every live task is one token. `open` counts those that can still progress by themselves, and each join counts
 * the tokens at steps that lead to it.
 *
 * @module
 */

import { newId } from "../entropy.ts";
import { type Evaluate, ExpressionError, type Scope } from "../evaluate.ts";
import type { Failure } from "../failure.ts";
import { FAN_OUT_TASKS_MAX } from "../limits.ts";
import type { Verdict } from "../outcome.ts";
import type { AggregateRef } from "../packet.ts";
import { Payload } from "../payload.ts";
import type { TaskState } from "../trace.ts";
import type { Node } from "./graph.ts";
import { stepOutputs } from "./load.ts";
import type { Job, Memory, Task } from "./state.ts";

/** What a run does and a transition asks for. */
export interface World {
  readonly memory: Memory;
  readonly evaluate: Evaluate;
  /** The time of the run. */
  nowMs(): number;
  /** What is random in a pause: a number in `0..1`. */
  fraction(): number;
  /** A child job begins; the task waits for it. */
  startChild(task: Task, planName: string): void;
  /** A child job ended: its parent's task goes on. */
  childEnded(job: Job): void;
  /** All that a join waited for is here. */
  gather(task: Task): void;
}

/** Data on its way along an edge. */
export interface Flowing {
  readonly payload: Payload;
  readonly itemPath: readonly number[];
  readonly aggregate?: AggregateRef;
}

/** A task that came to life and has not begun. */
export interface Arrived {
  readonly task: Task;
  /** Key and output of the step that it comes from, when an expression reads it. */
  readonly read?: readonly [string, Payload];
}

/** The state of one transition, and what all commands do with it. */
export class Transition {
  readonly job: Job;
  readonly world: World;
  /** Outputs of earlier steps, as far as any expression of the plan reads them. */
  readonly steps: Map<string, Payload>;
  /** What arrived and has not begun: kept here, not on the stack, which a long chain of native steps would use up. */
  readonly arrived: Arrived[] = [];
  #routed = 0;

  constructor(world: World, job: Job, task?: Task) {
    this.world = world;
    this.job = job;
    this.steps = task === undefined ? new Map() : stepOutputs(world.memory, task);
  }

  /** What the plan says about a step. */
  node(step: number): Node {
    return this.job.graph.nodes[step]!;
  }

  /** Fires the joins that have all, and ends the job when it is at rest. What arrived has begun. */
  finish(): void {
    for (const flow of this.job.joins) {
      if (flow.pending > 0 || flow.fired || flow.waiting === undefined) continue;
      flow.fired = true;
      this.job.open++;
      this.world.gather(flow.waiting);
    }
    if (this.job.open === 0) this.#endJob();
  }

  // --- tokens --------------------------------------------------------------------------------------

  /** A token comes to life at a step. */
  enter(step: number): void {
    this.job.open++;
    this.#hold(step);
  }

  #hold(step: number): void {
    for (const join of this.node(step).holds) this.job.joins[join]!.pending++;
  }

  /** A token comes to its end at a step. */
  leave(step: number): void {
    this.job.open--;
    for (const join of this.node(step).holds) this.job.joins[join]!.pending--;
  }

  /** Something reached a join, if only the news that nothing comes: its task waits from here on. */
  reachJoin(join: number, parent: Task, aggregate: AggregateRef | undefined): void {
    const flow = this.job.joins[join]!;
    const version = aggregate?.version ?? 0n;
    if (flow.waiting !== undefined) {
      if (version > flow.aggregateVersion) flow.aggregateVersion = version;
      return;
    }
    if (flow.fired) return;
    const step = this.job.graph.joins[join]!;
    flow.waiting = this.newTask(parent.id, step, [], undefined, undefined);
    flow.aggregateVersion = version;
    this.#hold(step);
  }

  // --- data on its way -----------------------------------------------------------------------------

  /**
   * Which edges each piece of data takes; throws when a condition has no value, or when so much data takes so many edges
   * that it would be beyond the limit: chains of steps that multiply have no other bound.
   */
  route(from: Task, input: Payload | undefined, flowing: readonly Flowing[]): number[][] {
    const { step, edges } = this.node(from.step);
    const routes = flowing.map((data) => {
      const taken: number[] = [];
      let chosen = false;
      edges.forEach((edge, place) => {
        // The edges of `depends_on` come after those of `next` and are nobody's choice.
        const choice = step.exclusiveNext && place < step.next.length;
        if (choice && chosen) return;
        const scope = () => this.scope(input, data.payload, data.itemPath, step.configJson);
        if (edge.condition !== "" && !this.world.evaluate.condition(edge.condition, scope())) return;
        taken.push(edge.to);
        chosen ||= choice;
      });
      this.#routed += taken.length;
      return taken;
    });
    if (this.#routed > FAN_OUT_TASKS_MAX) {
      const message = `one task's end would begin more than ${FAN_OUT_TASKS_MAX} tasks`;
      throw new ExpressionError("FAN_OUT_TOO_LARGE", message);
    }
    return routes;
  }

  /** The variables of an expression. */
  scope(
    input: Payload | undefined,
    output: Payload | undefined,
    itemPath: readonly number[],
    configJson: string,
  ): Scope {
    const { id, labels, dataClass } = this.job;
    return {
      input: input ?? Payload.none(),
      ...(output === undefined ? {} : { output }),
      itemPath,
      steps: this.steps,
      job: { id, input: this.job.input, labels, dataClass },
      configJson,
    };
  }

  /** Sends the outputs of an ended task on their routes. The ended task's own token is still there. */
  follow(from: Task, flowing: readonly Flowing[], routes: readonly (readonly number[])[]): void {
    const node = this.node(from.step);
    const isRead = this.job.graph.read.has(from.step);
    flowing.forEach((data, index) => {
      const taken = routes[index]!;
      const read = isRead ? [node.step.stepKey, data.payload] as const : undefined;
      for (const to of taken) this.arrive(from, to, data, read);
      // Inside a fan-out a condition filters a collection: what follows knows that the collection went on, if only empty.
      if (data.itemPath.length > 0) {
        for (const edge of node.edges.filter((edge) => !taken.includes(edge.to))) {
          for (const join of this.node(edge.to).nextJoins) this.reachJoin(join, from, data.aggregate);
        }
      }
    });
    if (flowing.length === 0) this.#skip(from);
  }

  /**
   * A fan-out of no items: the steps that follow are skipped, a join gets `[]`. A step that several ways lead to is
   * skipped once: there can be more ways than anyone could count.
   */
  #skip(ended: Task): void {
    const seen = new Set<number>();
    const onward = (from: Task) => this.node(from.step).edges.map((edge) => ({ from, step: edge.to })).reverse();
    const ways = onward(ended);
    for (let way = ways.pop(); way !== undefined; way = ways.pop()) {
      const { from, step } = way;
      const { join } = this.node(step);
      if (join !== undefined) this.reachJoin(join, from, from.aggregate);
      else if (!seen.has(step)) {
        seen.add(step);
        const task = this.newTask(from.id, step, from.itemPath, undefined, from.aggregate);
        ways.push(...onward(task));
        this.endTask(task, "SKIPPED");
      }
    }
  }

  /** Data arrives at a step: at a join it waits, elsewhere a task begins. */
  arrive(from: Task, to: number, data: Flowing, read?: readonly [string, Payload]): void {
    const { join } = this.node(to);
    if (join !== undefined) {
      this.reachJoin(join, from, data.aggregate);
      const arrivals = this.job.arrivals.get(to) ?? [];
      arrivals.push({ itemPath: data.itemPath, fromStep: from.step, fromTask: from.id, payload: data.payload });
      this.job.arrivals.set(to, arrivals);
      return;
    }
    const task = this.newTask(from.id, to, data.itemPath, data.payload, data.aggregate);
    this.enter(to);
    this.arrived.push(read === undefined ? { task } : { task, read });
  }

  /** A task that has not begun. */
  newTask(
    parent: string | undefined,
    step: number,
    itemPath: readonly number[],
    input: Payload | undefined,
    aggregate: AggregateRef | undefined,
  ): Task {
    return {
      id: newId(this.world.nowMs()),
      job: this.job,
      step,
      itemPath,
      ...(parent === undefined ? {} : { parent }),
      ...(input === undefined ? {} : { input }),
      ...(aggregate === undefined ? {} : { aggregate }),
      attempts: 0,
      failures: 0,
      started: false,
    };
  }

  // --- ends ----------------------------------------------------------------------------------------

  /** Records the end of a task. */
  endTask(
    task: Task,
    state: TaskState,
    outputs: readonly Payload[] = [],
    verdicts: readonly Verdict[] = [],
    failure?: Failure,
  ): void {
    const leaf = state === "SUCCEEDED" && this.node(task.step).edges.length === 0;
    this.world.memory.end({ task, state, outputs, leaf, verdicts, ...(failure === undefined ? {} : { failure }) });
  }

  /** Ends the job; joins that still wait can no longer fire. */
  #endJob(): void {
    const state = this.job.failed > 0 ? "FAILED" : "SUCCEEDED";
    for (const flow of this.job.joins) {
      if (flow.waiting === undefined) continue;
      this.endTask(flow.waiting, state === "FAILED" ? "SKIPPED" : "CANCELLED");
      delete flow.waiting;
    }
    this.job.state = state;
    if (this.job.parent !== undefined) this.world.childEnded(this.job);
  }
}
