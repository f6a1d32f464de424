//! What one round of the committer writes: columns of rows, each kind at once, in one transaction (INV-ONE-TX).

use crate::{ledger::LedgerPage, record::AnsweredRequest};
use esteira_model::{
    Arrival, Artifact, ArtifactId, Attempt, AuditRecord, Carried, EndedTask, Job, JobId, OutboxMessage, Reprocess,
    Task, TaskId, Time, WaitReason,
};
use std::time::Duration;

/// Rows to write. The order of the fields is the order of the writes: what was taken goes before what is placed.
#[derive(Debug, Default)]
pub struct Batch {
    /// Requests answered in this transaction.
    pub requests: Vec<AnsweredRequest>,
    /// New jobs.
    pub jobs_started: Vec<Job>,
    /// Changed jobs: only the changeable part is written, guarded by `revision - 1`.
    pub jobs_changed: Vec<Job>,
    /// New bytes with their SHA-256.
    pub artifacts: Vec<(Artifact, [u8; 32])>,
    /// Live tasks that leave their place. Each must have been there: else the unit is a `Conflict`.
    pub taken: Vec<Taken>,
    /// Tasks that are ready.
    pub queued: Vec<Queued>,
    /// Tasks that wait.
    pub parked: Vec<Parked>,
    /// Tasks that are granted to a worker.
    pub leased: Vec<Leased>,
    /// History.
    pub attempts: Vec<Attempt>,
    /// History.
    pub ended: Vec<EndedTask>,
    /// Which of the ended tasks stand for tasks of other jobs.
    pub carried: Vec<Carried>,
    /// What was asked for of jobs that are processed again.
    pub reprocesses: Vec<Reprocess>,
    /// Outputs that wait at a join.
    pub arrivals: Vec<Arrival>,
    /// Committed messages.
    pub outbox: Vec<OutboxMessage>,
    /// What is recorded of all this for ever; the pages wait for their place in the log.
    pub leaves: Vec<LedgerPage>,
    /// Who did what.
    pub audit: Vec<AuditRecord>,
}

/// A live task that leaves its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Taken {
    /// Its job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// The fence that the row must still carry (INV-FENCE).
    pub fence: i64,
    /// Which hot table holds it.
    pub from: Hot,
}

/// The three hot tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Hot {
    /// Ready tasks.
    Queue,
    /// Waiting tasks.
    Parked,
    /// Granted tasks.
    Lease,
}

/// A ready task in its lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Queued {
    /// The task.
    pub task: Task,
    /// The lane's text form.
    pub lane: String,
    /// The negated priority: smaller goes first; equal ranks go by task id, oldest first.
    pub rank: i32,
}

/// A waiting task.
#[derive(Debug, Clone, PartialEq)]
pub struct Parked {
    /// The task.
    pub task: Task,
    /// For what it waits.
    pub reason: WaitReason,
    /// When it moves on by itself.
    pub due: Option<Time>,
    /// What it waits behind, first come first served: the aggregate's key for `AGGREGATE_BUSY`, else none.
    pub behind: Option<String>,
}

/// A task under a lease.
#[derive(Debug, Clone, PartialEq)]
pub struct Leased {
    /// The task; its `fence` is this lease's.
    pub task: Task,
    /// The lane that it came from.
    pub lane: String,
    /// Its rank there.
    pub rank: i32,
    /// Who runs it.
    pub worker_id: String,
    /// The poll that got it, so that a repeat of the poll gets it again (INV-POLL).
    pub request_id: String,
    /// The version that the worker registered for the function, or "".
    pub function_version: String,
    /// Its length between two heartbeats.
    pub ttl: Duration,
    /// When it was granted.
    pub grant_time: Time,
    /// When it is lost without a heartbeat.
    pub expire_time: Time,
    /// When the attempt times out, heartbeat or not.
    pub timeout_time: Option<Time>,
}

/// What a heartbeat changes.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// Its job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// The fence that the lease must carry.
    pub fence: i64,
    /// The new end of the lease.
    pub expire_time: Time,
    /// The new length of the lease.
    pub ttl: Duration,
    /// The new checkpoint, already in `artifacts` of this unit; none keeps the old one.
    pub checkpoint: Option<ArtifactId>,
}
