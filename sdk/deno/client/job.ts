/**
 * Jobs and the tasks that they consist of.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  AwaitJobRequestSchema,
  type AwaitJobResponse,
  type ControlJobRequestSchema,
  type ControlJobResponse,
  type GetJobRequestSchema,
  type GetJobResponse,
  type GetTaskRequestSchema,
  type GetTaskResponse,
  type Job,
  JobAction,
  JobService,
  type ListJobsRequestSchema,
  type ListJobsResponse,
  type ListTasksRequestSchema,
  type ListTasksResponse,
  type ReprocessJobRequestSchema,
  type ReprocessJobResponse,
  type ReprocessJobsRequestSchema,
  type ReprocessJobsResponse,
  type RetryTasksRequestSchema,
  type RetryTasksResponse,
  StartJobRequestSchema,
  type StartJobResponse,
  type WatchJobsRequestSchema,
  type WatchJobsResponse,
} from "../gen/esteira/v1/job_pb.ts";
import { WAIT_DEFAULT_MS } from "../model/limits.ts";
import type { Payload } from "../model/mod.ts";
import { type Caller, present, withId } from "./caller.ts";
import { stream } from "./send.ts";
import { durationOut, payloadOut } from "./wire.ts";

/** Calls `JobService`; each method is the RPC of that name, documented in `job.proto`. */
export class JobClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Reads one job. */
  async getJob(request: MessageInitShape<typeof GetJobRequestSchema>): Promise<GetJobResponse> {
    return await this.#caller.read(JobService.method.getJob, request);
  }

  /** Lists jobs, payloads omitted. */
  async listJobs(request: MessageInitShape<typeof ListJobsRequestSchema>): Promise<ListJobsResponse> {
    return await this.#caller.read(JobService.method.listJobs, request);
  }

  /** Pauses, resumes, cancels or terminates a job. */
  async controlJob(request: MessageInitShape<typeof ControlJobRequestSchema>): Promise<ControlJobResponse> {
    return await this.#caller.write(JobService.method.controlJob, request);
  }

  /** Makes failed tasks ready again. */
  async retryTasks(request: MessageInitShape<typeof RetryTasksRequestSchema>): Promise<RetryTasksResponse> {
    return await this.#caller.write(JobService.method.retryTasks, request);
  }

  /** Processes a job again that has ended, as a new job. */
  async reprocessJob(request: MessageInitShape<typeof ReprocessJobRequestSchema>): Promise<ReprocessJobResponse> {
    return await this.#caller.write(JobService.method.reprocessJob, request);
  }

  /** Processes a page of jobs again. */
  async reprocessJobs(request: MessageInitShape<typeof ReprocessJobsRequestSchema>): Promise<ReprocessJobsResponse> {
    return await this.#caller.write(JobService.method.reprocessJobs, request);
  }

  /** Reads one task with its attempts. */
  async getTask(request: MessageInitShape<typeof GetTaskRequestSchema>): Promise<GetTaskResponse> {
    return await this.#caller.read(JobService.method.getTask, request);
  }

  /** Lists the tasks of one job. */
  async listTasks(request: MessageInitShape<typeof ListTasksRequestSchema>): Promise<ListTasksResponse> {
    return await this.#caller.read(JobService.method.listTasks, request);
  }

  /** Starts one execution of a plan version; with `wait`, answers when it has ended or that time is over. */
  async startJob(request: MessageInitShape<typeof StartJobRequestSchema>): Promise<StartJobResponse> {
    const { wait } = create(StartJobRequestSchema, request);
    return await this.#caller.waiting(JobService.method.startJob, withId(request), wait ?? durationOut(0));
  }

  /** Starts a job of a plan's default version on one payload and waits until it ends, as long as that takes. */
  async run(planName: string, data: Payload): Promise<Job> {
    const { job, completed } = await this.startJob({ ...startOf(planName, data), wait: durationOut(WAIT_DEFAULT_MS) });
    return completed ? present(job) : await this.wait(present(job).jobId);
  }

  /** Starts a job of a plan's default version on one payload. */
  async start(planName: string, data: Payload): Promise<Job> {
    return present((await this.startJob(startOf(planName, data))).job);
  }

  /** Waits once until the job ends or the request's `wait` is over. */
  async awaitJob(request: MessageInitShape<typeof AwaitJobRequestSchema>): Promise<AwaitJobResponse> {
    const { wait } = create(AwaitJobRequestSchema, request);
    return await this.#caller.waiting(JobService.method.awaitJob, request, wait);
  }

  /** Waits until the job ends, as long as that takes. */
  async wait(jobId: string): Promise<Job> {
    for (;;) {
      const { job, completed } = await this.awaitJob({ jobId });
      if (completed) return present(job);
    }
  }

  /** Lets running tasks end and starts nothing new. */
  async pause(jobId: string, reason: string): Promise<Job> {
    return await this.#control(jobId, JobAction.PAUSE, reason);
  }

  /** Undoes a pause. */
  async resume(jobId: string, reason: string): Promise<Job> {
    return await this.#control(jobId, JobAction.RESUME, reason);
  }

  /** Asks running tasks to stop and starts nothing new. */
  async cancel(jobId: string, reason: string): Promise<Job> {
    return await this.#control(jobId, JobAction.CANCEL, reason);
  }

  /** Ends the job now; running tasks lose their leases. */
  async terminate(jobId: string, reason: string): Promise<Job> {
    return await this.#control(jobId, JobAction.TERMINATE, reason);
  }

  /**
   * Shows jobs live, for consoles; not sent again when it breaks. Programs that must not miss anything use
   * {@link JobClient.wait}.
   */
  watchJobs(
    request: MessageInitShape<typeof WatchJobsRequestSchema>,
    signal?: AbortSignal,
  ): AsyncIterable<WatchJobsResponse> {
    return stream(this.#caller.link, JobService.method.watchJobs, request, signal);
  }

  async #control(jobId: string, action: JobAction, reason: string): Promise<Job> {
    return present((await this.controlJob({ jobId, action, reason })).job);
  }
}

function startOf(planName: string, data: Payload): MessageInitShape<typeof StartJobRequestSchema> {
  return { plan: { case: "planName", value: planName }, packet: { data: payloadOut(data) } };
}
