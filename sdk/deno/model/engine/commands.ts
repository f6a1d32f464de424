/**
 * What happens to a job. The table of what leads where:
 *
 * | command | the task was | it becomes | then |
 * | --- | --- | --- | --- |
 * | start | - | ready, parked or ended (native) | the job runs |
 * | complete | with a function | SUCCEEDED | its outputs go on |
 * | fail | with a function | parked or FAILED | a failure goes to `on_failure_step` or fails the job at rest |
 * | due | parked until a time | ready, or on its way | |
 * | gather | a join that fired | ready, with the array of its arrivals | |
 * | childEnded | parked for a child job | SUCCEEDED or FAILED | as for complete and fail |
 *
 * @module
 */

import type { Emit } from "../context.ts";
import { engineFailure, type Failure } from "../failure.ts";
import { PAYLOAD_BYTES_MAX } from "../limits.ts";
import { Outcome } from "../outcome.ts";
import type { Payload } from "../payload.ts";
import type { RetryPolicy } from "../plan.ts";
import { beginArrived, buildInput, passOn } from "./begin.ts";
import { attempted, endFailed, flow, judgeInput, judgeOutput } from "./end.ts";
import { gather as gathered, results } from "./load.ts";
import type { Job, Task } from "./state.ts";
import { Transition, type World } from "./transition.ts";

/** A job starts: a task for each start step. */
export function start(world: World, job: Job): void {
  const t = new Transition(world, job);
  // Every start step holds its token before the first begins: a native one may end at once, and a join must not fire early.
  for (const step of job.graph.starts) t.enter(step);
  for (const step of job.graph.starts) {
    buildInput(t, t.newTask(undefined, step, [], job.input, job.aggregate), job.input);
  }
  beginArrived(t);
  t.finish();
}

/** A function ended well. Its outcome has the type of the step. */
export function complete(world: World, task: Task, outcome: Outcome, emits: readonly Emit[]): void {
  const t = new Transition(world, task.job, task);
  task.started = true;
  if (outcome.aggregateAfter !== undefined) task.aggregate = outcome.aggregateAfter;
  const judged = judgeOutput(t, task, outcome);
  const verdicts = [...outcome.verdicts, ...judged.verdicts];
  if (judged.violation !== undefined) endFailed(t, task, verdicts, judged.violation, task.input);
  else {
    attempted(t, task, verdicts, () => {
      const flowing = flow(task, outcome);
      const routes = t.route(task, task.input, flowing);
      world.memory.messages.push(...emits.map((emit) => withKey(emit, task)));
      t.follow(task, flowing, routes);
      t.leave(task.step);
      t.endTask(task, "SUCCEEDED", outcome.payloads(), verdicts);
    });
  }
  beginArrived(t);
  t.finish();
}

/** A message without a key keeps its order with the others about the same aggregate, or of the same job. */
function withKey(emit: Emit, task: Task): Emit {
  const { aggregate, job } = task;
  return emit.key !== ""
    ? emit
    : { ...emit, key: aggregate === undefined ? job.id : `${aggregate.kind}/${aggregate.id}` };
}

/** A function ended badly, or its time was over. */
export function fail(world: World, task: Task, failure: Failure, checkpoint?: Payload): void {
  const t = new Transition(world, task.job, task);
  task.started = true;
  task.failures++;
  if (checkpoint !== undefined) task.checkpoint = checkpoint;
  const pauseMs = pauseBeforeRetry(t.node(task.step).step.retry, task.failures, failure, world.fraction());
  if (pauseMs !== undefined) world.memory.timers.add({ dueMs: world.nowMs() + pauseMs, task });
  else endFailed(t, task, judgeInput(t, task), failure, task.input);
  beginArrived(t);
  t.finish();
}

/** The pause before the next attempt, or none when there is no next attempt. `random` is in 0..1. */
export function pauseBeforeRetry(
  policy: RetryPolicy,
  failures: number,
  failure: Failure,
  random: number,
): number | undefined {
  const retryable = failure.kind === "RETRYABLE" || failure.kind === "TIMEOUT";
  if (!retryable || failures >= policy.maxAttempts || policy.nonRetryableCodes.includes(failure.code)) return undefined;
  const pause = Math.min(policy.initialBackoffMs * policy.multiplier ** (failures - 1), policy.maxBackoffMs);
  const jittered = pause * (1 - policy.jitter * random);
  return Math.max(
    Number.isFinite(jittered) && jittered >= 0 ? jittered : policy.maxBackoffMs,
    failure.retryAfterMs ?? 0,
  );
}

/** The time came that a parked task waited for. */
export function due(world: World, task: Task): void {
  const t = new Transition(world, task.job, task);
  if (t.node(task.step).step.run.kind === "wait") passOn(t, task, task.input);
  else world.memory.ready.push(task);
  beginArrived(t);
  t.finish();
}

/** A join fired: its task begins on what arrived. */
export function gather(world: World, task: Task): void {
  const { job } = task;
  const t = new Transition(world, job, task);
  const node = t.node(task.step);
  const flow = job.joins[node.join ?? -1]!;
  delete flow.waiting;
  // The task came to be when the first output arrived; a later one may have brought a newer aggregate.
  if (job.aggregate !== undefined) task.aggregate = { ...job.aggregate, version: flow.aggregateVersion };
  const arrived = gathered(job, task.step);
  const bytes = node.template === undefined ? arrived.byteLength() : 0;
  if (bytes > PAYLOAD_BYTES_MAX) {
    const message = `the joined outputs take ${bytes} bytes, a payload at most ${PAYLOAD_BYTES_MAX}: join less, or ` +
      "shape it with an input template";
    endFailed(t, task, [], engineFailure("NON_RETRYABLE", "INPUT_TOO_LARGE", message), undefined);
  } else {
    if (node.template === undefined) task.input = arrived;
    buildInput(t, task, arrived);
  }
  beginArrived(t);
  t.finish();
}

/** A child job ended: the parent's task ends with its results or its failure. */
export function childEnded(world: World, task: Task, child: Job): void {
  const t = new Transition(world, task.job, task);
  const ended = child.state === "SUCCEEDED" ? childOutcome(t, task, results(world.memory, child)) : childFailure(child);
  if (!(ended instanceof Outcome)) endFailed(t, task, judgeInput(t, task), ended, task.input);
  else {
    const { verdicts, violation } = judgeOutput(t, task, ended);
    if (violation !== undefined) endFailed(t, task, verdicts, violation, task.input);
    else {
      attempted(t, task, verdicts, () => {
        const flowing = flow(task, ended);
        const routes = t.route(task, task.input, flowing);
        t.follow(task, flowing, routes);
        t.leave(task.step);
        t.endTask(task, "SUCCEEDED", ended.payloads(), verdicts);
      });
    }
  }
  beginArrived(t);
  t.finish();
}

function childFailure(child: Job): Failure {
  const failure = child.failure ?? engineFailure("CANCELLED", "CHILD_STOPPED", `the child job ended as ${child.state}`);
  return { ...failure, kind: "NON_RETRYABLE", message: `sub-plan: ${failure.message}` };
}

function childOutcome(t: Transition, task: Task, results: Payload[]): Outcome | Failure {
  const [only, more] = results;
  switch (t.node(task.step).step.outputType) {
    case "none":
      return Outcome.none();
    case "multiple":
      return Outcome.many(results);
    case "single": {
      if (only !== undefined && more === undefined) return Outcome.one(only);
      const message = `the step's output is \`single\`, the sub-plan has ${results.length} results`;
      return engineFailure("NON_RETRYABLE", "SUB_PLAN_RESULT_COUNT", message);
    }
  }
}
