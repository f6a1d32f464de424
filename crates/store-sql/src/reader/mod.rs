//! The read side: what people and consoles ask, on connections apart from the writer's.

mod artifact_heads;
mod artifact_uses;
mod audit;
mod filter;
mod find_artifacts;
mod jobs;
mod log;
mod outbox;
mod paging;
mod plans;
mod pool;
mod reprocess;
mod retention;
mod tally;
mod tasks;

pub(crate) use filter::Query;
pub(crate) use pool::Pool;

use crate::unit::{append, digests, history, ledger, live, log as head, plans as plan_reads, policy, removal};
use async_trait::async_trait;
use esteira_model::{
    AccountId, Arrival, ArtifactId, Attempt, AuditRecord, Carried, Job, JobId, PageId, PlanId, PlanVersionId,
    Reprocess, TaskId,
};
use esteira_store::{
    Appended, ArtifactHead, ArtifactUses, AttemptSample, BodyDigest, DigestCursor, Executed, Filter, Held, JobDetails,
    JobTally, LaneCount, LedgerCheckpoint, LedgerEpoch, LedgerHead, LedgerNode, LedgerPage, LedgerPlace, OutboxRow,
    Page, Paged, PlanRecord, PlanVersionRecord, Reader, Removal, Removed, Result, Retention, Stored, TallyLimits,
    TaskRecord, Tree, WorkerLease,
};

/// Reads of committed state. Each call sees one snapshot.
pub(crate) struct SqlReader {
    pool: Pool,
}

impl SqlReader {
    pub(crate) fn new(pool: Pool) -> Self {
        Self { pool }
    }

    /// Runs a read. One that would hold its thread for long tells the runtime, which gives the thread's other work away.
    async fn apart<T>(&self, read: impl Future<Output = Result<T>>) -> Result<T> {
        use tokio::runtime::{Handle, RuntimeFlavor};
        if self.pool.holds_thread() && Handle::current().runtime_flavor() == RuntimeFlavor::MultiThread {
            tokio::task::block_in_place(|| Handle::current().block_on(read))
        } else {
            read.await
        }
    }

    /// Opens one connection, so that a store that cannot be read is refused at the start.
    pub(crate) async fn probe(&self) -> Result<()> {
        self.pool.get().await.map(drop)
    }
}

/// Runs a read of one statement or more in one snapshot.
macro_rules! read {
    ($self:ident, |$connection:ident| $read:expr) => {{
        $self
            .apart(async {
                let mut loan = $self.pool.snapshot().await?;
                let $connection = loan.connection();
                let found = $read.await?;
                loan.end().await?;
                Ok(found)
            })
            .await
    }};
}

/// Runs a read of one row by its key, which takes so little that it is not worth telling the runtime.
macro_rules! read_row {
    ($self:ident, |$connection:ident| $read:expr) => {{
        loop {
            let mut loan = $self.pool.get().await?;
            let $connection = loan.connection();
            let found = $read.await;
            if !loan.is_stale() {
                break found;
            }
        }
    }};
}

/// Runs a read of one statement, which is a snapshot of its own.
macro_rules! read_once {
    ($self:ident, |$connection:ident| $read:expr) => {
        $self.apart(async { read_row!($self, |$connection| $read) }).await
    };
}

