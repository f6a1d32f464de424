//! Outbox leases and messages.

use crate::{
    convert::{
        at::At,
        check,
        payload::{self, Bodies},
        time,
    },
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Principal, Reason,
    outbox::{LeaseOutbox, LeasedRun, NackOutbox, OutboxBeat},
    token::Tokens,
};
use esteira_model::{OutboxMessage, limits};
use esteira_store::{OutboxKey, OutboxRow};
use std::time::Duration;

/// What a relay asks for.
pub fn ask(request: v1::LeaseOutboxRequest) -> Answer<LeaseOutbox> {
    let v1::LeaseOutboxRequest { worker_id, request_id, topics, max_messages, wait, lease_ttl } = request;
    check::count(topics.len(), At::Top("topics"), 1, limits::BATCH_MAX)?;
    for (index, topic) in topics.iter().enumerate() {
        check::name_of(topic, At::Top("topics").index(index), limits::TOPIC_BYTES_MAX)?;
    }
    Ok(LeaseOutbox {
        worker_id: check::chosen_id(worker_id, At::Top("worker_id"))?,
        request_id: check::request_id(request_id, At::Top("request_id"))?,
        topics,
        max_messages: check::at_most(max_messages, At::Top("max_messages"), limits::BATCH_MAX)?,
        wait: time::wait(wait, At::Top("wait"))?,
        ttl: time::lease_ttl(lease_ttl, At::Top("lease_ttl"))?,
    })
}

/// Reads the token of an outbox lease of this account; none when it is not one.
fn read(tokens: &Tokens, principal: &Principal, text: &str) -> Option<(OutboxKey, i64)> {
    tokens.read_outbox(text).filter(|(key, _)| key.account == principal.account)
}

/// The lease that a call is about.
pub fn lease(tokens: &Tokens, principal: &Principal, text: &str) -> Answer<(OutboxKey, i64)> {
    if text.is_empty() {
        return Err(Refusal::field(At::Top("lease_token"), "is required"));
    }
    let lost = || Refusal::new(Reason::LeaseLost, "the token is not of a lease that is held");
    read(tokens, principal, text).ok_or_else(lost)
}

/// A heartbeat of a relay.
pub fn beat(tokens: &Tokens, principal: &Principal, beat: &v1::LeaseBeat, at: At<'_>) -> Answer<OutboxBeat> {
    if beat.lease_token.is_empty() {
        return Err(Refusal::field(at.field("lease_token"), "is required"));
    }
    if beat.checkpoint.is_some() {
        return Err(Refusal::field(at.field("checkpoint"), "an outbox lease has no checkpoint"));
    }
    let ttl = time::lease_ttl(beat.lease_ttl, at.field("lease_ttl"))?;
    Ok(OutboxBeat { lease: read(tokens, principal, &beat.lease_token), ttl })
}

/// A sequence that a call names.
pub fn sequence(value: i64, at: At<'_>) -> Answer<i64> {
    check::int(value, at, 1, i64::MAX)
}

/// What a relay could not deliver.
pub fn nack(tokens: &Tokens, principal: &Principal, request: v1::NackOutboxRequest) -> Answer<NackOutbox> {
    let v1::NackOutboxRequest { lease_token, from_sequence, retry_after, failure, park } = request;
    if failure.is_empty() {
        return Err(Refusal::field(At::Top("failure"), "is required"));
    }
    let retry_after = time::duration(retry_after, At::Top("retry_after"), Duration::ZERO, limits::RETRY_AFTER_MAX)?;
    Ok(NackOutbox {
        from_sequence: sequence(from_sequence, At::Top("from_sequence"))?,
        retry_after: retry_after.unwrap_or(limits::NACK_PAUSE_DEFAULT),
        park,
        failure: check::reason(failure, At::Top("failure"))?,
        lease: lease(tokens, principal, &lease_token)?,
    })
}

/// The longest key: one that was left out is made from an aggregate's type and id.
const KEY_CHARS_MAX: usize = limits::NAME_BYTES_MAX + 1 + limits::TEXT_CHARS_MAX;

/// The topic and key that an operator names.
pub fn key(principal: &Principal, request: v1::UnparkOutboxRequest) -> Answer<OutboxKey> {
    let v1::UnparkOutboxRequest { topic, key } = request;
    check::name_of(&topic, At::Top("topic"), limits::TOPIC_BYTES_MAX)?;
    if key.is_empty() {
        return Err(Refusal::field(At::Top("key"), "is required"));
    }
    let key = check::line(key, At::Top("key"), KEY_CHARS_MAX)?;
    Ok(OutboxKey { account: principal.account.clone(), topic, key })
}

/// On the wire.
pub fn run_out(leased: LeasedRun) -> v1::OutboxLease {
    let delivery_attempt = leased.run.delivery_attempt;
    let message = |message: &OutboxMessage| message_out(message, delivery_attempt, Bodies::Sent);
    v1::OutboxLease {
        lease_token: leased.token,
        messages: leased.run.messages.iter().map(message).collect(),
        lease_ttl: Some(time::duration_out(leased.ttl)),
    }
}

/// On the wire, for an operator: without the payload's body.
pub fn row_out(row: &OutboxRow) -> v1::OutboxMessage {
    v1::OutboxMessage {
        parked: row.parked,
        failure: row.failure.clone(),
        ..message_out(&row.message, row.delivery_attempts, Bodies::Omitted)
    }
}

fn message_out(message: &OutboxMessage, delivery_attempt: u32, bodies: Bodies) -> v1::OutboxMessage {
    let emit = &message.emit;
    v1::OutboxMessage {
        // The task's id is unique everywhere, the sequence in its store.
        message_id: format!("{}-{:x}", message.task, message.sequence),
        commit_sequence: message.sequence,
        topic: emit.topic.clone(),
        key: emit.key.clone(),
        payload: Some(payload::payload_out(&emit.payload, &payload::sha256(&emit.payload), bodies)),
        headers: emit.headers.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        job_id: message.job.to_string(),
        task_id: message.task.to_string(),
        commit_time: Some(time::instant_out(message.commit_time)),
        delivery_attempt: i32::try_from(delivery_attempt).unwrap_or(i32::MAX),
        parked: false,
        failure: String::new(),
    }
}

/// The verdict on a relay's lease.
pub fn verdict_out(lease_token: String, held: Option<Duration>) -> v1::LeaseVerdict {
    let status = if held.is_some() { v1::LeaseStatus::Active } else { v1::LeaseStatus::Lost };
    let reason = if held.is_some() { String::new() } else { crate::reason::LEASE_LOST.to_owned() };
    v1::LeaseVerdict { lease_token, status: status as i32, lease_ttl: held.map(time::duration_out), reason }
}

#[cfg(test)]
#[path = "outbox_tests.rs"]
mod tests;
