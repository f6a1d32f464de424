/**
 * What is read back: outputs of earlier steps, the array of a join, the results of a job.
 *
 * @module
 */

import { toBase64 } from "../json/base64.ts";
import { Payload } from "../payload.ts";
import { type Arrival, comparePaths, type EndedTask, type Job, type Memory, type Task } from "./state.ts";

/** Outputs of earlier steps of a task's branch: up the chain of parents, and through the arrivals of the joins on the way. */
export function stepOutputs(memory: Memory, task: Task): Map<string, Payload> {
  const { graph } = task.job;
  const found = new Map<number, Payload>();
  if (graph.read.size === 0) return new Map();
  const keep = (step: number, payload: Payload | undefined) => {
    if (payload !== undefined && graph.read.has(step) && !found.has(step)) found.set(step, payload);
  };
  let atStep = task.step;
  let parent = task.parent;
  for (;;) {
    const node = graph.nodes[atStep]!;
    if (node.join !== undefined) {
      for (const arrival of arrivals(task.job, atStep)) {
        if (node.predecessors.includes(arrival.fromStep)) keep(arrival.fromStep, arrival.payload);
      }
    }
    const ended = parent === undefined || found.size === graph.read.size ? undefined : memory.ended.get(parent);
    if (ended === undefined) break;
    keep(ended.task.step, produced(ended, task));
    atStep = ended.task.step;
    parent = ended.task.parent;
  }
  return new Map([...found].map(([step, payload]) => [graph.nodes[step]!.step.stepKey, payload]));
}

/** What an ended task gave to the branch of a later one. */
function produced(ended: EndedTask, later: Task): Payload | undefined {
  switch (ended.task.job.graph.nodes[ended.task.step]!.outputType) {
    case "none":
      return ended.task.input;
    case "single":
      return ended.outputs[0];
    case "multiple": {
      const item = later.itemPath[ended.task.itemPath.length];
      return item === undefined ? undefined : ended.outputs[item];
    }
  }
}

/** What arrived at a join, by item path, then by the step that it comes from, then by which task of it began first. */
function arrivals(job: Job, joinStep: number): Arrival[] {
  const arrived = [...(job.arrivals.get(joinStep) ?? [])];
  return arrived.sort((a, b) =>
    comparePaths(a.itemPath, b.itemPath) || a.fromStep - b.fromStep || compareIds(a.fromTask, b.fromTask)
  );
}

/** The input of a join: the JSON array of what arrived, each element verbatim; binary as Base64 text, absent as `null`. */
export function gather(job: Job, joinStep: number): Payload {
  const elements = arrivals(job, joinStep).map(({ payload: { body } }) => {
    if (body.kind === "json") return body.text;
    return body.kind === "binary" ? `"${toBase64(body.bytes)}"` : "null";
  });
  return Payload.json(`[${elements.join(",")}]`);
}

/** Results of a job: outputs of its leaf tasks by item path, then step, then which task of it began first. */
export function results(memory: Memory, job: Job): Payload[] {
  const leaves = [...memory.ended.values()].filter((ended) => ended.task.job === job && ended.leaf);
  leaves.sort(({ task: a }, { task: b }) =>
    comparePaths(a.itemPath, b.itemPath) || a.step - b.step || compareIds(a.id, b.id)
  );
  return leaves.flatMap((leaf) => leaf.outputs);
}

/** Ids rise with time. */
function compareIds(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
