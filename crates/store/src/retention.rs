//! What is kept of jobs that have ended, and what a purge removes.

use crate::removal::Begun;
use esteira_model::{AccountId, DataClass, JobId, TaskId, Time};
use std::time::Duration;

/// How long the jobs of a project and data class are kept after their end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Retention {
    /// Tenant.
    pub account: AccountId,
    /// The project.
    pub project: String,
    /// The data class.
    pub data_class: DataClass,
    /// From the end of the job that nobody else started; none = for ever. Whole seconds.
    pub keep: Option<Duration>,
}

/// A job that a caller started, with all jobs that its sub-plans started: they are kept and removed together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tree {
    /// The job that a caller started.
    pub root: JobId,
    /// Tenant.
    pub account: AccountId,
    /// The project of the root's plan.
    pub project: String,
    /// The root's data class, which is that of all (INV-LABEL).
    pub data_class: DataClass,
    /// When the root ended; none while it has not.
    pub end_time: Option<Time>,
}

/// Why a tree that is due stays all the same (INV-WHY).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Held {
    /// A job of it has not ended.
    Open,
    /// A message of it was not delivered.
    Undelivered,
    /// A job that is kept goes on from a job of it, and refers to its data.
    Referred,
}

/// What was removed, or would be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Removed {
    /// Jobs.
    pub jobs: u64,
    /// Ended tasks, with their attempts.
    pub tasks: u64,
    /// Artifacts.
    pub artifacts: u64,
    /// Bytes of bodies that nothing refers to any more.
    pub bytes: u64,
}

impl std::ops::AddAssign for Removed {
    fn add_assign(&mut self, more: Self) {
        self.jobs += more.jobs;
        self.tasks += more.tasks;
        self.artifacts += more.artifacts;
        self.bytes += more.bytes;
    }
}

/// A task so large that it is removed in several steps.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// Artifacts of it that are gone.
    pub skip: usize,
}

/// One bounded step of a purge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Purged {
    /// What this step removed.
    pub removed: Removed,
    /// Jobs of which it began to remove rows, and which no [`crate::Removal`] certifies as gone yet: their certificates belong into
    /// the same unit.
    pub begun: Vec<Begun>,
    /// A task that is partly removed: the next step goes on with it.
    pub part: Option<Part>,
    /// Whether nothing is left of the trees that it was given.
    pub complete: bool,
}
