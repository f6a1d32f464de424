//! What a trace is made of: counts of a whole job, whatever its size, and artifacts without their bytes.

use esteira_model::{ArtifactId, ItemPath, JobId, JobState, PlanVersionId, TaskId, TaskState, Time, Usage, WaitReason};

/// A job in numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobTally {
    /// Steps that have a task or an arrival, by index.
    pub steps: Vec<StepTally>,
    /// Workers by attempts, those with the most first: as many as were asked for.
    pub workers: Vec<WorkerTally>,
    /// How many workers there are.
    pub worker_count: i64,
    /// Jobs that its sub-plans started, the oldest first: as many as were asked for.
    pub children: Vec<ChildJob>,
    /// How many of them there are.
    pub child_count: i64,
    /// Outputs of its leaf tasks.
    pub result_count: i64,
}

/// One step of a job in numbers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct StepTally {
    /// Index of the step.
    pub step: u16,
    /// Tasks by state.
    pub states: Vec<(TaskState, i64)>,
    /// Parked tasks by what they wait for.
    pub parked: Vec<(WaitReason, i64)>,
    /// Ready tasks by lane.
    pub queued: Vec<(String, i64)>,
    /// When the first of its tasks began.
    pub start_time: Option<Time>,
    /// When the last of those that have ended did.
    pub end_time: Option<Time>,
    /// Outputs of its ended tasks.
    pub outputs: i64,
    /// What each version of its function did, by version.
    pub versions: Vec<VersionTally>,
    /// What its policies said, by name and version.
    pub verdicts: Vec<VerdictTally>,
    /// Of a join: what arrived, by the step that it comes from.
    pub arrivals: Vec<(u16, i64)>,
}

/// Attempts that ended, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct AttemptTally {
    /// How many.
    pub attempts: i64,
    /// Those of them that failed.
    pub failed: i64,
    /// What they used: times and bytes added up, memory the greatest of all.
    pub usage: Usage,
}

/// What one version of a function did.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionTally {
    /// The version, or "".
    pub function_version: String,
    /// Its attempts.
    pub tally: AttemptTally,
}

/// What one worker did.
#[derive(Debug, Clone, PartialEq)]
pub struct WorkerTally {
    /// The worker.
    pub worker_id: String,
    /// Its attempts.
    pub tally: AttemptTally,
    /// When the first of them began.
    pub start_time: Time,
    /// When the last of them ended.
    pub end_time: Time,
}

/// What one policy said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerdictTally {
    /// Its name.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// How often it held.
    pub passed: i64,
    /// How often it did not.
    pub failed: i64,
}

/// A job that a task started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildJob {
    /// The child.
    pub job: JobId,
    /// The task that waits for it.
    pub task: TaskId,
    /// What it executes.
    pub plan_version: PlanVersionId,
    /// Where it stands.
    pub state: JobState,
}

/// How much of a job is told by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TallyLimits {
    /// Workers at most.
    pub workers: usize,
    /// Child jobs at most.
    pub children: usize,
}

/// An artifact without its bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactHead {
    /// Identity.
    pub id: ArtifactId,
    /// The job that made it.
    pub job: JobId,
    /// Whether its bytes are gone.
    pub removed: bool,
    /// Whether there is a body at all.
    pub has_body: bool,
    /// As its sender said.
    pub content_type: String,
    /// See `content_type`.
    pub schema: String,
    /// SHA-256 of the bytes.
    pub sha256: [u8; 32],
    /// How many bytes; 0 when they are gone.
    pub size_bytes: i64,
}

/// How many of the newest artifacts are looked at one by one when a digest is looked up: the index may not have them yet.
pub const NEWEST_MAX: usize = 50_000;

/// How far the index of digests is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct DigestCursor {
    /// The epoch of the log to which the index belongs: in another one leaves have other places.
    pub epoch: u64,
    /// Leaves of the log below this index are in it.
    pub index: u64,
}

/// What an artifact was to a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ArtifactRole {
    /// The task read it.
    Input,
    /// The task made it, or passed it on.
    Output,
    /// An attempt saved it for the next one.
    Checkpoint,
}

/// A task that read or made an artifact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ArtifactUse {
    /// The artifact.
    pub artifact: ArtifactId,
    /// What it was to the task.
    pub role: ArtifactRole,
    /// The task's job.
    pub job: JobId,
    /// The task.
    pub task: TaskId,
    /// Index of its step.
    pub step: u16,
    /// Which item.
    pub item_path: ItemPath,
    /// Whether its outputs are results of its job.
    pub is_leaf: bool,
}

/// Tasks that read or made artifacts.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ArtifactUses {
    /// By artifact, job and task.
    pub uses: Vec<ArtifactUse>,
    /// Whether all tasks of the jobs were looked at.
    pub is_complete: bool,
}

/// What one attempt appended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Appended {
    /// The task.
    pub task: TaskId,
    /// The fence of the attempt's lease.
    pub fence: i64,
    /// How many items.
    pub count: i64,
    /// The first of them, in order: as many as were asked for.
    pub first: Vec<ArtifactId>,
}
