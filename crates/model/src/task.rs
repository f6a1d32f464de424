//! Tasks and attempts.

use crate::{
    closed_enum::closed_enum,
    failure::Failure,
    id::{ArtifactId, JobId, TaskId},
    leaf::LeafAt,
    packet::AggregateRef,
    time::Time,
    usage::Usage,
};
use std::fmt;

closed_enum! {
    /// Where a task stands. The last four are terminal.
    TaskState {
        /// Waits for something else than a worker: see its wait reason.
        Waiting = "WAITING",
        /// Waits for a worker.
        Ready = "READY",
        /// A worker runs it.
        Leased = "LEASED",
        /// Waits for its next attempt.
        Backoff = "BACKOFF",
        /// Its output is recorded.
        Succeeded = "SUCCEEDED",
        /// No attempt succeeded.
        Failed = "FAILED",
        /// Stopped with its job.
        Cancelled = "CANCELLED",
        /// There was nothing to do: a fan-out of zero items, or a join that can no longer fire.
        Skipped = "SKIPPED",
    }
}

closed_enum! {
    /// Why something does not progress (INV-WHY).
    WaitReason {
        /// Ready, and no worker asks for its function.
        NoWorker = "NO_WORKER",
        /// The pause before the next attempt.
        RetryBackoff = "RETRY_BACKOFF",
        /// The step's `max_in_flight` is used up.
        Concurrency = "CONCURRENCY",
        /// The job is paused.
        Paused = "PAUSED",
        /// A join waits for the branches that lead to it.
        Join = "JOIN",
        /// A `wait` step, or a start time that has not come.
        Delayed = "DELAYED",
        /// Another task works on the same aggregate.
        AggregateBusy = "AGGREGATE_BUSY",
        /// A child job runs.
        SubPlan = "SUB_PLAN",
        /// An operator paused the queue.
        QueuePaused = "QUEUE_PAUSED",
    }
}

/// The item indexes that led to a task, outermost fan-out first; empty outside any fan-out.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct ItemPath(pub Vec<u32>);

impl ItemPath {
    /// The path of item `index` of a fan-out at this path.
    pub fn item(&self, index: u32) -> Self {
        let mut path = self.0.clone();
        path.push(index);
        Self(path)
    }

    /// Four big-endian bytes an index: comparing the bytes compares the paths.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|index| index.to_be_bytes()).collect()
    }

    /// The reverse of [`ItemPath::to_bytes`]; a trailing partial index is dropped.
    pub fn from_bytes(bytes: &[u8]) -> Self {
        Self(bytes.chunks_exact(4).map(|c| u32::from_be_bytes([c[0], c[1], c[2], c[3]])).collect())
    }
}

impl fmt::Display for ItemPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, index) in self.0.iter().enumerate() {
            write!(f, "{}{index}", if i == 0 { "" } else { "." })?;
        }
        Ok(())
    }
}

/// A live task: one step on one item of data, with all that a transition needs to know about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Identity.
    pub id: TaskId,
    /// Its job.
    pub job: JobId,
    /// Index of its step in the plan version.
    pub step: u16,
    /// Which item.
    pub item_path: ItemPath,
    /// The task whose end created it.
    pub parent: Option<TaskId>,
    /// The data that it runs on. A waiting join has none until it fires.
    pub input: Option<ArtifactId>,
    /// The aggregate that it moves.
    pub aggregate: Option<AggregateRef>,
    /// Attempts granted so far.
    pub attempts: u32,
    /// Reported failures and time-outs so far; what `max_attempts` limits.
    pub failures: u32,
    /// Leases lost so far; what the poison cap limits.
    pub expiries: u32,
    /// Fence of the newest grant; 0 before the first.
    pub fence: i64,
    /// What the newest attempt saved for the next one.
    pub checkpoint: Option<ArtifactId>,
    /// When it came to be.
    pub create_time: Time,
    /// When its first attempt began.
    pub start_time: Option<Time>,
}

/// Where a live task is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Ready for a worker.
    Queue,
    /// Waits for something else.
    Parked {
        /// What it waits for.
        reason: WaitReason,
        /// When it moves on by itself, if time is what it waits for.
        due: Option<Time>,
    },
}

/// One try of a task by one worker under one lease, after it ended (INV-APPEND).
#[derive(Debug, Clone, PartialEq)]
pub struct Attempt {
    /// The task's job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// Counts from 1.
    pub number: u32,
    /// The lease's fence.
    pub fence: i64,
    /// Who ran it; "" for the engine.
    pub worker_id: String,
    /// The function version that the worker registered, or "".
    pub function_version: String,
    /// Coordinator times.
    pub start_time: Time,
    /// See `start_time`.
    pub end_time: Time,
    /// The worker's own times, if it reported them.
    pub worker_start_time: Option<Time>,
    /// See `worker_start_time`.
    pub worker_end_time: Option<Time>,
    /// Why it failed; none for a success.
    pub failure: Option<Failure>,
    /// What it used.
    pub usage: Usage,
    /// First 16 bytes of the SHA-256 of the report, so that a repeat is known again (INV-REPLAY).
    pub report_digest: [u8; 16],
    /// Where it is recorded in the ledger.
    pub leaf_at: Option<LeafAt>,
}

/// What a policy said about one input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// The policy's name.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Whether the rule held.
    pub passed: bool,
    /// For a person; names `input` or `output N`.
    pub detail: String,
}

/// A task after it ended (INV-APPEND, INV-DATES).
#[derive(Debug, Clone, PartialEq)]
pub struct EndedTask {
    /// What it was.
    pub task: Task,
    /// How it ended.
    pub state: TaskState,
    /// When.
    pub end_time: Time,
    /// What it produced, in item order.
    pub outputs: Vec<ArtifactId>,
    /// Whether its branch ended here: its outputs are results of the job.
    pub leaf: bool,
    /// What the policies said.
    pub verdicts: Vec<Verdict>,
    /// Why it failed.
    pub failure: Option<Failure>,
}
