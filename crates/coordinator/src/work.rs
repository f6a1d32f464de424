//! Work for the committer: commands of callers and of the background loops.

use crate::{
    audit::Deed, catalog::ToStart, error::Result, hub::Change, last_resort::Level, reprocess::Reprocessing,
    token::TaskToken,
};
use async_trait::async_trait;
use esteira_model::{
    AccountId, AggregateRef, AuditRecord, DataClass, Emit, Failure, Job, JobAction, JobId, Payload, TaskId, Time,
    Usage, Verdict,
};
use esteira_store::Unit;
use std::{sync::Arc, time::Duration};
use tokio::sync::oneshot;

/// Who calls: derived by the edge, never taken from a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    /// Tenant.
    pub account: AccountId,
    /// The operator.
    pub user_id: String,
    /// Which credential was shown: its id, never the secret; or "".
    pub credential_id: String,
    /// The data class of jobs that it starts, unless it asks for another.
    pub data_class: DataClass,
}

/// A request that a caller may send again (INV-REPLAY).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestKey {
    /// Tenant.
    pub account: AccountId,
    /// The caller's id of it.
    pub id: String,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
}

/// A job to start.
#[derive(Debug, Clone)]
pub struct Start {
    /// The job, as it is before its first transition.
    pub job: Job,
    /// Its input.
    pub input: Payload,
    /// What it runs.
    pub to_start: ToStart,
    /// For replays.
    pub request: Option<RequestKey>,
    /// Whether the caller chose the id: then it may be taken.
    pub chosen_id: bool,
    /// Whether it was accepted before, by the last resort: then its time is that of the job.
    pub accepted: bool,
    /// The ended job that it goes on from, with what it takes over.
    pub reprocess: Option<Box<Reprocessing>>,
    /// The call that is recorded with it; none for a plain start, which is its own record.
    pub deed: Option<Arc<Deed>>,
}

/// A started job.
#[derive(Debug, Clone, PartialEq)]
pub struct Started {
    /// The job.
    pub job: Job,
    /// Whether an earlier request had started it.
    pub deduplicated: bool,
    /// The level of the last resort that holds it, when the store did not take it.
    pub held: Option<Level>,
}

/// What a worker says of a task.
#[derive(Debug, Clone)]
pub struct Report {
    /// The lease.
    pub token: TaskToken,
    /// The outcome.
    pub outcome: Reported,
    /// What the attempt used.
    pub usage: Usage,
    /// The worker's own times.
    pub worker_start_time: Option<Time>,
    /// See `worker_start_time`.
    pub worker_end_time: Option<Time>,
    /// Identifies the report (INV-REPLAY).
    pub digest: [u8; 16],
    /// The lease's capsule, if the worker sent it: looked at only while the store is gone.
    pub capsule: Vec<u8>,
}

/// A reported outcome.
#[derive(Debug, Clone)]
pub enum Reported {
    /// Done.
    Completed {
        /// The data.
        output: ReportedOutput,
        /// The aggregate after it moved.
        aggregate_after: Option<AggregateRef>,
        /// Messages to commit with it.
        emits: Vec<Emit>,
        /// The function's own verdicts.
        verdicts: Vec<Verdict>,
    },
    /// Not done.
    Failed(Failure, Option<Payload>),
    /// Handed back unstarted.
    Released,
}

/// A reported output.
#[derive(Debug, Clone)]
pub enum ReportedOutput {
    /// Nothing.
    None,
    /// One.
    Single(Payload),
    /// Any number.
    Multiple(Vec<Payload>),
    /// This many, sent before by `AppendOutputs`.
    Appended(u64),
}

/// What became of a report.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ReportResult {
    /// It had been applied before.
    pub already_applied: bool,
    /// When the task will be tried again, if it failed and will be.
    pub retry_in: Option<Duration>,
    /// Why it was not applied.
    pub refused: Option<(crate::error::Reason, String)>,
    /// The level of the last resort that holds it, when the store did not take it.
    pub held: Option<Level>,
    /// It could be kept if its lease's capsule came with it.
    pub capsule_wanted: bool,
}

impl ReportResult {
    /// A report that was not applied.
    pub fn refused(reason: crate::error::Reason, message: impl Into<String>) -> Self {
        Self { refused: Some((reason, message.into())), ..Self::default() }
    }
}

/// A sign of life for a lease.
#[derive(Debug, Clone)]
pub struct HeartBeat {
    /// The lease.
    pub token: TaskToken,
    /// Something to keep for the next attempt.
    pub checkpoint: Option<Payload>,
    /// A new lease length.
    pub ttl: Option<Duration>,
}

/// What a heartbeat tells a worker. Verdicts are values, not errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BeatVerdict {
    /// Go on; the lease has this length.
    Active(Duration),
    /// Stop soon: the job is being cancelled.
    CancelRequested(Duration),
    /// Somebody else may run it now: drop it.
    Lost,
}

/// An operator's action on a job.
#[derive(Debug, Clone)]
pub struct Control {
    /// Tenant.
    pub account: AccountId,
    /// The job.
    pub job: JobId,
    /// What to do.
    pub action: JobAction,
    /// Why.
    pub reason: String,
    /// The revision that the caller saw; none = any.
    pub revision: Option<i64>,
    /// For replays.
    pub request: Option<RequestKey>,
    /// The call that is recorded with it.
    pub deed: Option<Arc<Deed>>,
}

/// Failed tasks to try again.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Tenant.
    pub account: AccountId,
    /// The job.
    pub job: JobId,
    /// The tasks.
    pub tasks: Vec<TaskId>,
    /// For replays.
    pub request: Option<RequestKey>,
    /// The call that is recorded with it.
    pub deed: Option<Arc<Deed>>,
}

/// A chunk of outputs.
#[derive(Debug, Clone)]
pub struct Append {
    /// The lease.
    pub token: TaskToken,
    /// Counts from 0.
    pub chunk_index: u32,
    /// The outputs.
    pub items: Vec<Payload>,
}

/// Where an answer goes.
pub type Reply<T> = oneshot::Sender<Result<T>>;

/// What waits for the committer.
pub enum Item {
    /// Shares a transaction with what waits beside it.
    Together(Work),
    /// Has one of its own.
    Alone(Box<dyn Exclusive>),
}

/// One piece of work that shares a transaction with what waits beside it.
pub enum Work {
    /// Start a job.
    Start(Box<Start>, Reply<Started>),
    /// Apply reports.
    Report(Vec<Report>, Reply<Vec<ReportResult>>),
    /// Extend leases.
    Beat(Vec<HeartBeat>, Reply<Vec<BeatVerdict>>),
    /// Add outputs.
    Append(Append, Reply<u64>),
    /// Act on a job.
    Control(Control, Reply<Job>),
    /// Try failed tasks again; answers with the new tasks.
    Retry(Retry, Reply<Vec<TaskId>>),
    /// Make a record durable.
    Record(Box<AuditRecord>, Reply<()>),
    /// Look for what time has brought.
    Tick {
        /// Whether leases may be declared lost: not right after the clock jumped.
        reap: bool,
    },
    /// Polls wait at a lane with a backlog.
    Claim,
}

/// Work in a transaction of its own: plans, queues, the outbox.
#[async_trait]
pub trait Exclusive: Send {
    /// Does it; what it returns is committed when it is `Ok`.
    async fn run(&mut self, unit: &mut dyn Unit) -> Result<()>;
    /// Answers, after the commit or the rollback.
    fn answer(self: Box<Self>, result: Result<()>);
}

/// Changes to tell after a commit.
pub(crate) type Told = Vec<(JobId, Change)>;
