//! The read side: what people and consoles ask. Never on the path of a decision.

use crate::{
    error::Result,
    ledger::{BodyDigest, LedgerPage},
    log::{LedgerCheckpoint, LedgerEpoch, LedgerHead, LedgerNode, LedgerPlace},
    page::{Filter, Page, Paged},
    record::{Live, PlanRecord, PlanVersionRecord},
    removal::Removal,
    retention::{Held, Removed, Retention, Tree},
    trace::{Appended, ArtifactHead, ArtifactUses, DigestCursor, JobTally, TallyLimits},
};
use async_trait::async_trait;
use esteira_model::{
    AccountId, Arrival, ArtifactId, Attempt, AuditRecord, Carried, EndedTask, Job, JobId, OutboxMessage, PageId,
    Payload, PlanId, PlanVersionId, Reprocess, TaskId, TaskState, Time,
};

/// Reads of committed state, on connections of their own.
#[async_trait]
pub trait Reader: Send + Sync {
    /// A job of this account.
    async fn job(&self, account: &AccountId, id: JobId) -> Result<Option<Job>>;
    /// The revisions of these jobs, in any order; unknown ones are left out.
    async fn job_revisions(&self, ids: &[JobId]) -> Result<Vec<(JobId, i64)>>;
    /// Those of these leases (job, task, fence) that were not ended and not granted again, in any order.
    async fn held_leases(&self, leases: &[(JobId, TaskId, i64)]) -> Result<Vec<(JobId, TaskId, i64)>>;
    /// The leases of an account's workers, or of one of them, in any order.
    async fn worker_leases(&self, account: &AccountId, worker_id: Option<&str>) -> Result<Vec<WorkerLease>>;
    /// Jobs, newest first. Fields: `state`, `plan_version_id`, `plan_id`, `data_class`, `root_job_id`, `parent_job_id`, `create_time`, `end_time`, `labels.<key>`.
    async fn list_jobs(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<Job>>;
    /// What is shown of a job beside itself, in one snapshot: at most `results` results with their bytes.
    async fn job_details(&self, job: &Job, results: usize) -> Result<JobDetails>;
    /// Results of a job in item order, at most `limit`, and how many there are.
    async fn job_results(&self, job: JobId, limit: usize) -> Result<(Vec<Stored>, i64)>;
    /// All results of each of these jobs, of those that have at most `most`, in any order. The plan of each is a line of steps, so
    /// that few of its tasks are ends; a job of which a result was purged is left out.
    async fn line_results(&self, jobs: &[JobId], most: usize) -> Result<Vec<(JobId, Vec<Stored>)>>;
    /// Live and ended tasks of a job, oldest first. Fields: `state`, `step` (the step's index).
    async fn list_tasks(&self, job: JobId, filter: &Filter, page: &Page) -> Result<Paged<TaskRecord>>;
    /// One task.
    async fn task(&self, job: JobId, task: TaskId) -> Result<Option<TaskRecord>>;
    /// Ended tasks of a job by task id, behind this one.
    async fn executed_tasks(&self, job: JobId, after: Option<TaskId>, limit: usize) -> Result<Vec<Executed>>;
    /// Those of these tasks of a job that stand for tasks of other jobs, in any order.
    async fn carried_tasks(&self, job: JobId, tasks: &[TaskId]) -> Result<Vec<Carried>>;
    /// What was asked for of a job that is another one processed again.
    async fn reprocess(&self, job: JobId) -> Result<Option<Reprocess>>;
    /// Attempts that ended, of one task, in order.
    async fn attempts(&self, job: JobId, task: TaskId) -> Result<Vec<Attempt>>;
    /// Attempts of a job that ended, by task and number, at most `limit`, behind this one.
    async fn attempts_of_job(&self, job: JobId, after: Option<(TaskId, u32)>, limit: usize) -> Result<Vec<Attempt>>;
    /// What arrived at the joins of a job: by join, item path, then `from_step`.
    async fn arrivals_of_job(&self, job: JobId) -> Result<Vec<Arrival>>;
    /// These jobs, of whichever account, in any order; unknown ones are left out. For the coordinator itself, not for a caller.
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Job>>;
    /// See [`crate::Unit::ledger_pages`].
    async fn ledger_pages(&self, ids: &[PageId]) -> Result<Vec<LedgerPage>>;
    /// Pages that have no place in the log yet, behind this one, with the number of their leaves, the lowest ids first.
    async fn waiting_pages(&self, after: Option<PageId>, limit: usize) -> Result<Vec<(PageId, u32)>>;
    /// See [`crate::Unit::digests`].
    async fn digests(&self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, BodyDigest)>>;
    /// Attempts that ended, of these tasks of a job, by task, then in order.
    async fn attempts_of(&self, job: JobId, tasks: &[TaskId]) -> Result<Vec<Attempt>>;
    /// A job in numbers, in one snapshot; what is read does not grow with its outputs.
    async fn job_tally(&self, job: JobId, limits: TallyLimits) -> Result<JobTally>;
    /// These artifacts without their bytes, purged ones too, in any order; unknown ones are left out.
    async fn artifact_heads(&self, ids: &[ArtifactId]) -> Result<Vec<ArtifactHead>>;
    /// Artifacts of this account whose body has this digest, newest first; removed ones are not found. Those that the index
    /// has not yet are found among the newest [`crate::NEWEST_MAX`] of the store. A page may be short although there are more.
    async fn find_artifacts(&self, account: &AccountId, sha256: &[u8; 32], page: &Page) -> Result<Paged<ArtifactHead>>;
    /// Tasks of these jobs that read or made one of these artifacts; at most about `limit` tasks of each place are looked at.
    async fn artifact_uses(&self, jobs: &[JobId], artifacts: &[ArtifactId], limit: usize) -> Result<ArtifactUses>;
    /// What attempts of these tasks of a job appended, by task and fence, with the ids of the `first` items of each.
    async fn appended_of(&self, job: JobId, tasks: &[TaskId], first: usize) -> Result<Vec<Appended>>;
    /// What these tasks read, made, saved and appended, if they have ended; and what tasks of these jobs read that ended
    /// without an attempt. In any order, some twice.
    async fn artifacts_of(&self, tasks: &[(JobId, TaskId)], jobs: &[JobId]) -> Result<Vec<ArtifactId>>;
    /// How far the index of digests is.
    async fn digest_cursor(&self) -> Result<DigestCursor>;
    /// Bytes and digests of artifacts; purged ones are left out.
    async fn artifacts(&self, ids: &[ArtifactId]) -> Result<Vec<Stored>>;
    /// A plan by id.
    async fn plan(&self, account: &AccountId, id: PlanId) -> Result<Option<PlanRecord>>;
    /// A plan by name.
    async fn plan_by_name(&self, account: &AccountId, name: &str) -> Result<Option<PlanRecord>>;
    /// Plans by name. Fields: `name`, `project`, `aggregate_type`, `labels.<key>`.
    async fn list_plans(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<PlanRecord>>;
    /// A version by id.
    async fn plan_version(&self, account: &AccountId, id: PlanVersionId) -> Result<Option<PlanVersionRecord>>;
    /// A version by number.
    async fn plan_version_by_number(
        &self,
        account: &AccountId,
        plan: PlanId,
        version: i32,
    ) -> Result<Option<PlanVersionRecord>>;
    /// Versions of a plan, newest first. Field: `version`.
    async fn list_plan_versions(
        &self,
        account: &AccountId,
        plan: PlanId,
        filter: &Filter,
        page: &Page,
    ) -> Result<Paged<PlanVersionRecord>>;
    /// What waits and runs in each lane.
    async fn lane_counts(&self) -> Result<Vec<LaneCount>>;
    /// Messages in the outbox by sequence. Fields: `topic`, `key`, `job_id`, `parked`.
    async fn list_outbox(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<OutboxRow>>;
    /// Ended attempts of these jobs, of tasks that ended, in any order; at most `limit`.
    async fn attempt_samples(&self, jobs: &[JobId], limit: usize) -> Result<Vec<AttemptSample>>;
    /// Records of operators' calls, newest first. Fields: `start_time`, `user_id`, `credential_id`, `action`, `resource`,
    /// `decision`, `result`, `client_address`, `data_class`.
    async fn list_audit_records(&self, account: &AccountId, filter: &Filter, page: &Page)
    -> Result<Paged<AuditRecord>>;
    /// Records of operators' calls whose leaves are on these pages, of whichever account, in any order. For the coordinator itself.
    async fn audit_records_on(&self, pages: &[PageId]) -> Result<Vec<AuditRecord>>;
    /// Records of operators' calls behind this id, the lowest ids first, of whichever account. For the coordinator itself.
    async fn audit_records_behind(&self, id: i64, limit: usize) -> Result<Vec<AuditRecord>>;
    /// The policies that were set, by account, project and data class.
    async fn retention(&self) -> Result<Vec<Retention>>;
    /// Projects that hold a plan or have a policy, by name.
    async fn projects(&self, account: &AccountId) -> Result<Vec<String>>;
    /// Trees of all accounts by the id of their root, oldest first, behind this one.
    async fn trees(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Tree>>;
    /// Those of these trees that must stay, whatever their age. A tree that has ended stays ended.
    async fn held_trees(&self, roots: &[JobId]) -> Result<Vec<(JobId, Held)>>;
    /// What a purge of these trees would remove. A body that something outside of them refers to is not counted.
    async fn trees_size(&self, roots: &[JobId]) -> Result<Removed>;
    /// See [`crate::Unit::removals`].
    async fn removals(&self, jobs: &[JobId]) -> Result<Vec<Removal>>;
    /// Artifacts by id, behind this one, with the jobs that made them; at most `limit`.
    async fn artifacts_from(&self, after: ArtifactId, limit: usize) -> Result<Vec<(ArtifactId, JobId)>>;
    /// The log's head.
    async fn ledger_head(&self) -> Result<LedgerHead>;
    /// The bytes of these pages as they are stored, whatever they are worth, in any order; unknown ones are left out.
    async fn page_bytes(&self, pages: &[PageId]) -> Result<Vec<(PageId, Vec<u8>)>>;
    /// Places of the pages that hold leaves from index `from` to just before `to`, in order, at most `limit`.
    async fn ledger_places(&self, from: u64, to: u64, limit: usize) -> Result<Vec<LedgerPlace>>;
    /// Places of these pages, in any order; those that wait are left out.
    async fn ledger_places_of(&self, pages: &[PageId]) -> Result<Vec<LedgerPlace>>;
    /// These nodes (level, number), in any order; those that are not there are left out.
    async fn ledger_nodes(&self, nodes: &[(u32, u64)]) -> Result<Vec<LedgerNode>>;
    /// Epochs that were declared, by their number.
    async fn epochs(&self) -> Result<Vec<LedgerEpoch>>;
    /// The newest checkpoints, the newest first, at most `limit`.
    async fn checkpoints(&self, limit: usize) -> Result<Vec<LedgerCheckpoint>>;
    /// The newest checkpoint of this size.
    async fn checkpoint(&self, size: u64) -> Result<Option<LedgerCheckpoint>>;
}

/// An artifact with its bytes and their SHA-256.
pub type Stored = (ArtifactId, Payload, [u8; 32]);

/// A lease of a worker.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct WorkerLease {
    /// Who holds it.
    pub worker_id: String,
    /// Of which task.
    pub job: JobId,
    /// See `job`.
    pub task: TaskId,
    /// The grant.
    pub fence: i64,
}

/// What is shown of a job beside itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct JobDetails {
    /// Tasks by state.
    pub task_counts: Vec<(TaskState, i64)>,
    /// What it started with; none when it was purged.
    pub input: Option<Stored>,
    /// Results in item order, while it is SUCCEEDED.
    pub results: Vec<Stored>,
    /// How many results there are.
    pub result_count: i64,
}

/// A task, live or ended.
#[allow(
    clippy::large_enum_variant,
    reason = "a page of them is read, shown and dropped: a box each would cost more than the space"
)]
#[derive(Debug, Clone, PartialEq)]
pub enum TaskRecord {
    /// It can still change.
    Live(Live),
    /// It cannot.
    Ended(EndedTask),
}

/// An ended task, with the job and task that executed it when it stands for another job's.
#[derive(Debug, Clone, PartialEq)]
pub struct Executed {
    /// The task.
    pub ended: EndedTask,
    /// None = it ran in its own job.
    pub carried: Option<(JobId, TaskId)>,
}

/// What waits and runs in one lane.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LaneCount {
    /// The lane's text form.
    pub lane: String,
    /// Ready tasks.
    pub ready: i64,
    /// Leased tasks.
    pub leased: i64,
    /// When the oldest ready task was created.
    pub oldest_ready: Option<Time>,
}

/// An attempt that ended, with what a report needs of its task.
#[derive(Debug, Clone, PartialEq)]
pub struct AttemptSample {
    /// The attempt.
    pub attempt: Attempt,
    /// The step's index.
    pub step: u16,
    /// When the task came to be.
    pub create_time: Time,
}

/// A message that waits in the outbox.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRow {
    /// The message.
    pub message: OutboxMessage,
    /// Whether its key is parked until an operator acts.
    pub parked: bool,
    /// Leases of it so far.
    pub delivery_attempts: u32,
    /// The last failure that a relay reported, or "".
    pub failure: String,
}
