/**
 * How a task ends: its outputs are judged and flow on, or its failure goes where the plan says.
 *
 * @module
 */

import { ExpressionError } from "../evaluate.ts";
import { engineFailure, type Failure } from "../failure.ts";
import { quoted } from "../json/scan.ts";
import type { Outcome, Verdict } from "../outcome.ts";
import { Payload } from "../payload.ts";
import { judge, type Judgement } from "./policy.ts";
import type { Task } from "./state.ts";
import type { Flowing, Transition } from "./transition.ts";

/** Routes and ends a task; a condition without a value fails it instead. */
export function attempted(t: Transition, task: Task, verdicts: readonly Verdict[], end: () => void): void {
  try {
    end();
  } catch (error) {
    if (!(error instanceof ExpressionError)) throw error;
    endFailed(t, task, verdicts, engineFailure("NON_RETRYABLE", error.code, error.message), task.input);
  }
}

/** Verdicts on the input, for the record, and on each output. The input was let in when the task began. */
export function judgeOutput(t: Transition, task: Task, outcome: Outcome): Judgement {
  const { outputPolicies } = t.node(task.step);
  const verdicts = judgeInput(t, task);
  if (outputPolicies.length === 0) return { verdicts };
  const payloads = outcome.output.type === "none" ? [task.input] : outcome.payloads();
  for (const [index, payload] of payloads.entries()) {
    const judged = judge(t.world.evaluate, outputPolicies, `output ${index}`, payload);
    verdicts.push(...judged.verdicts);
    if (judged.violation !== undefined) return { verdicts, violation: judged.violation };
  }
  return { verdicts };
}

/** Verdicts on the input, for the record. */
export function judgeInput(t: Transition, task: Task): Verdict[] {
  return judge(t.world.evaluate, t.node(task.step).inputPolicies, "input", task.input).verdicts;
}

/** What goes on: the outputs, or the input when there is none. */
export function flow(task: Task, outcome: Outcome): Flowing[] {
  const one = (payload: Payload, itemPath: readonly number[]): Flowing => ({
    payload,
    itemPath,
    ...(task.aggregate === undefined ? {} : { aggregate: task.aggregate }),
  });
  switch (outcome.output.type) {
    case "none":
      return task.input === undefined ? [] : [one(task.input, task.itemPath)];
    case "single":
      return [one(outcome.output.payload, task.itemPath)];
    case "multiple":
      return outcome.output.payloads.map((payload, index) => one(payload, [...task.itemPath, index]));
  }
}

/** A task fails for good: a step takes the failure, or the job fails when it comes to rest. */
export function endFailed(
  t: Transition,
  task: Task,
  verdicts: readonly Verdict[],
  failure: Failure,
  input: Payload | undefined,
): void {
  const node = t.node(task.step);
  if (node.onFailure !== undefined) {
    const payload = failureDocument(node.step.stepKey, task, failure, input);
    const aggregate = task.aggregate === undefined ? {} : { aggregate: task.aggregate };
    t.arrive(task, node.onFailure, { payload, itemPath: task.itemPath, ...aggregate });
    t.leave(task.step);
  } else {
    // The joins that wait for this branch keep its token: they must not fire without it.
    t.job.open--;
    t.job.failed++;
    t.job.failure ??= { ...failure, message: `step \`${node.step.stepKey}\`: ${failure.message}`, stackTrace: "" };
  }
  t.endTask(task, "FAILED", [], verdicts, failure);
}

/** The document that an `on_failure_step` receives; the failed task's input stands there verbatim when it is JSON. */
function failureDocument(stepKey: string, task: Task, failure: Failure, input: Payload | undefined): Payload {
  const why = `"step":${quoted(stepKey)},"kind":${quoted(failure.kind)},"code":${quoted(failure.code)},` +
    `"message":${quoted(failure.message)},"attempts":${task.attempts},"task_id":${quoted(task.id)}`;
  return Payload.json(`{"failure":{${why}},"input":${input?.asJson() ?? "null"}}`);
}
