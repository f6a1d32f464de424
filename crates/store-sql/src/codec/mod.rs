//! Domain values to cells and back: one file a kind of row, written in the order of its columns.

pub(crate) mod audit;
mod failure;
mod flow;
pub(crate) mod job;
mod json;
pub(crate) mod outbox;
mod payload;
pub(crate) mod plan;
pub(crate) mod reprocess;
pub(crate) mod task;

pub(crate) use audit::{push_audit, read_audit};
pub(crate) use failure::{failure_text, read_failure};
pub(crate) use flow::{flow_text, read_flow};
pub(crate) use job::{push_job, read_job};
pub(crate) use json::{from_json, to_json};
pub(crate) use outbox::{LeasedMessage, push_message, read_message, read_run, run_bytes};
pub(crate) use payload::{Blobs, push_artifact, read_payload, stored};
pub(crate) use plan::{actor_text, labels_text, push_plan_version, read_plan, read_plan_version};
pub(crate) use reprocess::{push_reprocess, read_reprocess};
pub(crate) use task::{
    ids_bytes, push_attempt, push_ended, push_leased, push_task, read_attempt, read_ended, read_ids, read_leaf_at,
    read_leased, read_task, read_verdicts,
};
