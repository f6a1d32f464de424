//! Jobs: one execution of one plan version.

use crate::{
    closed_enum::closed_enum,
    failure::Failure,
    id::{AccountId, ArtifactId, JobId, PlanVersionId, TaskId},
    leaf::{LeafAt, Provenance},
    packet::{Actor, AggregateRef, Headers},
    time::Time,
};
use std::{collections::BTreeMap, sync::Arc};

closed_enum! {
    /// Where a job stands. The last four are terminal and absorb (I4).
    JobState {
        /// Accepted; waits for its start time.
        Pending = "PENDING",
        /// Has live tasks.
        Running = "RUNNING",
        /// Running tasks end, nothing new starts.
        Paused = "PAUSED",
        /// Running tasks are asked to stop, nothing new starts.
        Cancelling = "CANCELLING",
        /// Every branch came to its end.
        Succeeded = "SUCCEEDED",
        /// A task failed and no step took the failure.
        Failed = "FAILED",
        /// Stopped by an operator.
        Cancelled = "CANCELLED",
        /// Its time-out passed.
        TimedOut = "TIMED_OUT",
    }
}

impl JobState {
    /// Whether nothing can change any more.
    pub const fn is_terminal(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled | Self::TimedOut)
    }
}

closed_enum! {
    /// Label that decides whether a job's data may be purged (INV-LABEL).
    DataClass {
        /// Real data; kept for ever unless an operator says otherwise.
        Production = "PRODUCTION",
        /// Quality assurance.
        Qa = "QA",
        /// Development and test.
        Devtest = "DEVTEST",
    }
}

closed_enum! {
    /// What an operator may do to a job.
    JobAction {
        /// Let running tasks end, start nothing new.
        Pause = "PAUSE",
        /// Undo a pause.
        Resume = "RESUME",
        /// Ask running tasks to stop; cooperative.
        Cancel = "CANCEL",
        /// Drop all leases now.
        Terminate = "TERMINATE",
    }
}

closed_enum! {
    /// Where a job comes from.
    LineageKind {
        /// Started by a caller.
        Direct = "DIRECT",
        /// Started by a step of another job.
        SubPlan = "SUB_PLAN",
        /// Started by an operator to go on from a job that has ended.
        Reprocess = "REPROCESS",
    }
}

/// A job's ancestry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lineage {
    /// How it came to be.
    pub kind: LineageKind,
    /// First job of the tree; its own id for one that no step started.
    pub root: JobId,
    /// The job and task that started it.
    pub parent: Option<(JobId, TaskId)>,
    /// Nesting depth: 0 for a job that no step started.
    pub depth: u32,
    /// The ended job that it goes on from; of a sub-plan's job, the one that the sub-plan went on inside.
    pub source: Option<JobId>,
}

/// From where a job that has ended is processed again. What did not succeed runs in any case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Point {
    /// The step at which the job stopped, with all its items; of a job that succeeded, the step that began last. A sub-plan is
    /// gone into: it goes on from its own last step.
    LastStep,
    /// These steps, with all their items, and what follows them.
    Steps(Vec<Arc<str>>),
    /// Only what did not succeed.
    FailedItems,
}

/// What is recorded of a job that was processed again, beside the new job itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reprocess {
    /// The new job.
    pub job: JobId,
    /// The job that it goes on from, which never changes.
    pub source: JobId,
    /// From where.
    pub point: Point,
    /// Why, in the operator's words.
    pub reason: String,
    /// Who.
    pub actor: Arc<Actor>,
    /// The input that was given in place of the recorded one.
    pub input: Option<ArtifactId>,
    /// When.
    pub time: Time,
    /// Its leaf, the first of the new job; none for one that an older version recorded.
    pub leaf_at: Option<LeafAt>,
}

/// What the engine knows of a running job beyond its tasks: how many tokens there are, and what each join waits for.
///
/// Written only when a count changes: a plain sequential step leaves it as it is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Flow {
    /// Live tasks that can still progress by themselves (waiting joins and failed tasks are not among them).
    pub open: u64,
    /// Tasks that failed and that no step took over.
    pub failed: u64,
    /// For each join of the plan, in plan order: what it waits for.
    pub joins: Vec<JoinFlow>,
}

/// What one join waits for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JoinFlow {
    /// Tasks at steps that lead to the join and that have not come to rest.
    pub pending: u64,
    /// The waiting task, once the join was reached and until it fires.
    pub waiting: Option<WaitingJoin>,
    /// Whether it has fired.
    pub fired: bool,
}

/// The task of a join that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitingJoin {
    /// Its id.
    pub task: TaskId,
    /// The task that reached the join first.
    pub parent: TaskId,
    /// When that was.
    pub create_time: Time,
    /// Highest version of the aggregate among what has arrived; 0 when the job moves none.
    pub aggregate_version: i64,
}

/// A job as the coordinator keeps it. Everything above `state` never changes after the start.
#[derive(Debug, Clone, PartialEq)]
pub struct Job {
    /// Identity.
    pub id: JobId,
    /// Tenant.
    pub account: AccountId,
    /// What it executes.
    pub plan_version: PlanVersionId,
    /// Purge label; immutable.
    pub data_class: DataClass,
    /// On whose behalf.
    pub actor: Arc<Actor>,
    /// Copied to every packet.
    pub headers: Arc<Headers>,
    /// Free labels to search by.
    pub labels: Arc<BTreeMap<String, String>>,
    /// The aggregate that it started with.
    pub aggregate: Option<AggregateRef>,
    /// The data that it started with.
    pub input: ArtifactId,
    /// Higher runs first.
    pub priority: i32,
    /// Ancestry.
    pub lineage: Lineage,
    /// When it was accepted.
    pub create_time: Time,
    /// When it may start, if that was later.
    pub start_after: Option<Time>,
    /// When it times out.
    pub deadline: Option<Time>,
    /// What the ledger knows of its start.
    pub provenance: Provenance,

    /// Where it stands.
    pub state: JobState,
    /// Token counts.
    pub flow: Flow,
    /// When its first task was created.
    pub start_time: Option<Time>,
    /// Set with the terminal state, in the same transaction (INV-DATES).
    pub end_time: Option<Time>,
    /// Since when it is being cancelled.
    pub cancel_time: Option<Time>,
    /// The first failure that no step took, or why it was stopped.
    pub failure: Option<Failure>,
    /// The last operator action's reason, or "".
    pub note: String,
    /// Where its end is recorded; set with `end_time`.
    pub end_leaf_at: Option<LeafAt>,
    /// Counts the writes of this row; the etag.
    pub revision: i64,
}
