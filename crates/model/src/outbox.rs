//! The outbox: committed messages that wait to be delivered.

use crate::{
    id::{AccountId, JobId, TaskId},
    packet::Headers,
    payload::Payload,
    time::Time,
};

/// A message that a function emits with its completion.
#[derive(Debug, Clone, PartialEq)]
pub struct Emit {
    /// Where to.
    pub topic: String,
    /// Messages of one topic and key keep their order.
    pub key: String,
    /// The message.
    pub payload: Payload,
    /// Delivered with it.
    pub headers: Headers,
}

/// A committed message.
#[derive(Debug, Clone, PartialEq)]
pub struct OutboxMessage {
    /// Time-ordered identity, unique in the store; its order is not commit order (INV-OUTBOX).
    pub sequence: i64,
    /// Tenant.
    pub account: AccountId,
    /// What the function emitted.
    pub emit: Emit,
    /// The job and task whose completion committed it.
    pub job: JobId,
    /// See `job`.
    pub task: TaskId,
    /// When it was committed.
    pub commit_time: Time,
}
