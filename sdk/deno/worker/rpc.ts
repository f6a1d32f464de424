/**
 * The calls that a worker makes. All can be sent again, and are.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { type Answer, type Link, send } from "../client/send.ts";

/** Longest wait for an answer that the coordinator gives at once. */
const TIMEOUT_MS = 10_000;
const { method } = v1.WorkerService;

export class Rpc {
  readonly #link: Link;

  constructor(link: Link) {
    this.#link = link;
  }

  register(
    request: MessageInitShape<typeof v1.RegisterWorkerRequestSchema>,
    signal: AbortSignal,
  ): Promise<Answer<v1.RegisterWorkerResponse>> {
    return send(this.#link, method.registerWorker, request, { timeoutMs: TIMEOUT_MS, patienceMs: undefined }, signal);
  }

  lease(
    request: MessageInitShape<typeof v1.LeaseTasksRequestSchema>,
    waitMs: number,
    signal: AbortSignal,
  ): Promise<Answer<v1.LeaseTasksResponse>> {
    const call = { timeoutMs: waitMs + TIMEOUT_MS, patienceMs: undefined };
    return send(this.#link, method.leaseTasks, request, call, signal);
  }

  report(
    request: MessageInitShape<typeof v1.ReportTasksRequestSchema>,
    signal: AbortSignal,
    patienceMs?: number,
  ): Promise<Answer<v1.ReportTasksResponse>> {
    return send(this.#link, method.reportTasks, request, { timeoutMs: TIMEOUT_MS, patienceMs }, signal);
  }

  append(
    request: MessageInitShape<typeof v1.AppendOutputsRequestSchema>,
    signal: AbortSignal,
  ): Promise<Answer<v1.AppendOutputsResponse>> {
    return send(this.#link, method.appendOutputs, request, { timeoutMs: TIMEOUT_MS, patienceMs: undefined }, signal);
  }

  /** Sent once: the next beat carries what this one did not. */
  heartbeat(
    request: MessageInitShape<typeof v1.HeartbeatLeasesRequestSchema>,
    timeoutMs: number,
  ): Promise<Answer<v1.HeartbeatLeasesResponse>> {
    return send(this.#link, method.heartbeatLeases, request, { timeoutMs, patienceMs: -1 });
  }

  drain(
    request: MessageInitShape<typeof v1.DrainWorkerRequestSchema>,
    signal: AbortSignal,
  ): Promise<Answer<v1.DrainWorkerResponse>> {
    return send(this.#link, method.drainWorker, request, { timeoutMs: 2_000, patienceMs: 4_000 }, signal);
  }
}
