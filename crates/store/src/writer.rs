//! The write side: one owned connection, one unit of work at a time.

use crate::{
    batch::{Batch, Beat},
    error::Result,
    ledger::{BodyDigest, LedgerPage, NewestAttempt},
    log::{LedgerCheckpoint, LedgerEpoch, LedgerHead, Placing},
    news::News,
    record::{AnsweredRequest, Claimed, Live, Member, PlanRecord, PlanVersionRecord, Startable},
    removal::{Removal, RemovedBodies},
    retention::{Held, Part, Purged, Retention},
    trace::DigestCursor,
};
use async_trait::async_trait;
use esteira_model::{
    AccountId, Arrival, ArtifactId, DataClass, EndedTask, Job, JobId, OutboxMessage, PageId, Payload, PlanId,
    PlanVersionId, TaskId, Time, Uuid,
};

/// Trees that one step of a purge works on at most.
pub const TREES_MAX: usize = 128;

/// A connection that only the committer uses.
#[async_trait]
pub trait Writer: Send {
    /// Begins a unit of work. On SQLite it holds the one write lock from here on.
    async fn begin(&mut self) -> Result<Box<dyn Unit + '_>>;

    /// Whether its calls hold the thread that makes them until the database has answered: then its owner needs a thread of
    /// its own.
    fn holds_thread(&self) -> bool {
        false
    }

    /// Whether other coordinators may work on the same store at the same time.
    fn is_shared(&self) -> bool {
        false
    }

    /// News between the coordinators of the store; none where one process has it alone.
    fn news(&self) -> Option<News> {
        None
    }

    /// A further writer of the same store, so that maintenance keeps nobody waiting; none where one is all there can be.
    /// It connects when it begins its first unit.
    fn another(&self) -> Option<Box<dyn Writer>> {
        None
    }
}

/// One transaction. Dropping it without `commit` rolls everything back.
///
/// Reads see what was written earlier in the same unit. On PostgreSQL the reads of jobs and live tasks lock
/// their rows, in ascending id order, so that two coordinators cannot decide on the same task.
#[async_trait]
pub trait Unit: Send {
    /// Makes everything durable. After `Ok` it survives a kill of anything.
    async fn commit(self: Box<Self>) -> Result<()>;

    // --- reads that decisions need -------------------------------------------------------------------

