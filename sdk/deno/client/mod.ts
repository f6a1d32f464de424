/**
 * Calls the coordinator: plans, jobs, outbox, administration, traces and audit, in gRPC-web over `fetch`.
 *
 * Every method sends the same bytes again on UNAVAILABLE, DEADLINE_EXCEEDED and a broken connection, with backoff, and on
 * RESOURCE_EXHAUSTED after the pause that the coordinator asks for; mutations get a `request_id` when they have none, so
 * that sending again never has a second effect. The messages are those of the contract, {@link v1}.
 *
 * @module
 */

export type { AdminClient } from "./admin.ts";
export type { AuditClient } from "./audit.ts";
export { Client, type ClientOptions } from "./client.ts";
export { ClientError } from "./error.ts";
export type { JobClient } from "./job.ts";
export type { OutboxClient } from "./outbox.ts";
export type { PlanClient } from "./plan.ts";
export type { TraceClient } from "./trace.ts";
export { durationInMs, durationOut, payloadIn, payloadOut } from "./wire.ts";
export * as v1 from "./v1.ts";
