/**
 * A new task begins: its input is built and judged, then it goes where its step's kind says.
 *
 * @module
 */

import { ExpressionError } from "../evaluate.ts";
import { engineFailure } from "../failure.ts";
import { PAYLOAD_BYTES_MAX } from "../limits.ts";
import { Outcome } from "../outcome.ts";
import type { Payload } from "../payload.ts";
import { renderTemplate } from "../template/mod.ts";
import { attempted, endFailed, judgeOutput } from "./end.ts";
import { judge } from "./policy.ts";
import type { Task } from "./state.ts";
import type { Arrived, Flowing, Transition } from "./transition.ts";

/** Begins what arrived, and what arrives by that: native steps end as soon as they begin. */
export function beginArrived(t: Transition): void {
  const waiting: Arrived[] = [];
  for (;;) {
    // What a task brings begins before the task's siblings do: they read other outputs under the same key.
    for (const arrived of t.arrived.splice(0).reverse()) waiting.push(arrived);
    const next = waiting.pop();
    if (next === undefined) return;
    if (next.read !== undefined) t.steps.set(...next.read);
    buildInput(t, next.task, next.task.input);
  }
}

/** Builds the input from the step's template, judges it, and begins the task. Its token is there already. */
export function buildInput(t: Transition, task: Task, arrived: Payload | undefined): void {
  const { template, step, inputPolicies } = t.node(task.step);
  let input = arrived;
  if (template !== undefined) {
    try {
      const scope = t.scope(input, undefined, task.itemPath, step.configJson);
      input = task.input = renderTemplate(template, scope, t.world.evaluate);
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      const message = `input of \`${step.stepKey}\`: ${error.message}`;
      // What a join gathered is recorded when its template fails: what takes the failure is shown it.
      if (task.input === undefined && input !== undefined && input.byteLength() <= PAYLOAD_BYTES_MAX) {
        task.input = input;
      }
      return endFailed(t, task, [], engineFailure("NON_RETRYABLE", error.code, message), task.input);
    }
  }
  const { verdicts, violation } = judge(t.world.evaluate, inputPolicies, "input", input);
  if (violation !== undefined) return endFailed(t, task, verdicts, violation, input);
  begin(t, task, input);
}

/** A task with its input goes where its step's kind says. */
function begin(t: Transition, task: Task, input: Payload | undefined): void {
  const { run } = t.node(task.step).step;
  switch (run.kind) {
    case "condition":
      return passOn(t, task, input);
    case "function":
      return t.world.memory.ready.push(task);
    case "wait":
      task.started = true;
      return t.world.memory.timers.add({ dueMs: t.world.nowMs() + run.pauseMs, task });
    case "sub_plan":
      task.started = true;
      return t.world.startChild(task, run.plan);
  }
}

/** A native step ends as soon as it has begun or waited: what came in goes on. */
export function passOn(t: Transition, task: Task, input: Payload | undefined): void {
  task.started = true;
  const artifact = task.input;
  if (artifact === undefined) {
    const failure = engineFailure("PROTOCOL", "INPUT_MISSING", "a native step has no input to pass on");
    return endFailed(t, task, [], failure, input);
  }
  const { verdicts, violation } = judgeOutput(t, task, Outcome.none());
  if (violation !== undefined) return endFailed(t, task, verdicts, violation, input);
  const flowing: Flowing[] = [{
    payload: artifact,
    itemPath: task.itemPath,
    ...(task.aggregate === undefined ? {} : { aggregate: task.aggregate }),
  }];
  attempted(t, task, verdicts, () => {
    const routes = t.route(task, input, flowing);
    t.follow(task, flowing, routes);
    t.leave(task.step);
    t.endTask(task, "SUCCEEDED", [artifact], verdicts);
  });
}
