/**
 * The messages and services of the contract, as `cargo xtask gen` made them.
 *
 * @module
 */

export * from "../gen/esteira/v1/admin_pb.ts";
export * from "../gen/esteira/v1/audit_pb.ts";
export * from "../gen/esteira/v1/job_pb.ts";
export * from "../gen/esteira/v1/outbox_pb.ts";
export * from "../gen/esteira/v1/plan_pb.ts";
export * from "../gen/esteira/v1/trace_pb.ts";
export * from "../gen/esteira/v1/types_pb.ts";
export * from "../gen/esteira/v1/worker_pb.ts";