    /// The requests among these that were answered before.
    async fn answered_requests(&mut self, keys: &[(AccountId, String)]) -> Result<Vec<AnsweredRequest>>;
    /// These jobs, in any order; unknown ones are left out.
    async fn jobs(&mut self, ids: &[JobId]) -> Result<Vec<Job>>;
    /// The same without a lock: a grant reads the job that it belongs to and must not wait for whoever is changing it.
    async fn jobs_unlocked(&mut self, ids: &[JobId]) -> Result<Vec<Job>>;
    /// These live tasks, wherever they are; ended and unknown ones are left out.
    async fn live_tasks(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<Live>>;
    /// All live tasks of a job, by task id.
    async fn live_tasks_of_job(&mut self, job: JobId) -> Result<Vec<Live>>;
    /// These tasks, if they ended.
    async fn ended_tasks(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<EndedTask>>;
    /// Which of these (task, step) of a job were tried again: those that are the parent of a task at their own step,
    /// live or ended. By task id; one scan of the job, whatever their number.
    async fn retried_tasks(&mut self, job: JobId, tasks: &[(TaskId, u16)]) -> Result<Vec<TaskId>>;
    /// The attempts among these (job, task, fence) that ended: (job, task, fence, report digest).
    async fn ended_attempts(&mut self, ids: &[(JobId, TaskId, i64)]) -> Result<Vec<(JobId, TaskId, i64, [u8; 16])>>;
    /// The bytes of these artifacts; purged ones are left out.
    async fn artifacts(&mut self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, Payload)>>;
    /// What arrived at a join, by item path, then by `from_step`.
    async fn arrivals(&mut self, job: JobId, join_step: u16) -> Result<Vec<Arrival>>;
    /// Results of a job: outputs of its leaf tasks by item path, then step; at most `limit`.
    async fn results(&mut self, job: JobId, limit: usize) -> Result<Vec<ArtifactId>>;

    // --- work that waits -----------------------------------------------------------------------------

    /// Takes up to `limit` tasks out of a lane, lowest rank first, then oldest; rows that another unit holds are skipped.
    async fn claim(&mut self, lane: &str, limit: usize) -> Result<Vec<Claimed>>;
    /// Lanes that hold at least one task.
    async fn lanes(&mut self) -> Result<Vec<String>>;
    /// Leases by `lane`: (lane, count), for lanes that begin with one of the prefixes; for `max_in_flight`.
    async fn leases_in_lane(&mut self, lane: &str) -> Result<usize>;
    /// Parked tasks whose time has come, oldest due first.
    async fn due_tasks(&mut self, now: Time, limit: usize) -> Result<Vec<(JobId, TaskId)>>;
    /// Leases that ran out or timed out, oldest first: (job, task, fence, whether the execution time-out passed).
    async fn overdue_leases(&mut self, now: Time, limit: usize) -> Result<Vec<(JobId, TaskId, i64, bool)>>;
    /// Jobs whose deadline passed, or that have been cancelling since before `cancelling_since`.
    async fn overdue_jobs(&mut self, now: Time, cancelling_since: Time, limit: usize) -> Result<Vec<JobId>>;
    /// The next `due`, `expire_time`, `timeout_time` or deadline at all, for the timer to sleep until.
    async fn next_due(&mut self) -> Result<Option<Time>>;
    /// All leases, for a start of the coordinator.
    async fn leases(&mut self) -> Result<Vec<Live>>;

    // --- writes --------------------------------------------------------------------------------------

    /// Writes a round.
    async fn write(&mut self, batch: &Batch) -> Result<()>;
    /// Extends leases and saves checkpoints. A lease that is not there with its fence is left out of the answer.
    async fn extend_leases(&mut self, beats: &[Beat]) -> Result<Vec<(JobId, TaskId)>>;
    /// Adds a chunk of outputs to a task under this fence; `false` when that chunk was there already.
    /// `first_item` is the index of the chunk's first item.
    async fn append_outputs(
        &mut self,
        task: (JobId, TaskId, i64),
        chunk_index: u32,
        first_item: u32,
        items: &[ArtifactId],
    ) -> Result<bool>;
    /// What was appended to a task under this fence, in item order, with the number of chunks.
    async fn appended_outputs(&mut self, task: (JobId, TaskId, i64)) -> Result<(u32, Vec<ArtifactId>)>;

    // --- the ledger ----------------------------------------------------------------------------------

    /// Records leaves of a transaction that writes no round. Their pages wait for a place in the log.
    async fn append_leaves(&mut self, pages: &[LedgerPage]) -> Result<()>;
    /// These pages, in any order; unknown ones are left out.
    async fn ledger_pages(&mut self, ids: &[PageId]) -> Result<Vec<LedgerPage>>;
    /// The newest ended attempt of each of these tasks that has one, with where it is recorded, in any order.
    async fn newest_attempts(&mut self, ids: &[(JobId, TaskId)]) -> Result<Vec<NewestAttempt>>;
    /// What identifies the bodies of these artifacts, in any order; unknown ones are left out.
    async fn digests(&mut self, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, BodyDigest)>>;
    /// Tasks at which branches of a job ended: those that gave results, and those that failed, were cancelled or were skipped;
    /// by item path, then step, then id.
    async fn branch_ends(&mut self, job: JobId) -> Result<Vec<EndedTask>>;

    // --- exclusive aggregates ------------------------------------------------------------------------

    /// Takes the aggregate for this task unless another task holds it or waits for it. Returns the aggregate's newest fence
    /// when it was taken (or held by this task already), none when it is busy.
    async fn take_aggregate(&mut self, key: &str, job: JobId, task: TaskId) -> Result<Option<i64>>;
    /// Records the fence of a grant on an aggregate, so that the next holder's fence is higher.
    async fn fence_aggregate(&mut self, key: &str, fence: i64) -> Result<()>;
    /// Frees the aggregate if this task holds it and hands it to the task that has waited longest:
    /// that one is returned and holds it from now on; it is still parked.
    async fn pass_aggregate(&mut self, key: &str, task: TaskId) -> Result<Option<(JobId, TaskId)>>;

    // --- outbox --------------------------------------------------------------------------------------

    /// Leases head runs: for up to `keys_max` (topic, key) pairs of these topics that have ready messages and no live lease,
    /// up to `messages_max` messages in all, each run in sequence order. Parked keys are left out.
    #[allow(clippy::too_many_arguments)]
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
    ) -> Result<Vec<OutboxRun>>;
    /// The live runs that this poll got before (INV-POLL).
    async fn outbox_runs(
        &mut self,
        account: &AccountId,
        worker_id: &str,
        request_id: &str,
        now: Time,
    ) -> Result<Vec<OutboxRun>>;
    /// Extends a run's lease; `false` when the fence is not the newest.
    async fn extend_outbox(&mut self, run: &OutboxKey, fence: i64, expire_time: Time) -> Result<bool>;
    /// Deletes the run's messages up to and with `through_sequence` and records them as delivered; ends the lease when the run is empty.
    /// Returns none when the fence is not the newest, else how many were deleted now.
    async fn ack_outbox(
        &mut self,
        run: &OutboxKey,
        fence: i64,
        through_sequence: i64,
        now: Time,
    ) -> Result<Option<usize>>;
    /// Ends the lease; the messages from `from_sequence` on come again at `retry_time`, or never by themselves when `park`.
    /// `false` when the fence is not the newest.
    async fn nack_outbox(
        &mut self,
        run: &OutboxKey,
        fence: i64,
        from_sequence: i64,
        retry_time: Time,
        park: bool,
        failure: &str,
    ) -> Result<bool>;
    /// Lets a parked key go on: its messages are ready at `now`, and what was said of the failure stays until a delivery.
    /// None when there is no such key, `false` when it was not parked.
    async fn unpark_outbox(&mut self, key: &OutboxKey, now: Time) -> Result<Option<bool>>;
    /// Whether any of these topics has a message that a lease could take now.
    async fn outbox_ready(&mut self, account: &AccountId, topics: &[String], now: Time) -> Result<bool>;

    // --- plans, queues, settings ---------------------------------------------------------------------

    /// A plan by id.
    async fn plan(&mut self, account: &AccountId, id: PlanId) -> Result<Option<PlanRecord>>;
    /// A plan by name.
    async fn plan_by_name(&mut self, account: &AccountId, name: &str) -> Result<Option<PlanRecord>>;
    /// Stores a new plan (`revision` 1) or a changed one (guarded by `revision - 1`: else `Conflict`).
    async fn put_plan(&mut self, plan: &PlanRecord) -> Result<()>;
    /// A version by id.
    async fn plan_version(&mut self, id: PlanVersionId) -> Result<Option<PlanVersionRecord>>;
    /// A version by number.
    async fn plan_version_by_number(&mut self, plan: PlanId, version: i32) -> Result<Option<PlanVersionRecord>>;
    /// Stores a new version; `Duplicate` when its number is taken.
    async fn insert_plan_version(&mut self, version: &PlanVersionRecord) -> Result<()>;
    /// What a start was prepared on, as it is now: the plan's revision, and whether the version is retired. In any order;
    /// unknown versions are left out.
    async fn startable(&mut self, versions: &[PlanVersionId]) -> Result<Vec<Startable>>;
    /// Marks a version as retired; `false` when it was already.
    async fn retire_plan_version(&mut self, id: PlanVersionId, time: Time, reason: &str) -> Result<bool>;
    /// Pauses or opens a queue.
    async fn put_queue(&mut self, account: &AccountId, name: &str, paused: bool) -> Result<()>;
    /// Queues that are paused.
    async fn paused_queues(&mut self) -> Result<Vec<(AccountId, String)>>;
    /// A setting of the store itself, for example the key that lease tokens are made with.
    async fn setting(&mut self, name: &str) -> Result<Option<Vec<u8>>>;
    /// Stores a setting.
    async fn put_setting(&mut self, name: &str, value: &[u8]) -> Result<()>;
    /// The coordinators of this store, by number, expired ones too.
    async fn members(&mut self) -> Result<Vec<Member>>;
    /// Adds a coordinator; `Duplicate` when its number is taken.
    async fn insert_member(&mut self, member: &Member) -> Result<()>;
    /// Says that a coordinator lives; `false` when it was forgotten and must come anew.
    async fn renew_member(&mut self, node: u16, instance: Uuid, expire_time: Time) -> Result<bool>;
    /// Forgets a coordinator that left, or one that expired.
    async fn forget_member(&mut self, node: u16, instance: Uuid) -> Result<()>;
    /// The leases that a poll got, at whichever coordinator (INV-POLL).
    async fn leases_of_poll(&mut self, worker_id: &str, request_id: &str) -> Result<Vec<Live>>;
    /// Takes the lead in a task, or keeps it, until `expire_time`; `false` while another leads. The row is held until the unit
    /// ends: nobody else takes the lead while this unit acts.
    async fn take_lead(&mut self, task: &str, instance: Uuid, now: Time, expire_time: Time) -> Result<bool>;
    /// Leaves the lead to whoever comes first.
    async fn leave_lead(&mut self, task: &str, instance: Uuid) -> Result<()>;
    /// The policies that were set, by account, project and data class.
    async fn retention(&mut self) -> Result<Vec<Retention>>;
    /// Sets a policy.
    async fn put_retention(&mut self, retention: &Retention) -> Result<()>;
    /// Goes back to the default; `false` when no policy was set.
    async fn forget_retention(&mut self, account: &AccountId, project: &str, class: DataClass) -> Result<bool>;
    /// Removes rows of trees that have ended, `limit` of each table at most: sub-plans first, the roots last, each job's own
    /// row when all else of it is gone. An open job loses nothing, nor does a tree that a job outside of it goes on from. At most [`TREES_MAX`] trees. `part` is what the step
    /// before answered, none for the first. Attempts of jobs below `dropped_below` are left to [`Self::drop_partitions`],
    /// where the store has partitions.
    async fn purge_trees(
        &mut self,
        roots: &[JobId],
        part: Option<Part>,
        limit: usize,
        dropped_below: Option<JobId>,
    ) -> Result<Purged>;
    /// What was removed of these jobs, by job, cause and number.
    async fn removals(&mut self, jobs: &[JobId]) -> Result<Vec<Removal>>;
    /// Records removals; their certificates are leaves of the same unit.
    async fn put_removals(&mut self, removals: &[Removal]) -> Result<()>;
    /// Holds a tree until the unit ends, so that nobody goes on from it meanwhile; why nothing of it may be erased, if something
    /// is in the way. A job that goes on from it and is erased itself is not.
    async fn lock_tree(&mut self, root: JobId) -> Result<Option<Held>>;
    /// Removes the bodies of these artifacts, with their digests; what leaves say of each (its commitment) stays in its place.
    /// Those that are gone already are left as they are.
    async fn remove_bodies(&mut self, bodies: &[(ArtifactId, [u8; 32])]) -> Result<RemovedBodies>;
    /// Removes the texts of an ended job's tasks that may hold data: what failures and verdicts say, and the digests of reports.
    /// Works on `limit` tasks behind this one; answers the last of them, none when there are no more.
    async fn erase_texts(&mut self, job: JobId, after: Option<TaskId>, limit: usize) -> Result<Option<TaskId>>;
    /// Removes what an ended job's own row holds of data: seed, headers, labels, the text of its failure, the note; and the digests of
    /// `limit` of its delivered messages. `false` when there are more of them.
    async fn erase_job(&mut self, job: JobId, limit: usize) -> Result<bool>;
    /// Makes the partitions of today and some days ahead; returns how many there are more. None where the store has no
    /// partitions, or may not make them.
    async fn create_partitions(&mut self, now: Time) -> Result<Option<usize>>;
    /// Drops the partitions of days of which no job is left and to which none can come; returns how many.
    async fn drop_partitions(&mut self, now: Time) -> Result<usize>;
    /// The log's head. The row is held until the unit ends: nobody else changes it while this unit acts.
    async fn lock_ledger(&mut self) -> Result<LedgerHead>;
    /// Gives pages their places in the log and keeps the subtrees that they complete; `Conflict` when the log has grown since
    /// it was read, or a page has its place already.
    async fn place_pages(&mut self, placing: &Placing) -> Result<()>;
    /// Keeps a checkpoint, unless it says what the newest one says; whether it was kept. `Conflict` in another epoch.
    async fn put_checkpoint(&mut self, checkpoint: &LedgerCheckpoint) -> Result<bool>;
    /// Begins an epoch; `Conflict` unless it is later than that of the log.
    async fn put_epoch(&mut self, epoch: &LedgerEpoch) -> Result<()>;
    /// Takes all places and nodes back: every page waits again. For the declaration of an epoch over a log that is damaged.
    async fn forget_places(&mut self) -> Result<()>;
    /// How many messages of this key wait to be delivered, counted up to `limit`.
    async fn outbox_waiting(&mut self, key: &OutboxKey, limit: usize) -> Result<usize>;
    /// Adds these artifacts to the index of digests, those that are there and have a body; returns how many it had not.
    async fn index_digests(&mut self, ids: &[ArtifactId]) -> Result<usize>;
    /// Says how far the index of digests is.
    async fn put_digest_cursor(&mut self, cursor: &DigestCursor) -> Result<()>;
    /// Forgets answered requests older than `before`, at most `limit`; returns how many.
    async fn forget_requests(&mut self, before: Time, limit: usize) -> Result<usize>;
}

/// Which (topic, key) an outbox lease is for.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OutboxKey {
    /// Tenant.
    pub account: AccountId,
    /// Topic.
    pub topic: String,
    /// Key; order holds within one topic and key.
    pub key: String,
}

/// A leased run of messages of one topic and key, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxRun {
    /// Topic and key.
    pub key: OutboxKey,
    /// The lease's fence.
    pub fence: i64,
    /// When it is lost.
    pub expire_time: Time,
    /// Counts the leases of the run's first message, this one included.
    pub delivery_attempt: u32,
    /// The messages.
    pub messages: Vec<OutboxMessage>,
}
