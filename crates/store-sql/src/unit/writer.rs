//! The owned connection and its unit of work. The trait implementation only delegates.

use crate::{
    connection::Connection,
    database::Database,
    dialect::postgres::partitions,
    unit::{
        aggregate, append, digests, erase, history, leader, ledger, live, log, members, outbox_lease, outbox_settle,
        plans, policy, purge, removal, settings, waiting, write,
    },
};
use async_trait::async_trait;
use esteira_model::{
    AccountId, Arrival, ArtifactId, DataClass, EndedTask, Job, JobId, PageId, Payload, PlanId, PlanVersionId, TaskId,
    Time, Uuid,
};
use esteira_store::{
    AnsweredRequest, Batch, Beat, BodyDigest, Claimed, DigestCursor, Error, Held, Kind, LedgerCheckpoint, LedgerEpoch,
    LedgerHead, LedgerPage, Live, Member, NewestAttempt, News, OutboxKey, OutboxRun, Part, Placing, PlanRecord,
    PlanVersionRecord, Purged, Removal, RemovedBodies, Result, Retention, Startable, Unit, Writer,
};
use std::sync::Arc;

/// A connection that has one user.
pub(crate) struct SqlWriter {
    /// None before the first unit of a further writer.
    connection: Option<Connection>,
    database: Arc<Database>,
}

impl SqlWriter {
    pub(crate) fn new(connection: Connection, database: Arc<Database>) -> Self {
        Self { connection: Some(connection), database }
    }

    /// A connection to work on. After an I/O error nobody knows what one holds, and a failed sync must not be retried on its
    /// file handle.
    async fn connection(&mut self) -> Result<&mut Connection> {
        let connection = match self.connection.take() {
            Some(connection) if !connection.is_broken() => connection,
            _ => self.database.open_writer().await?,
        };
        Ok(self.connection.insert(connection))
    }
}

#[async_trait]
impl Writer for SqlWriter {
    async fn begin(&mut self) -> Result<Box<dyn Unit + '_>> {
        let connection = self.connection().await?;
        let begun = connection.begin_write().await;
        // A server that was restarted while nobody worked is met here: nothing is lost yet, so it is worth a second try.
        if begun.is_err() && connection.is_shared() && connection.is_broken() {
            self.connection().await?.begin_write().await?;
        } else {
            begun?;
        }
        let database = &*self.database;
        let connection = self.connection.as_mut().ok_or_else(|| Error::new(Kind::Unavailable, "no connection"))?;
        Ok(Box::new(SqlUnit { connection, database }))
    }

    fn holds_thread(&self) -> bool {
        self.database.holds_thread()
    }

    fn is_shared(&self) -> bool {
        self.database.is_shared()
    }

    fn another(&self) -> Option<Box<dyn Writer>> {
        let database = self.database.clone();
        self.is_shared().then(|| Box::new(Self { connection: None, database }) as Box<dyn Writer>)
    }

    fn news(&self) -> Option<News> {
        self.database.news()
    }
}

/// One transaction (INV-ONE-TX).
struct SqlUnit<'w> {
    connection: &'w mut Connection,
    database: &'w Database,
}

impl Drop for SqlUnit<'_> {
    fn drop(&mut self) {
        self.connection.start_rollback();
    }
}

