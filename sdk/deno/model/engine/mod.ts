/**
 * The transitions of jobs, as the coordinator's engine makes them, as far as an embedded run needs them.
 *
 * @module
 */

export { childEnded, complete, due, fail, gather, start } from "./commands.ts";
export { compileGraph, type Graph } from "./graph.ts";
export type { Issue } from "./issue.ts";
export { issue } from "./issue.ts";
export { results } from "./load.ts";
export { type Job, Memory, type Task } from "./state.ts";
export type { World } from "./transition.ts";