#[async_trait]
impl Reader for SqlReader {
    async fn job(&self, account: &AccountId, id: JobId) -> Result<Option<Job>> {
        read_row!(self, |c| jobs::job(c, account, id))
    }
    async fn job_revisions(&self, ids: &[JobId]) -> Result<Vec<(JobId, i64)>> {
        read_once!(self, |c| history::job_revisions(c, ids))
    }
    async fn held_leases(&self, leases: &[(JobId, TaskId, i64)]) -> Result<Vec<(JobId, TaskId, i64)>> {
        read_once!(self, |c| live::held_leases(c, leases))
    }
    async fn worker_leases(&self, account: &AccountId, worker_id: Option<&str>) -> Result<Vec<WorkerLease>> {
        read_once!(self, |c| live::worker_leases(c, account, worker_id))
    }
    async fn list_jobs(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<Job>> {
        read_once!(self, |c| jobs::list_jobs(c, account, filter, page))
    }
    async fn job_details(&self, job: &Job, results: usize) -> Result<JobDetails> {
        read!(self, |c| jobs::job_details(c, job, results))
    }
    async fn job_results(&self, job: JobId, limit: usize) -> Result<(Vec<Stored>, i64)> {
        read!(self, |c| jobs::job_results(c, job, limit))
    }
    async fn line_results(&self, jobs: &[JobId], most: usize) -> Result<Vec<(JobId, Vec<Stored>)>> {
        read!(self, |c| jobs::line_results(c, jobs, most))
    }
    async fn list_tasks(&self, job: JobId, filter: &Filter, page: &Page) -> Result<Paged<TaskRecord>> {
        read!(self, |c| tasks::list_tasks(c, job, filter, page))
    }
    async fn task(&self, job: JobId, task: TaskId) -> Result<Option<TaskRecord>> {
        read!(self, |c| tasks::task(c, job, task))
    }
    async fn executed_tasks(&self, job: JobId, after: Option<TaskId>, limit: usize) -> Result<Vec<Executed>> {
        read!(self, |c| reprocess::executed_tasks(c, job, after, limit))
    }
    async fn carried_tasks(&self, job: JobId, tasks: &[TaskId]) -> Result<Vec<Carried>> {
        read_once!(self, |c| reprocess::carried_tasks(c, job, tasks))
    }
    async fn reprocess(&self, job: JobId) -> Result<Option<Reprocess>> {
        read_row!(self, |c| reprocess::reprocess(c, job))
    }
    async fn attempts(&self, job: JobId, task: TaskId) -> Result<Vec<Attempt>> {
        read_once!(self, |c| tasks::attempts(c, job, task))
    }
    async fn attempts_of_job(&self, job: JobId, after: Option<(TaskId, u32)>, limit: usize) -> Result<Vec<Attempt>> {
        read_once!(self, |c| tasks::attempts_of_job(c, job, after, limit))
    }
    async fn arrivals_of_job(&self, job: JobId) -> Result<Vec<Arrival>> {
        read_once!(self, |c| history::arrivals_of_job(c, job))
    }
    async fn jobs(&self, ids: &[JobId]) -> Result<Vec<Job>> {
        read!(self, |c| history::jobs_unlocked(c, ids))
    }
    async fn ledger_pages(&self, ids: &[PageId]) -> Result<Vec<LedgerPage>> {
        read!(self, |c| ledger::ledger_pages(c, ids))
    }
    async fn waiting_pages(&self, after: Option<PageId>, limit: usize) -> Result<Vec<(PageId, u32)>> {
        read_once!(self, |c| ledger::waiting_pages(c, after, limit))
    }
    async fn digests(&self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, BodyDigest)>> {
        read!(self, |c| ledger::digests(c, ids))
    }
    async fn attempts_of(&self, job: JobId, tasks: &[TaskId]) -> Result<Vec<Attempt>> {
        read!(self, |c| tasks::attempts_of(c, job, tasks))
    }
    async fn job_tally(&self, job: JobId, limits: TallyLimits) -> Result<JobTally> {
        read!(self, |c| tally::job_tally(c, job, limits))
    }
    async fn artifact_heads(&self, ids: &[ArtifactId]) -> Result<Vec<ArtifactHead>> {
        read!(self, |c| artifact_heads::artifact_heads(c, ids))
    }
    async fn find_artifacts(&self, account: &AccountId, sha256: &[u8; 32], page: &Page) -> Result<Paged<ArtifactHead>> {
        read!(self, |c| find_artifacts::find_artifacts(c, account, sha256, page))
    }
    async fn artifact_uses(&self, jobs: &[JobId], artifacts: &[ArtifactId], limit: usize) -> Result<ArtifactUses> {
        read!(self, |c| artifact_uses::artifact_uses(c, jobs, artifacts, limit))
    }
    async fn appended_of(&self, job: JobId, tasks: &[TaskId], first: usize) -> Result<Vec<Appended>> {
        read_once!(self, |c| append::appended_of(c, job, tasks, first))
    }
    async fn artifacts_of(&self, tasks: &[(JobId, TaskId)], jobs: &[JobId]) -> Result<Vec<ArtifactId>> {
        read!(self, |c| digests::artifacts_of(c, tasks, jobs))
    }
    async fn digest_cursor(&self) -> Result<DigestCursor> {
        read_once!(self, |c| digests::digest_cursor(c))
    }
    async fn artifacts(&self, ids: &[ArtifactId]) -> Result<Vec<Stored>> {
        read!(self, |c| history::artifacts(c, ids))
    }
    async fn plan(&self, account: &AccountId, id: PlanId) -> Result<Option<PlanRecord>> {
        read_row!(self, |c| plan_reads::plan(c, account, id))
    }
    async fn plan_by_name(&self, account: &AccountId, name: &str) -> Result<Option<PlanRecord>> {
        read_row!(self, |c| plan_reads::plan_by_name(c, account, name))
    }
    async fn list_plans(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<PlanRecord>> {
        read_once!(self, |c| plans::list_plans(c, account, filter, page))
    }
    async fn plan_version(&self, account: &AccountId, id: PlanVersionId) -> Result<Option<PlanVersionRecord>> {
        read_row!(self, |c| plan_reads::plan_version_of(c, account, id))
    }
    async fn plan_version_by_number(
        &self,
        account: &AccountId,
        plan: PlanId,
        version: i32,
    ) -> Result<Option<PlanVersionRecord>> {
        read_row!(self, |c| plans::plan_version_by_number(c, account, plan, version))
    }
    async fn list_plan_versions(
        &self,
        account: &AccountId,
        plan: PlanId,
        filter: &Filter,
        page: &Page,
    ) -> Result<Paged<PlanVersionRecord>> {
        read_once!(self, |c| plans::list_plan_versions(c, account, plan, filter, page))
    }
    async fn lane_counts(&self) -> Result<Vec<LaneCount>> {
        read_once!(self, |c| tasks::lane_counts(c))
    }
    async fn list_outbox(&self, account: &AccountId, filter: &Filter, page: &Page) -> Result<Paged<OutboxRow>> {
        read_once!(self, |c| outbox::list_outbox(c, account, filter, page))
    }
    async fn attempt_samples(&self, jobs: &[JobId], limit: usize) -> Result<Vec<AttemptSample>> {
        read_once!(self, |c| audit::attempt_samples(c, jobs, limit))
    }
    async fn list_audit_records(
        &self,
        account: &AccountId,
        filter: &Filter,
        page: &Page,
    ) -> Result<Paged<AuditRecord>> {
        read_once!(self, |c| audit::list_audit_records(c, account, filter, page))
    }
    async fn audit_records_on(&self, pages: &[PageId]) -> Result<Vec<AuditRecord>> {
        read_once!(self, |c| audit::audit_records_on(c, pages))
    }
    async fn audit_records_behind(&self, id: i64, limit: usize) -> Result<Vec<AuditRecord>> {
        read_once!(self, |c| audit::audit_records_behind(c, id, limit))
    }
    async fn retention(&self) -> Result<Vec<Retention>> {
        read_once!(self, |c| policy::retention(c))
    }
    async fn projects(&self, account: &AccountId) -> Result<Vec<String>> {
        read_once!(self, |c| retention::projects(c, account))
    }
    async fn trees(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Tree>> {
        read_once!(self, |c| retention::trees(c, after, limit))
    }
    async fn held_trees(&self, roots: &[JobId]) -> Result<Vec<(JobId, Held)>> {
        read_once!(self, |c| retention::held_trees(c, roots))
    }
    async fn trees_size(&self, roots: &[JobId]) -> Result<Removed> {
        read!(self, |c| retention::trees_size(c, roots))
    }
    async fn removals(&self, jobs: &[JobId]) -> Result<Vec<Removal>> {
        read_once!(self, |c| removal::removals(c, jobs))
    }
    async fn artifacts_from(&self, after: ArtifactId, limit: usize) -> Result<Vec<(ArtifactId, JobId)>> {
        read_once!(self, |c| removal::artifacts_from(c, after, limit))
    }
    async fn ledger_head(&self) -> Result<LedgerHead> {
        read_row!(self, |c| head::ledger_head(c))
    }
    async fn page_bytes(&self, pages: &[PageId]) -> Result<Vec<(PageId, Vec<u8>)>> {
        read_once!(self, |c| log::page_bytes(c, pages))
    }
    async fn ledger_places(&self, from: u64, to: u64, limit: usize) -> Result<Vec<LedgerPlace>> {
        read_once!(self, |c| log::ledger_places(c, from, to, limit))
    }
    async fn ledger_places_of(&self, pages: &[PageId]) -> Result<Vec<LedgerPlace>> {
        read_once!(self, |c| log::ledger_places_of(c, pages))
    }
    async fn ledger_nodes(&self, nodes: &[(u32, u64)]) -> Result<Vec<LedgerNode>> {
        read_once!(self, |c| log::ledger_nodes(c, nodes))
    }
    async fn epochs(&self) -> Result<Vec<LedgerEpoch>> {
        read_once!(self, |c| log::epochs(c))
    }
    async fn checkpoints(&self, limit: usize) -> Result<Vec<LedgerCheckpoint>> {
        read_once!(self, |c| log::checkpoints(c, limit))
    }
    async fn checkpoint(&self, size: u64) -> Result<Option<LedgerCheckpoint>> {
        read_row!(self, |c| log::checkpoint(c, size))
    }
}