#[async_trait]
impl Unit for SqlUnit<'_> {
    async fn commit(self: Box<Self>) -> Result<()> {
        let Err(e) = self.connection.commit().await else { return Ok(()) };
        match self.connection.transaction() {
            Some(transaction) if e.kind() == Kind::CommitUnknown => {
                self.database.resolve(self.connection, &transaction, e).await
            }
            _ => Err(e),
        }
    }

    async fn answered_requests(&mut self, keys: &[(AccountId, String)]) -> Result<Vec<AnsweredRequest>> {
        settings::answered_requests(self.connection, keys).await
    }
    async fn jobs(&mut self, ids: &[JobId]) -> Result<Vec<Job>> {
        history::jobs(self.connection, ids).await
    }
    async fn jobs_unlocked(&mut self, ids: &[JobId]) -> Result<Vec<Job>> {
        history::jobs_unlocked(self.connection, ids).await
    }
    async fn live_tasks(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<Live>> {
        live::live_tasks(self.connection, ids).await
    }
    async fn live_tasks_of_job(&mut self, job: JobId) -> Result<Vec<Live>> {
        live::live_tasks_of_job(self.connection, job).await
    }
    async fn ended_tasks(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<EndedTask>> {
        history::ended_tasks(self.connection, ids).await
    }
    async fn retried_tasks(&mut self, job: JobId, tasks: &[(TaskId, u16)]) -> Result<Vec<TaskId>> {
        live::retried_tasks(self.connection, job, tasks).await
    }
    async fn ended_attempts(&mut self, ids: &[(JobId, TaskId, i64)]) -> Result<Vec<(JobId, TaskId, i64, [u8; 16])>> {
        history::ended_attempts(self.connection, ids).await
    }
    async fn artifacts(&mut self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, Payload)>> {
        let found = history::artifacts(self.connection, ids).await?;
        Ok(found.into_iter().map(|(id, payload, _)| (id, payload)).collect())
    }
    async fn arrivals(&mut self, job: JobId, join_step: u16) -> Result<Vec<Arrival>> {
        history::arrivals(self.connection, job, join_step).await
    }
    async fn results(&mut self, job: JobId, limit: usize) -> Result<Vec<ArtifactId>> {
        history::results(self.connection, job, limit).await
    }

    async fn claim(&mut self, lane: &str, limit: usize) -> Result<Vec<Claimed>> {
        waiting::claim(self.connection, lane, limit).await
    }
    async fn lanes(&mut self) -> Result<Vec<String>> {
        waiting::lanes(self.connection).await
    }
    async fn leases_in_lane(&mut self, lane: &str) -> Result<usize> {
        waiting::leases_in_lane(self.connection, lane).await
    }
    async fn due_tasks(&mut self, now: Time, limit: usize) -> Result<Vec<(JobId, TaskId)>> {
        waiting::due_tasks(self.connection, now, limit).await
    }
    async fn overdue_leases(&mut self, now: Time, limit: usize) -> Result<Vec<(JobId, TaskId, i64, bool)>> {
        waiting::overdue_leases(self.connection, now, limit).await
    }
    async fn overdue_jobs(&mut self, now: Time, cancelling_since: Time, limit: usize) -> Result<Vec<JobId>> {
        waiting::overdue_jobs(self.connection, now, cancelling_since, limit).await
    }
    async fn next_due(&mut self) -> Result<Option<Time>> {
        waiting::next_due(self.connection).await
    }
    async fn leases(&mut self) -> Result<Vec<Live>> {
        live::leases(self.connection).await
    }

    async fn write(&mut self, batch: &Batch) -> Result<()> {
        write::write(self.connection, batch).await
    }
    async fn extend_leases(&mut self, beats: &[Beat]) -> Result<Vec<(JobId, TaskId)>> {
        live::extend_leases(self.connection, beats).await
    }
    async fn append_outputs(
        &mut self,
        task: (JobId, TaskId, i64),
        chunk_index: u32,
        first_item: u32,
        items: &[ArtifactId],
    ) -> Result<bool> {
        append::append_outputs(self.connection, task, chunk_index, first_item, items).await
    }
    async fn appended_outputs(&mut self, task: (JobId, TaskId, i64)) -> Result<(u32, Vec<ArtifactId>)> {
        append::appended_outputs(self.connection, task).await
    }

    async fn append_leaves(&mut self, pages: &[LedgerPage]) -> Result<()> {
        ledger::append_leaves(self.connection, pages).await
    }
    async fn ledger_pages(&mut self, ids: &[PageId]) -> Result<Vec<LedgerPage>> {
        ledger::ledger_pages(self.connection, ids).await
    }
    async fn newest_attempts(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<NewestAttempt>> {
        ledger::newest_attempts(self.connection, ids).await
    }
    async fn digests(&mut self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, BodyDigest)>> {
        ledger::digests(self.connection, ids).await
    }
    async fn branch_ends(&mut self, job: JobId) -> Result<Vec<EndedTask>> {
        ledger::branch_ends(self.connection, job).await
    }

    async fn take_aggregate(&mut self, key: &str, job: JobId, task: TaskId) -> Result<Option<i64>> {
        aggregate::take_aggregate(self.connection, key, job, task).await
    }
    async fn fence_aggregate(&mut self, key: &str, fence: i64) -> Result<()> {
        aggregate::fence_aggregate(self.connection, key, fence).await
    }
    async fn pass_aggregate(&mut self, key: &str, task: TaskId) -> Result<Option<(JobId, TaskId)>> {
        aggregate::pass_aggregate(self.connection, key, task).await
    }

    async fn lease_outbox(
        &mut self,
        account: &AccountId,
        topics: &[String],
        keys_max: usize,
        messages_max: usize,
        worker_id: &str,
        request_id: &str,
        fence: i64,
        now: Time,
        expire_time: Time,
    ) -> Result<Vec<OutboxRun>> {
        let lease = outbox_lease::Lease { account, worker_id, request_id, fence, now, expire_time };
        outbox_lease::lease_outbox(self.connection, &lease, topics, keys_max, messages_max).await
    }
    async fn outbox_runs(
        &mut self,
        account: &AccountId,
        worker_id: &str,
        request_id: &str,
        now: Time,
    ) -> Result<Vec<OutboxRun>> {
        outbox_lease::outbox_runs(self.connection, account, worker_id, request_id, now).await
    }
    async fn extend_outbox(&mut self, run: &OutboxKey, fence: i64, expire_time: Time) -> Result<bool> {
        outbox_settle::extend_outbox(self.connection, run, fence, expire_time).await
    }
    async fn ack_outbox(
        &mut self,
        run: &OutboxKey,
        fence: i64,
        through_sequence: i64,
        now: Time,
    ) -> Result<Option<usize>> {
        outbox_settle::ack_outbox(self.connection, run, fence, through_sequence, now).await
    }
    async fn nack_outbox(
        &mut self,
        run: &OutboxKey,
        fence: i64,
        from_sequence: i64,
        retry_time: Time,
        park: bool,
        failure: &str,
    ) -> Result<bool> {
        outbox_settle::nack_outbox(self.connection, run, fence, from_sequence, retry_time, park, failure).await
    }
    async fn unpark_outbox(&mut self, key: &OutboxKey, now: Time) -> Result<Option<bool>> {
        outbox_settle::unpark_outbox(self.connection, key, now).await
    }
    async fn outbox_ready(&mut self, account: &AccountId, topics: &[String], now: Time) -> Result<bool> {
        outbox_lease::outbox_ready(self.connection, account, topics, now).await
    }

    async fn plan(&mut self, account: &AccountId, id: PlanId) -> Result<Option<PlanRecord>> {
        plans::plan(self.connection, account, id).await
    }
    async fn plan_by_name(&mut self, account: &AccountId, name: &str) -> Result<Option<PlanRecord>> {
        plans::plan_by_name(self.connection, account, name).await
    }
    async fn put_plan(&mut self, plan: &PlanRecord) -> Result<()> {
        plans::put_plan(self.connection, plan).await
    }
    async fn plan_version(&mut self, id: PlanVersionId) -> Result<Option<PlanVersionRecord>> {
        plans::plan_version(self.connection, id).await
    }
    async fn plan_version_by_number(&mut self, plan: PlanId, version: i32) -> Result<Option<PlanVersionRecord>> {
        plans::plan_version_by_number(self.connection, plan, version).await
    }
    async fn insert_plan_version(&mut self, version: &PlanVersionRecord) -> Result<()> {
        plans::insert_plan_version(self.connection, version).await
    }
    async fn startable(&mut self, versions: &[PlanVersionId]) -> Result<Vec<Startable>> {
        plans::startable(self.connection, versions).await
    }
    async fn retire_plan_version(&mut self, id: PlanVersionId, time: Time, reason: &str) -> Result<bool> {
        plans::retire_plan_version(self.connection, id, time, reason).await
    }
    async fn put_queue(&mut self, account: &AccountId, name: &str, paused: bool) -> Result<()> {
        settings::put_queue(self.connection, account, name, paused).await
    }
    async fn paused_queues(&mut self) -> Result<Vec<(AccountId, String)>> {
        settings::paused_queues(self.connection).await
    }
    async fn setting(&mut self, name: &str) -> Result<Option<Vec<u8>>> {
        settings::setting(self.connection, name).await
    }
    async fn put_setting(&mut self, name: &str, value: &[u8]) -> Result<()> {
        settings::put_setting(self.connection, name, value).await
    }
    async fn members(&mut self) -> Result<Vec<Member>> {
        members::members(self.connection).await
    }
    async fn insert_member(&mut self, member: &Member) -> Result<()> {
        members::insert_member(self.connection, member).await
    }
    async fn renew_member(&mut self, node: u16, instance: Uuid, expire_time: Time) -> Result<bool> {
        members::renew_member(self.connection, node, instance, expire_time).await
    }
    async fn forget_member(&mut self, node: u16, instance: Uuid) -> Result<()> {
        members::forget_member(self.connection, node, instance).await
    }
    async fn leases_of_poll(&mut self, worker_id: &str, request_id: &str) -> Result<Vec<Live>> {
        live::leases_of_poll(self.connection, worker_id, request_id).await
    }
    async fn take_lead(&mut self, task: &str, instance: Uuid, now: Time, expire_time: Time) -> Result<bool> {
        leader::take_lead(self.connection, task, instance, now, expire_time).await
    }
    async fn leave_lead(&mut self, task: &str, instance: Uuid) -> Result<()> {
        leader::leave_lead(self.connection, task, instance).await
    }
    async fn retention(&mut self) -> Result<Vec<Retention>> {
        policy::retention(self.connection).await
    }
    async fn put_retention(&mut self, retention: &Retention) -> Result<()> {
        policy::put_retention(self.connection, retention).await
    }
    async fn forget_retention(&mut self, account: &AccountId, project: &str, class: DataClass) -> Result<bool> {
        policy::forget_retention(self.connection, account, project, class).await
    }
    async fn purge_trees(
        &mut self,
        roots: &[JobId],
        part: Option<Part>,
        limit: usize,
        dropped_below: Option<JobId>,
    ) -> Result<Purged> {
        let dropped_below = dropped_below.filter(|_| self.connection.is_shared());
        purge::purge_trees(self.connection, roots, part, limit, dropped_below).await
    }
    async fn removals(&mut self, jobs: &[JobId]) -> Result<Vec<Removal>> {
        removal::removals(self.connection, jobs).await
    }
    async fn put_removals(&mut self, removals: &[Removal]) -> Result<()> {
        removal::put_removals(self.connection, removals).await
    }
    async fn lock_tree(&mut self, root: JobId) -> Result<Option<Held>> {
        erase::lock_tree(self.connection, root).await
    }
    async fn remove_bodies(&mut self, bodies: &[(ArtifactId, [u8; 32])]) -> Result<RemovedBodies> {
        erase::remove_bodies(self.connection, bodies).await
    }
    async fn erase_texts(&mut self, job: JobId, after: Option<TaskId>, limit: usize) -> Result<Option<TaskId>> {
        erase::erase_texts(self.connection, job, after, limit).await
    }
    async fn erase_job(&mut self, job: JobId, limit: usize) -> Result<bool> {
        erase::erase_job(self.connection, job, limit).await
    }
    async fn create_partitions(&mut self, now: Time) -> Result<Option<usize>> {
        match self.connection.is_shared() {
            true => partitions::create_partitions(self.connection, now).await,
            false => Ok(None),
        }
    }
    async fn drop_partitions(&mut self, now: Time) -> Result<usize> {
        match self.connection.is_shared() {
            true => partitions::drop_partitions(self.connection, now).await,
            false => Ok(0),
        }
    }
    async fn lock_ledger(&mut self) -> Result<LedgerHead> {
        log::lock_ledger(self.connection).await
    }
    async fn place_pages(&mut self, placing: &Placing) -> Result<()> {
        log::place_pages(self.connection, placing).await
    }
    async fn put_checkpoint(&mut self, checkpoint: &LedgerCheckpoint) -> Result<bool> {
        log::put_checkpoint(self.connection, checkpoint).await
    }
    async fn put_epoch(&mut self, epoch: &LedgerEpoch) -> Result<()> {
        log::put_epoch(self.connection, epoch).await
    }
    async fn forget_places(&mut self) -> Result<()> {
        log::forget_places(self.connection).await
    }
    async fn outbox_waiting(&mut self, key: &OutboxKey, limit: usize) -> Result<usize> {
        log::outbox_waiting(self.connection, key, limit).await
    }
    async fn index_digests(&mut self, ids: &[ArtifactId]) -> Result<usize> {
        digests::index_digests(self.connection, ids).await
    }
    async fn put_digest_cursor(&mut self, cursor: &DigestCursor) -> Result<()> {
        digests::put_digest_cursor(self.connection, cursor).await
    }
    async fn forget_requests(&mut self, before: Time, limit: usize) -> Result<usize> {
        settings::forget_requests(self.connection, before, limit).await
    }
}
