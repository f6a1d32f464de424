//! What is emitted: with the completion or not at all, and in order.

use crate::world::World;
use esteira_e2e::jobs;
use esteira_sdk::{
    client::{v1, wire},
    model::Payload,
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, time::Duration};

fn emit(key: &str, json: &str) -> Value {
    json!({"emit": {"topic": "said", "key": key, "json": json}})
}

/// All messages of these topics, delivered; in the order of their delivery.
pub(super) async fn all(world: &World, topics: &[&str]) -> Vec<v1::OutboxMessage> {
    let mut messages = Vec::new();
    loop {
        let leases = lease(world, "relay", topics, Duration::ZERO).await;
        if leases.is_empty() {
            return messages;
        }
        for lease in leases {
            ack(world, &lease).await;
            messages.extend(lease.messages);
        }
    }
}

async fn lease(world: &World, relay: &str, topics: &[&str], wait: Duration) -> Vec<v1::OutboxLease> {
    let request = v1::LeaseOutboxRequest {
        worker_id: relay.into(),
        topics: topics.iter().map(|topic| (*topic).into()).collect(),
        max_messages: 10,
        wait: Some(wire::duration_out(wait)),
        lease_ttl: Some(wire::duration_out(Duration::from_secs(1))),
        ..Default::default()
    };
    world.client.outbox().lease_outbox(request).await.expect("the outbox is leased").leases
}

async fn ack(world: &World, lease: &v1::OutboxLease) {
    let through_sequence = lease.messages.last().expect("a lease has messages").commit_sequence;
    let request = v1::AckOutboxRequest { lease_token: lease.lease_token.clone(), through_sequence };
    world.client.outbox().ack_outbox(request).await.expect("it is acknowledged");
}

/// The JSON value of a message.
pub(super) fn value(message: &v1::OutboxMessage) -> Value {
    jobs::value(message.payload.as_ref().expect("a message has a payload"))
}

pub(super) async fn emit_with_completion(world: &World) {
    let _worker = world.worker(2).await;
    let fail =
        |retryable: bool| json!({"fail": {"code": "NO", "message": "no", "retryable": retryable, "after_ms": 1}});
    let attempts =
        json!([[emit("a", "0"), fail(true)], [emit("a", "1"), emit("b", "2"), emit("a", "3"), emit("", "4")]]);
    world.publish_one("twice", "kit.script", json!({"attempts": attempts})).await;
    world.publish_one("never", "kit.script", json!({"attempts": [[emit("a", "5"), fail(false)]]})).await;
    let never = world.begin("never", Payload::json("null")).await;
    assert_eq!(world.ended(&never).await.state(), v1::JobState::Failed);
    let job = world.begin("twice", Payload::json("null")).await;
    world.succeeded(&job).await;
    let task = world.task(&job).await;
    assert_eq!(task.attempts.len(), 2);

    let mut said: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for message in all(world, &["said"]).await {
        assert_eq!((&message.job_id, &message.task_id), (&job, &task.task_id));
        said.entry(message.key.clone()).or_default().push(value(&message));
    }
    let expected = [("a".into(), vec![json!(1), json!(3)]), ("b".into(), vec![json!(2)]), (job, vec![json!(4)])];
    assert_eq!(said, BTreeMap::from(expected));
}

pub(super) async fn two_relays(world: &World) {
    const JOBS: usize = 12;
    let _worker = world.worker(4).await;
    let keys = ["a", "b", "c"];
    let emits = || keys.iter().flat_map(|key| [emit(key, "1"), emit(key, "2")]).collect::<Vec<_>>();
    world.publish_one("says", "kit.script", json!({"attempts": [emits()]})).await;
    let mut jobs = Vec::new();
    for _ in 0..JOBS {
        jobs.push(world.begin("says", Payload::json("null")).await);
    }
    // One relay leases while they are still written, delivers nothing and is never heard of again.
    let crashed = lease(world, "crashing", &["said"], Duration::from_secs(20)).await;
    assert!(!crashed.is_empty(), "there was nothing to be leased");
    for job in &jobs {
        world.succeeded(job).await;
    }
    let mut delivered: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    while delivered.values().map(Vec::len).sum::<usize>() < JOBS * 2 * keys.len() {
        for relay in ["first", "second"] {
            for lease in lease(world, relay, &["said"], Duration::from_secs(5)).await {
                ack(world, &lease).await;
                for message in lease.messages {
                    delivered.entry(message.key).or_default().push(message.commit_sequence);
                }
            }
        }
    }
    assert_eq!(delivered.keys().map(String::as_str).collect::<Vec<_>>(), keys);
    for (key, sequences) in delivered {
        assert!(sequences.len() == 2 * JOBS && sequences.is_sorted_by(|a, b| a < b), "{key}: {sequences:?}");
    }
}
