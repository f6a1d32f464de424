//! The words of esteira as plain Rust values.
//!
//! Purpose: one type for each word of `docs/GLOSSARY.md`, shared by the engine, the store and the edge.
//! Must not know: any third-party crate, any I/O, any clock, any randomness, any wire format. Only a build with the feature
//! `seeded-bugs`, which never ships, asks its environment which of the bugs in [`seeded_bug`] it has.
//! Read first: [`plan`], then [`task`].

pub mod audit;
mod closed_enum;
pub mod fact;
pub mod failure;
pub mod id;
pub mod job;
pub mod leaf;
pub mod limits;
pub mod outbox;
pub mod packet;
pub mod payload;
pub mod plan;
pub mod seeded_bug;
pub mod task;
pub mod time;
pub mod usage;
pub mod uuid;

pub use audit::{AuditRecord, Decision};
pub use fact::{Arrival, Artifact, Carried, Fact};
pub use failure::{Failure, FailureKind};
pub use id::{AccountId, ArtifactId, JobId, PageId, PlanId, PlanVersionId, TaskId};
pub use job::{
    DataClass, Flow, Job, JobAction, JobState, JoinFlow, Lineage, LineageKind, Point, Reprocess, WaitingJoin,
};
pub use leaf::{LeafAt, Provenance, Seed};
pub use outbox::{Emit, OutboxMessage};
pub use packet::{Actor, AggregateRef, Headers, Packet};
pub use payload::{Body, Payload};
pub use plan::{Join, NextStep, OutputType, Plan, Policy, RetryPolicy, Run, Step};
pub use task::{Attempt, EndedTask, ItemPath, Place, Task, TaskState, Verdict, WaitReason};
pub use time::Time;
pub use usage::Usage;
pub use uuid::Uuid;
