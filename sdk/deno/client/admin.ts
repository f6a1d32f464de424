/**
 * The coordinator itself, its workers and queues.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  AdminService,
  type ApplyRetentionRequestSchema,
  type ApplyRetentionResponse,
  type EraseJobRequestSchema,
  type EraseJobResponse,
  type EvictWorkerRequestSchema,
  type EvictWorkerResponse,
  type GetLastResortRecordRequestSchema,
  type GetLastResortRecordResponse,
  type GetSystemInfoRequestSchema,
  type GetSystemInfoResponse,
  type IngestLastResortRequestSchema,
  type IngestLastResortResponse,
  type ListLastResortRequestSchema,
  type ListLastResortResponse,
  type ListQueuesRequestSchema,
  type ListQueuesResponse,
  type ListRetentionRequestSchema,
  type ListRetentionResponse,
  type ListWorkersRequestSchema,
  type ListWorkersResponse,
  type PurgeJobsRequestSchema,
  type PurgeJobsResponse,
  type SetRetentionRequestSchema,
  type SetRetentionResponse,
  type UpdateQueueRequestSchema,
  type UpdateQueueResponse,
} from "../gen/esteira/v1/admin_pb.ts";
import type { Caller } from "./caller.ts";

/** Calls `AdminService`; each method is the RPC of that name, documented in `admin.proto`. */
export class AdminClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Tells what the coordinator is and which limits it has. */
  async getSystemInfo(request: MessageInitShape<typeof GetSystemInfoRequestSchema>): Promise<GetSystemInfoResponse> {
    return await this.#caller.read(AdminService.method.getSystemInfo, request);
  }

  /** Lists the workers that were heard from within the last hour. */
  async listWorkers(request: MessageInitShape<typeof ListWorkersRequestSchema>): Promise<ListWorkersResponse> {
    return await this.#caller.read(AdminService.method.listWorkers, request);
  }

  /** Lists the queues that hold tasks or are paused. */
  async listQueues(request: MessageInitShape<typeof ListQueuesRequestSchema>): Promise<ListQueuesResponse> {
    return await this.#caller.read(AdminService.method.listQueues, request);
  }

  /** Pauses a queue or lets it go on. */
  async updateQueue(request: MessageInitShape<typeof UpdateQueueRequestSchema>): Promise<UpdateQueueResponse> {
    return await this.#caller.read(AdminService.method.updateQueue, request);
  }

  /** Takes all leases from a worker now. */
  async evictWorker(request: MessageInitShape<typeof EvictWorkerRequestSchema>): Promise<EvictWorkerResponse> {
    return await this.#caller.read(AdminService.method.evictWorker, request);
  }

  /** Lists how long jobs are kept after their end. */
  async listRetention(request: MessageInitShape<typeof ListRetentionRequestSchema>): Promise<ListRetentionResponse> {
    return await this.#caller.read(AdminService.method.listRetention, request);
  }

  /** Sets how long the jobs of a project and data class are kept. */
  async setRetention(request: MessageInitShape<typeof SetRetentionRequestSchema>): Promise<SetRetentionResponse> {
    return await this.#caller.read(AdminService.method.setRetention, request);
  }

  /** Removes, or counts, what is kept no longer. A token in the answer says that there is more to do. */
  async applyRetention(request: MessageInitShape<typeof ApplyRetentionRequestSchema>): Promise<ApplyRetentionResponse> {
    return await this.#caller.read(AdminService.method.applyRetention, request);
  }

  /** Counts QA or DEVTEST jobs of a filter, or removes those that a dry run has counted. */
  async purgeJobs(request: MessageInitShape<typeof PurgeJobsRequestSchema>): Promise<PurgeJobsResponse> {
    return await this.#caller.read(AdminService.method.purgeJobs, request);
  }

  /** Erases the data of a job that has ended. */
  async eraseJob(request: MessageInitShape<typeof EraseJobRequestSchema>): Promise<EraseJobResponse> {
    return await this.#caller.read(AdminService.method.eraseJob, request);
  }

  /** Lists what the last resort of the coordinator that is asked holds. */
  async listLastResort(request: MessageInitShape<typeof ListLastResortRequestSchema>): Promise<ListLastResortResponse> {
    return await this.#caller.read(AdminService.method.listLastResort, request);
  }

  /** Reads one of its records. */
  async getLastResortRecord(
    request: MessageInitShape<typeof GetLastResortRecordRequestSchema>,
  ): Promise<GetLastResortRecordResponse> {
    return await this.#caller.read(AdminService.method.getLastResortRecord, request);
  }

  /** Has it bring back now what waits. */
  async ingestLastResort(
    request: MessageInitShape<typeof IngestLastResortRequestSchema>,
  ): Promise<IngestLastResortResponse> {
    return await this.#caller.read(AdminService.method.ingestLastResort, request);
  }
}
