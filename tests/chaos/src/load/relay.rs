//! Relays: they lease messages, hand them to a broker that takes everything but poison, and acknowledge.

use super::plans::{LEASE, POISON, TOPIC, text};
use crate::{
    call::{Caller, Heard, digest, duration},
    clock,
    history::{Answer, Delivery, Run, Said},
};
use esteira_contract::v1::{self, outbox_service_client::OutboxServiceClient};
use std::time::Duration;
use tokio::time::sleep;

const WAIT: Duration = Duration::from_millis(400);
const MESSAGES_MAX: i32 = 12;
/// How often in a hundred a relay dies with a run, is too slow for it, or fails in the middle of it.
const DIES_PERCENT: u64 = 3;
const SLOW_PERCENT: u64 = 5;
const FAILS_PERCENT: u64 = 4;
/// How long a relay holds what was leased before, as one does that asks its broker first: whoever had it may come back meanwhile.
const ASKS_MS: (u64, u64) = (800, 2_000);
/// How often in a hundred an acknowledgement is sent twice.
const TWICE_PERCENT: u64 = 6;

/// Delivers until it is told to stop.
pub(crate) async fn run(mut caller: Caller) {
    let mut number = 0_u64;
    while !caller.mood.is_over() {
        number += 1;
        for lease in lease(&mut caller, number).await {
            deliver(&mut caller, &lease).await;
        }
    }
}

fn key_of(lease: &v1::OutboxLease) -> String {
    lease.messages.first().map(|message| format!("{}|{}", message.topic, message.key)).unwrap_or_default()
}

async fn lease(caller: &mut Caller, number: u64) -> Vec<v1::OutboxLease> {
    let request_id = format!("{}-{number}", caller.log.client);
    let request = v1::LeaseOutboxRequest {
        worker_id: caller.log.client.clone(),
        request_id: request_id.clone(),
        topics: vec![TOPIC.into()],
        max_messages: MESSAGES_MAX,
        wait: duration(WAIT),
        lease_ttl: duration(LEASE),
    };
    let read = |answer: &v1::LeaseOutboxResponse| {
        let run = |lease: &v1::OutboxLease| Run {
            lease: digest(&lease.lease_token),
            key: key_of(lease),
            messages: lease
                .messages
                .iter()
                .map(|message| (message.commit_sequence, text(message.payload.as_ref()).to_owned()))
                .collect(),
        };
        Answer::Runs(answer.leases.iter().map(run).collect())
    };
    while !caller.mood.is_over() {
        let sent = request.clone();
        let call = async move |channel| OutboxServiceClient::new(channel).lease_outbox(sent).await;
        let said = Said::LeaseOutbox { request: request_id.clone() };
        if let Heard::Answered(answer) = caller.ask(said, WAIT, call, read).await {
            return answer.leases;
        }
    }
    Vec::new()
}

async fn deliver(caller: &mut Caller, lease: &v1::OutboxLease) {
    let key = key_of(lease);
    if key.starts_with(&format!("{TOPIC}|{POISON}")) {
        return nack(caller, lease, &key, 0, true).await;
    }
    let (calm, begin) = (caller.mood.is_calm(), clock::now());
    let mut until = lease.messages.len();
    if !calm && caller.draws.percent(DIES_PERCENT) {
        caller.log.own("relay that died", &key, begin, begin);
        until = caller.draws.below(until + 1);
        lease.messages[..until].iter().for_each(|message| hand_over(caller, &key, message));
        return;
    }
    if !calm && caller.draws.percent(SLOW_PERCENT) {
        let pause = LEASE + caller.draws.millis(200, 1_500);
        caller.log.own("relay that was slow", &key, begin, begin + u64::try_from(pause.as_micros()).expect("seconds"));
        sleep(pause).await;
    } else if !calm && lease.messages.iter().any(|message| message.delivery_attempt > 1) {
        let pause = caller.draws.millis(ASKS_MS.0, ASKS_MS.1);
        sleep(pause).await;
    } else if !calm && caller.draws.percent(FAILS_PERCENT) {
        until = caller.draws.below(until);
    }
    for (place, message) in lease.messages[..until].iter().enumerate() {
        hand_over(caller, &key, message);
        if place == until / 2 || place + 1 == until {
            ack(caller, lease, &key, place).await;
        }
    }
    if until < lease.messages.len() {
        nack(caller, lease, &key, until, false).await;
    }
}

/// The broker takes it.
fn hand_over(caller: &Caller, key: &str, message: &v1::OutboxMessage) {
    caller.log.delivered(Delivery {
        at: clock::now(),
        message: message.message_id.clone(),
        key: key.into(),
        sequence: message.commit_sequence,
        body: text(message.payload.as_ref()).into(),
    });
}

async fn ack(caller: &mut Caller, lease: &v1::OutboxLease, key: &str, place: usize) {
    let through = lease.messages[place].commit_sequence;
    let request = v1::AckOutboxRequest { lease_token: lease.lease_token.clone(), through_sequence: through };
    let mut left = 1 + usize::from(caller.draws.percent(TWICE_PERCENT));
    while left > 0 && !caller.mood.is_over() {
        let sent = request.clone();
        let call = async move |channel| OutboxServiceClient::new(channel).ack_outbox(sent).await;
        let said = Said::AckOutbox { lease: digest(&lease.lease_token), key: key.into(), through };
        let heard =
            caller.ask(said, Duration::ZERO, call, |answer: &v1::AckOutboxResponse| Answer::Acked(answer.acked));
        if !matches!(heard.await, Heard::Unknown) {
            left -= 1;
            if left > 0 {
                caller.log.own("duplicate call", &caller.log.client, clock::now(), clock::now());
            }
        }
    }
}

async fn nack(caller: &mut Caller, lease: &v1::OutboxLease, key: &str, place: usize, park: bool) {
    let request = v1::NackOutboxRequest {
        lease_token: lease.lease_token.clone(),
        from_sequence: lease.messages[place].commit_sequence,
        retry_after: duration(Duration::from_millis(100)),
        failure: "the broker does not take it".into(),
        park,
    };
    while !caller.mood.is_over() {
        let sent = request.clone();
        let call = async move |channel| OutboxServiceClient::new(channel).nack_outbox(sent).await;
        let said = Said::NackOutbox { lease: digest(&lease.lease_token), key: key.into(), park };
        let heard = caller.ask(said, Duration::ZERO, call, |_: &v1::NackOutboxResponse| Answer::Nacked).await;
        if !matches!(heard, Heard::Unknown) {
            return;
        }
    }
}
