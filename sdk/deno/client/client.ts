/**
 * Where the coordinator is, and how patient the client is with it.
 *
 * @module
 */

import { AdminClient } from "./admin.ts";
import { AuditClient } from "./audit.ts";
import { Caller } from "./caller.ts";
import { JobClient } from "./job.ts";
import { OutboxClient } from "./outbox.ts";
import { PlanClient } from "./plan.ts";
import { linkTo } from "./send.ts";
import { TraceClient } from "./trace.ts";

/** How a {@link Client} is set up. */
export interface ClientOptions {
  /** Sent as `authorization: Bearer <token>` with every call. */
  readonly token?: string;
  /**
   * How long to wait for one answer before the request is sent again; 10 s by default. A wait that the request itself
   * asks for comes on top.
   */
  readonly timeoutMs?: number;
  /** How long to go on sending the same request; 60 s by default. */
  readonly patienceMs?: number;
}

/** A client of one coordinator; opens connections with the first call. Every call throws a `ClientError`. */
export class Client {
  /** Plans and their versions. */
  readonly plans: PlanClient;
  /** Jobs and their tasks. */
  readonly jobs: JobClient;
  /** Committed messages that wait to be delivered. */
  readonly outbox: OutboxClient;
  /** The coordinator itself, its workers and queues. */
  readonly admin: AdminClient;
  /** Where jobs and data come from, and what became of them. */
  readonly traces: TraceClient;
  /** Who did what, and whether what is recorded is what happened. */
  readonly audit: AuditClient;

  /** A client of the coordinator at `endpoint`, for example `http://127.0.0.1:7440`. */
  constructor(endpoint: string, { token, timeoutMs = 10_000, patienceMs = 60_000 }: ClientOptions = {}) {
    const caller = new Caller(linkTo(endpoint, token), { timeoutMs, patienceMs });
    this.plans = new PlanClient(caller);
    this.jobs = new JobClient(caller);
    this.outbox = new OutboxClient(caller);
    this.admin = new AdminClient(caller);
    this.traces = new TraceClient(caller);
    this.audit = new AuditClient(caller);
  }
}
