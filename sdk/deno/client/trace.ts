/**
 * Where jobs and data come from, and what became of them.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type ExportStatementRequestSchema,
  type ExportStatementResponse,
  type ListErrorReportsRequestSchema,
  type ListErrorReportsResponse,
  type ListTaskTracesRequestSchema,
  type ListTaskTracesResponse,
  type TraceArtifactRequestSchema,
  type TraceArtifactResponse,
  type TraceJobRequestSchema,
  type TraceJobResponse,
  TraceService,
} from "../gen/esteira/v1/trace_pb.ts";
import type { Caller } from "./caller.ts";

/** Calls `TraceService`; each method is the RPC of that name, documented in `trace.proto`. */
export class TraceClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Tells where a job comes from and what became of each step of its plan. */
  async traceJob(request: MessageInitShape<typeof TraceJobRequestSchema>): Promise<TraceJobResponse> {
    return await this.#caller.read(TraceService.method.traceJob, request);
  }

  /** Lists the tasks of a job with their attempts and the artifacts that they read and produced. */
  async listTaskTraces(request: MessageInitShape<typeof ListTaskTracesRequestSchema>): Promise<ListTaskTracesResponse> {
    return await this.#caller.read(TraceService.method.listTaskTraces, request);
  }

  /** Finds artifacts by their digest, with the tasks that read or made them. */
  async traceArtifact(request: MessageInitShape<typeof TraceArtifactRequestSchema>): Promise<TraceArtifactResponse> {
    return await this.#caller.read(TraceService.method.traceArtifact, request);
  }

  /** Lists what is known of the tasks of a job that failed, with the data so far. */
  async listErrorReports(
    request: MessageInitShape<typeof ListErrorReportsRequestSchema>,
  ): Promise<ListErrorReportsResponse> {
    return await this.#caller.read(TraceService.method.listErrorReports, request);
  }

  /** Tells the trace of a job as a signed statement of in-toto. */
  async exportStatement(
    request: MessageInitShape<typeof ExportStatementRequestSchema>,
  ): Promise<ExportStatementResponse> {
    return await this.#caller.read(TraceService.method.exportStatement, request);
  }
}
