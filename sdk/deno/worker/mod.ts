/**
 * Serves functions to the coordinator: leases tasks, runs them, keeps their leases, reports.
 *
 * What holds, whatever the functions do:
 * - no more than `slots` of them run at once, and no more tasks are leased than slots are free;
 * - every request is sent again, byte for byte, until there is an answer;
 * - heartbeats leave from a thread of their own (a Web Worker), which no function can block;
 * - a lease that is lost, or that was not renewed in time, cancels its function, and nothing is reported.
 *
 * Read in this order: `worker`, `dispatch` (the loop), `attempt` (one execution), `heartbeat` and `heartbeat_thread`.
 *
 * @module
 */

export { WorkerError, type WorkerErrorCode } from "./error.ts";
export { type Log, logToConsole } from "./log.ts";
export { terminated } from "./shutdown.ts";
export { Worker, type WorkerOptions } from "./worker.ts";
