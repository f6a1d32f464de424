//! The standard data packet that a step receives.

use crate::payload::Payload;
use std::{collections::BTreeMap, sync::Arc};

/// On whose behalf a job runs. Set at start, immutable, inherited by all that the job produces.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Actor {
    /// The operator: the authenticated principal.
    pub user_id: String,
    /// The operator's account.
    pub account_id: String,
    /// Whom the operator acts for, or "".
    pub on_behalf_of: String,
}

/// Which aggregate a task moves.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct AggregateRef {
    /// Kind of aggregate, for example `order`.
    pub kind: Arc<str>,
    /// Identity within its kind.
    pub id: Arc<str>,
    /// The version that its own behaviours count.
    pub version: i64,
}

/// Headers that every packet of a job carries; at most 32 entries and 8 KiB.
pub type Headers = BTreeMap<String, String>;

/// Actor, aggregate, data and headers together: what a job starts with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packet {
    /// On whose behalf.
    pub actor: Actor,
    /// The aggregate to move, if the plan moves one.
    pub aggregate: Option<AggregateRef>,
    /// The data itself.
    pub data: Payload,
    /// Copied to every packet of the job; W3C `traceparent` travels here.
    pub headers: Headers,
}
