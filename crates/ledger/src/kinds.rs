//! The kinds of leaf, each with its fields in the order in which they are encoded. The order, the names and the types are
//! the format: a change is a new version (see `docs/provenance.md`).
//!
//! Texts that may hold data (messages, reasons, addresses) are commitments; names and ids are themselves.

use crate::{
    codes::{Decision, RemovalCause},
    fields::fields,
    hash::Hash,
    hashes::Hashes,
    verdict::Verdict,
};
use esteira_model::{DataClass, FailureKind, ItemPath, JobId, JobState, LineageKind, PlanVersionId, TaskId, Time};

fields! {
    /// Who did something, as the server derived it.
    Operator {
        /// The authenticated principal.
        user: &'a str,
        /// The principal's account.
        account: &'a str,
        /// Whom the principal acts for, or "".
        on_behalf_of: &'a str,
    }

    /// What a policy said.
    PolicyVerdict {
        /// The policy's name.
        policy: &'a str,
        /// Its version.
        version: &'a str,
        /// Whether the rule held.
        passed: bool,
    }

    /// That something failed; what it said is in `texts`.
    FailureMark {
        /// What it means for a retry.
        kind: FailureKind,
        /// The stable code.
        code: &'a str,
    }

    /// A job was accepted. Its parent is the attempt that started it, or the link of a reprocess, or nothing.
    JobStarted {
        /// Tenant.
        account: &'a str,
        /// What it executes.
        plan_version: PlanVersionId,
        /// Digest of the plan version's document.
        plan_digest: Hash,
        /// The job.
        job: JobId,
        /// How it came to be.
        lineage: LineageKind,
        /// Commitment to the request that started it; none for a child.
        request_digest: Option<Hash>,
        /// Commitment to what it started with.
        inputs: Hashes,
        /// When it was accepted.
        create_time: Time,
        /// On whose behalf.
        operator: Operator<'a>,
        /// The purge label.
        data_class: DataClass,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// An attempt ended. Its parents are the leaves that produced its input, in the input's order, and then the attempt before it.
    AttemptEnded {
        /// Tenant.
        account: &'a str,
        /// Digest of the plan version's document.
        plan_digest: Hash,
        /// The job.
        job: JobId,
        /// Key of the step.
        step: &'a str,
        /// Which item.
        item_path: ItemPath,
        /// The task.
        task: TaskId,
        /// Counts from 1.
        attempt: u32,
        /// The lease's fence.
        fence: i64,
        /// The function, or "" for what the engine runs itself.
        function: &'a str,
        /// The version that the worker registered, or "".
        function_version: &'a str,
        /// Commitments to what it read.
        inputs: Hashes,
        /// Commitments to what it produced, in item order.
        outputs: Hashes,
        /// What the policies said, in plan order.
        policies: Vec<PolicyVerdict<'a>>,
        /// The coordinator's times.
        start_time: Time,
        /// See `start_time`.
        end_time: Time,
        /// The worker's own times, if it reported them.
        worker_start_time: Option<Time>,
        /// See `worker_start_time`.
        worker_end_time: Option<Time>,
        /// Who ran it, or "" for the engine.
        worker: &'a str,
        /// The job's principal.
        operator: &'a str,
        /// The purge label.
        data_class: DataClass,
        /// The outcome: how it failed; none for a success.
        failure: Option<FailureMark<'a>>,
        /// Commitment to the texts of the failure and of the verdicts; none when there are none.
        texts: Option<Hash>,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// A job ended. Its parents are the leaves at which its branches ended, by item path, then step.
    JobEnded {
        /// Tenant.
        account: &'a str,
        /// Digest of the plan version's document.
        plan_digest: Hash,
        /// The job.
        job: JobId,
        /// The terminal state.
        state: JobState,
        /// How it failed, if it did.
        failure: Option<FailureMark<'a>>,
        /// Commitment to the failure's texts and the operator's note; none when there are none.
        texts: Option<Hash>,
        /// Commitments to its results, in order.
        results: Hashes,
        /// When its first task was created, if one was.
        start_time: Option<Time>,
        /// When it ended.
        end_time: Time,
        /// The job's principal.
        operator: &'a str,
        /// The purge label.
        data_class: DataClass,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// A job continues another one: written before the new job's start. Its parent is the last leaf of the old job.
    JobReprocessed {
        /// Tenant.
        account: &'a str,
        /// Digest of the chosen plan version's document.
        plan_digest: Hash,
        /// The new job.
        job: JobId,
        /// The old one.
        source_job: JobId,
        /// Key of the step from which it goes on, or "" for the last one that was executed.
        from_step: &'a str,
        /// Commitments to the bodies that replace those of the old job.
        overrides: Hashes,
        /// Commitment to the reason that was given.
        reason: Hash,
        /// When.
        create_time: Time,
        /// Who.
        operator: Operator<'a>,
        /// The purge label.
        data_class: DataClass,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// Somebody verified something. Its parents are the leaves that were verified, if they are few enough to name.
    VerificationPerformed {
        /// Tenant.
        account: &'a str,
        /// What: `artifact DIGEST`, `job ID`, `range FROM TO`, `all`.
        scope: &'a str,
        /// What came out: the first verdict that is not VALID, in order of the log.
        verdict: Verdict,
        /// How many leaves were looked at.
        checked: u64,
        /// How many were neither VALID nor ERASED.
        failed: u64,
        /// The size of the log against which it was verified.
        tree_size: u64,
        /// Its root.
        root: Hash,
        /// When it began.
        start_time: Time,
        /// When it ended.
        end_time: Time,
        /// Who asked.
        operator: Operator<'a>,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// An operator asked for a change or for a body.
    OperatorActed {
        /// Tenant.
        account: &'a str,
        /// Who.
        operator: Operator<'a>,
        /// Id of the credential that was shown, or "".
        credential: &'a str,
        /// The verb, for example `CancelJob`.
        action: &'a str,
        /// To what, for example `jobs/ID`.
        resource: &'a str,
        /// Commitment to the reason, where one was given.
        reason: Option<Hash>,
        /// Digest of the request.
        request_digest: Hash,
        /// Whether it was allowed.
        decision: Decision,
        /// `OK`, or the stable reason of the error.
        result: &'a str,
        /// When it arrived.
        start_time: Time,
        /// How long it took.
        latency_micros: u64,
        /// Commitment to the client's address.
        client_address: Option<Hash>,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// Bodies of a job were removed. Its parent is the job's last leaf.
    BodiesRemoved {
        /// Tenant.
        account: &'a str,
        /// The job.
        job: JobId,
        /// Why.
        cause: RemovalCause,
        /// The commitments of the bodies that were removed, in ascending order.
        bodies: Hashes,
        /// How many bytes they had.
        bytes: u64,
        /// Commitment to the reason, where one was given.
        reason: Option<Hash>,
        /// When.
        time: Time,
        /// Who; the retention policy's own name for a retention.
        operator: Operator<'a>,
        /// The purge label.
        data_class: DataClass,
        /// The leaves from which it follows.
        parents: Hashes,
    }

    /// The log goes on from what is there, although an anchor knows more: what is missing is admitted, for ever.
    EpochDeclared {
        /// Counts from 1; the log begins in epoch 0.
        epoch: u64,
        /// Size of the log when it was declared.
        tree_size: u64,
        /// Its root.
        root: Hash,
        /// Size of the newest anchor.
        anchor_size: u64,
        /// Its root.
        anchor_root: Hash,
        /// Commitment to the reason that was given.
        reason: Hash,
        /// When.
        time: Time,
        /// Who.
        operator: Operator<'a>,
        /// The leaves from which it follows.
        parents: Hashes,
    }
}
