//! Facts: what a transition changes. The engine returns them, the store writes them, all in one transaction (INV-ONE-TX).

use crate::{
    id::{ArtifactId, JobId, TaskId},
    job::DataClass,
    outbox::OutboxMessage,
    payload::Payload,
    task::{Attempt, EndedTask, ItemPath, Place, Task},
};

/// The bytes that a task produced or was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Artifact {
    /// Identity.
    pub id: ArtifactId,
    /// The job that it belongs to; a sub-plan's input belongs to the parent.
    pub job: JobId,
    /// The job's data class (INV-LABEL).
    pub data_class: DataClass,
    /// The bytes.
    pub payload: Payload,
}

/// An output that reached a join and waits there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// The job.
    pub job: JobId,
    /// Index of the join's step.
    pub join_step: u16,
    /// Item path of what arrived; arrivals are ordered by it, then by `from_step`.
    pub item_path: ItemPath,
    /// Index of the step that it comes from.
    pub from_step: u16,
    /// The task that it comes from.
    pub from_task: TaskId,
    /// The data.
    pub artifact: ArtifactId,
}

/// That a task stands for one that another job executed: its data is that task's, and it has no attempts of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Carried {
    /// The job that took it over.
    pub job: JobId,
    /// Its task.
    pub task: TaskId,
    /// The job that executed it.
    pub from_job: JobId,
    /// The task that was executed.
    pub from_task: TaskId,
}

/// One change besides the job's own. Facts of a decision are written in order of their kind, not of their place in the list.
#[derive(Debug, Clone, PartialEq)]
pub enum Fact {
    /// Bytes were produced.
    ArtifactStored(Artifact),
    /// A live task left the place where it was.
    TaskTaken(JobId, TaskId),
    /// A live task is now here: a new one, or one that moved.
    TaskPlaced(Box<Task>, Place),
    /// An attempt ended.
    AttemptEnded(Box<Attempt>),
    /// A task ended.
    TaskEnded(Box<EndedTask>),
    /// A task that ended in this decision was executed by another job.
    TaskCarried(Carried),
    /// An output waits at a join.
    Arrived(Arrival),
    /// A message was committed to the outbox.
    Emitted(Box<OutboxMessage>),
}
