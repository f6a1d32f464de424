//! What was found in the system when everything had come to rest.

use std::collections::BTreeMap;

/// The rows of a job: for each table a digest of all of its rows there.
pub type Rows = BTreeMap<String, String>;

/// The end of a run, seen through public calls.
#[derive(Debug, Clone, Default)]
pub struct End {
    /// Every job, also those of sub-plans.
    pub jobs: Vec<EndJob>,
    /// Messages that are not delivered.
    pub waiting: Vec<Message>,
    /// Digests that were computed again, and those that were wrong.
    pub digests: usize,
    /// See `digests`.
    pub wrong_digests: Vec<String>,
    /// The ledger's tables; none when they could not be read.
    pub ledger: Option<EndLedger>,
    /// Jobs that had ended, with their rows then and now.
    pub rows: BTreeMap<String, (Rows, Rows)>,
    /// What became of records of the last resort, each time that one was brought back, in the order of each coordinator.
    pub brought_back: Vec<BroughtBack>,
    /// Records that no job or task took.
    pub set_aside: Vec<SetAside>,
    /// Records that still wait.
    pub kept: usize,
    /// What had not ended in time after everything was healed, and why.
    pub overdue: Vec<String>,
    /// How long the slowest took to come to rest after that, in milliseconds.
    pub rested_ms: u64,
}

/// A job.
#[derive(Debug, Clone, Default)]
pub struct EndJob {
    /// Its id.
    pub job: String,
    /// The request that started it; empty for the job of a sub-plan or a reprocess.
    pub request: String,
    /// The job that it goes on from; empty when it began from nothing.
    pub source: String,
    /// Its state.
    pub state: String,
    /// SHA-256 of its input.
    pub digest: String,
    /// Its tasks.
    pub tasks: Vec<EndTask>,
}

/// A task.
#[derive(Debug, Clone, Default)]
pub struct EndTask {
    /// Its id.
    pub task: String,
    /// Its step.
    pub step: String,
    /// Its state.
    pub state: String,
    /// The task before it.
    pub parent: String,
    /// SHA-256 of each output.
    pub outputs: Vec<String>,
    /// Its attempts.
    pub attempts: Vec<EndAttempt>,
}

/// An attempt.
#[derive(Debug, Clone, Default)]
pub struct EndAttempt {
    /// Counts from 1.
    pub number: i32,
    /// Its fence.
    pub fence: i64,
    /// Whether it has ended.
    pub ended: bool,
    /// Whether it failed.
    pub failed: bool,
    /// Whether it failed because its lease ran out.
    pub expired: bool,
}

/// The ledger, as its tables have it.
#[derive(Debug, Clone, Default)]
pub struct EndLedger {
    /// The pages, in the order of their ids.
    pub pages: Vec<EndPage>,
    /// Pages without a place, each with its count of leaves.
    pub waiting: Vec<(u64, u64)>,
    /// Places: the index of the first leaf, the page, its count of leaves.
    pub places: Vec<(u64, u64, u64)>,
    /// For each attempt where its leaf is: page and ordinal.
    pub addresses: Vec<Option<(u64, u64)>>,
    /// The checkpoints, as signed notes.
    pub notes: Vec<String>,
}

/// A page of leaves.
#[derive(Debug, Clone, Default)]
pub struct EndPage {
    /// Its id.
    pub page: u64,
    /// Its leaves.
    pub leaves: Vec<Vec<u8>>,
}

/// A record of the last resort was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BroughtBack {
    /// Its id: the same in each folder that has it.
    pub record: String,
    /// `ingested`, `already` or `set-aside`.
    pub fate: String,
}

/// A record that was set aside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SetAside {
    /// The job of a start; empty for a report.
    pub job: String,
    /// The task of a report; empty for a start.
    pub task: String,
    /// Its fence.
    pub fence: i64,
    /// Why.
    pub reason: String,
}

/// A message that waits.
#[derive(Debug, Clone, Default)]
pub struct Message {
    /// Its id.
    pub message: String,
    /// Topic and key.
    pub key: String,
    /// Whether its key is parked.
    pub parked: bool,
}

impl End {
    /// A job.
    pub fn job(&self, id: &str) -> Option<&EndJob> {
        self.jobs.iter().find(|job| job.job == id)
    }

    /// All tasks of all jobs.
    pub fn tasks(&self) -> impl Iterator<Item = &EndTask> {
        self.jobs.iter().flat_map(|job| &job.tasks)
    }
}

impl EndTask {
    /// The fence under which its result was accepted.
    pub fn accepted(&self) -> Option<i64> {
        let good = |attempt: &&EndAttempt| attempt.ended && !attempt.failed;
        self.attempts.iter().find(good).filter(|_| self.state == "SUCCEEDED").map(|attempt| attempt.fence)
    }
}

/// Whether a job in this state has ended.
pub(crate) fn is_terminal(state: &str) -> bool {
    matches!(state, "SUCCEEDED" | "FAILED" | "CANCELLED" | "TIMED_OUT")
}
