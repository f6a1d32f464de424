//! Rows that the ports speak of and that are no words of the model.

use esteira_model::{AccountId, Actor, PlanId, PlanVersionId, Task, Time, Uuid, WaitReason};
use std::collections::BTreeMap;

/// A plan: a name with versions.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanRecord {
    /// Identity.
    pub id: PlanId,
    /// Tenant.
    pub account: AccountId,
    /// Unique in the account.
    pub name: String,
    /// The folder that it lies in; never changes.
    pub project: String,
    /// For people.
    pub display_name: String,
    /// Kind of aggregate that it moves, or "".
    pub aggregate_type: String,
    /// Free labels.
    pub labels: BTreeMap<String, String>,
    /// Version that a start without a version runs; 0 = none yet.
    pub default_version: i32,
    /// Newest version; 0 = none yet.
    pub latest_version: i32,
    /// When it was created.
    pub create_time: Time,
    /// When it was changed last.
    pub update_time: Time,
    /// Counts the writes; the etag.
    pub revision: i64,
}

/// What becomes of a start is decided by its plan and version as they are when it is committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Startable {
    /// The version.
    pub version: PlanVersionId,
    /// Revision of its plan.
    pub plan_revision: i64,
    /// Whether it is retired.
    pub retired: bool,
}

/// One published version: immutable but for its retirement.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanVersionRecord {
    /// Identity.
    pub id: PlanVersionId,
    /// Its plan.
    pub plan: PlanId,
    /// Tenant.
    pub account: AccountId,
    /// Name of the plan.
    pub plan_name: String,
    /// Counts from 1.
    pub version: i32,
    /// The document, verbatim.
    pub definition_json: String,
    /// SHA-256 of the document.
    pub definition_sha256: [u8; 32],
    /// For each step that runs a sub-plan, in step order: the version that was frozen at publish.
    pub sub_plans: Vec<PlanVersionId>,
    /// Who published it.
    pub published_by: Actor,
    /// When.
    pub publish_time: Time,
    /// When it was retired: no new jobs.
    pub retire_time: Option<Time>,
    /// Why it was retired, or "".
    pub retire_reason: String,
}

/// A request that was answered, kept so that a repeat gets the same answer (INV-REPLAY).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnsweredRequest {
    /// Tenant.
    pub account: AccountId,
    /// The caller's id of it.
    pub request_id: String,
    /// SHA-256 of the request.
    pub digest: [u8; 32],
    /// What identifies the answer: an id, or the encoded answer itself.
    pub answer: Vec<u8>,
    /// When it was answered.
    pub time: Time,
}

/// A live task with where it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Live {
    /// The task.
    pub task: Task,
    /// Where it is.
    pub place: LivePlace,
}

/// Where a live task is, as stored.
#[derive(Debug, Clone, PartialEq)]
pub enum LivePlace {
    /// In a lane.
    Queued {
        /// The lane's text form.
        lane: String,
    },
    /// Waiting.
    Parked {
        /// For what.
        reason: WaitReason,
        /// Until when, if time is what it waits for.
        due: Option<Time>,
    },
    /// With a worker.
    Leased(Box<crate::batch::Leased>),
}

/// A task that a claim took out of its lane.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The task.
    pub task: Task,
    /// The lane that it was in.
    pub lane: String,
    /// Its rank there.
    pub rank: i32,
}

/// A coordinator that works on this store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Its number among those of the store: the ids that it gives carry it.
    pub node: u16,
    /// The process: a number that was left is given again.
    pub instance: Uuid,
    /// Where it listens.
    pub address: String,
    /// When it came.
    pub start_time: Time,
    /// When it counts as gone unless it says that it lives.
    pub expire_time: Time,
}
