//! Relays: order per topic and key, each message once outside a crash, and what a relay may say of a message.

use esteira_e2e::{LocalWorker, Server, jobs, within};
use esteira_sdk::{
    Outcome,
    client::{Client, Error, v1},
    json::PayloadJson,
    model::{Function, OutputType, Payload, function},
};
use serde_json::{Value, json};
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::{sync::watch, task::JoinSet, time::Instant};

const TOPIC: &str = "e2e.orders";
const TEST_MAX: Duration = Duration::from_secs(30);

/// A server with the plan `emit`, whose function emits the messages that its input asks for, and what serves it.
struct Emitter {
    server: Server,
    client: Client,
    worker: LocalWorker,
}

impl Emitter {
    async fn start() -> Self {
        let server = Server::serve().await;
        let client = server.client();
        jobs::publish(&client, &json!({"name": "emit", "steps": [{"step_key": "emit", "function": "e2e.emit"}]})).await;
        let emit = function("e2e.emit", OutputType::Single, |cx, input| async move {
            let asked: Value = input.decode()?;
            let (from, count) =
                (asked["from"].as_i64().unwrap_or_default(), asked["count"].as_i64().unwrap_or_default());
            for number in from..from + count {
                cx.emit(TOPIC, asked["key"].as_str().unwrap_or_default(), Payload::json(number.to_string()));
            }
            Ok(Outcome::one(Payload::json("null")))
        });
        let functions: [Arc<dyn Function>; 1] = [Arc::new(emit)];
        let worker = LocalWorker::start(&server.url(), 4, functions);
        Self { server, client, worker }
    }

    /// Emits the numbers `from..from + count` under a key, in one completion.
    async fn emit(&self, key: &str, from: i64, count: i64) {
        emit(&self.client, key, from, count).await;
    }

    async fn stop(self) {
        self.worker.stop().await;
        self.server.stop().await;
    }
}

async fn emit(client: &Client, key: &str, from: i64, count: i64) {
    let job = jobs::start(client, "emit", &json!({"key": key, "from": from, "count": count})).await;
    jobs::succeeded(client, &job).await;
}

async fn lease(
    client: &Client,
    relay: &str,
    max_messages: i32,
    wait_ms: i64,
    lease_ttl_s: i64,
) -> Vec<v1::OutboxLease> {
    let wait = prost_types::Duration { seconds: wait_ms / 1_000, nanos: (wait_ms % 1_000 * 1_000_000) as i32 };
    let request = v1::LeaseOutboxRequest {
        worker_id: relay.into(),
        topics: vec![TOPIC.into()],
        max_messages,
        wait: Some(wait),
        lease_ttl: Some(prost_types::Duration { seconds: lease_ttl_s, nanos: 0 }),
        ..Default::default()
    };
    client.outbox().lease_outbox(request).await.expect("messages can be leased").leases
}

async fn ack(client: &Client, lease: &v1::OutboxLease, through: usize) -> Result<v1::AckOutboxResponse, Error> {
    let through_sequence = lease.messages[through].commit_sequence;
    client.outbox().ack_outbox(v1::AckOutboxRequest { lease_token: lease.lease_token.clone(), through_sequence }).await
}

async fn waiting(client: &Client, filter: &str) -> Vec<v1::OutboxMessage> {
    let request = v1::ListOutboxMessagesRequest { page_size: 500, filter: filter.into(), ..Default::default() };
    let mut messages = client.outbox().list_outbox_messages(request).await.expect("messages are listed").messages;
    // What the log tells of itself waits for whoever anchors it elsewhere.
    messages.retain(|message| message.topic != "esteira.checkpoint");
    messages
}

fn numbers(lease: &v1::OutboxLease) -> Vec<i64> {
    lease.messages.iter().map(number).collect()
}

fn number(message: &v1::OutboxMessage) -> i64 {
    message.payload.as_ref().map(jobs::value).and_then(|value| value.as_i64()).expect("a number was emitted")
}

/// What the relays delivered: the relay, the key, the message's id and its number.
type Delivered = Arc<Mutex<Vec<(usize, String, String, i64)>>>;

/// Delivers until it is told to stop and nothing is left.
async fn relay(client: Client, relay: usize, delivered: Delivered, stop: watch::Receiver<bool>) {
    loop {
        let leases = lease(&client, &format!("relay-{relay}"), 7, 200, 30).await;
        if leases.is_empty() && *stop.borrow() {
            return;
        }
        for lease in leases {
            // The broker has confirmed the first half, then the rest: two acknowledgements of one lease.
            let half = lease.messages.len() / 2;
            for (index, message) in lease.messages.iter().enumerate() {
                let entry = (relay, message.key.clone(), message.message_id.clone(), number(message));
                delivered.lock().expect("no panic").push(entry);
                assert_eq!(message.delivery_attempt, 1, "nothing is delivered twice without a crash");
                if index == half || index + 1 == lease.messages.len() {
                    ack(&client, &lease, index).await.expect("the lease is held");
                }
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_relays_keep_the_order_of_each_key_and_deliver_once() {
    const KEYS: usize = 5;
    const COMPLETIONS: i64 = 4;
    const EMITTED_EACH: i64 = 6;
    let emitter = Emitter::start().await;
    within(TEST_MAX, "the whole test", async {
        let delivered = Delivered::default();
        let (stop, stopped) = watch::channel(false);
        let mut relays = JoinSet::new();
        (0..2).for_each(|id| {
            drop(relays.spawn(relay(emitter.server.client(), id, Arc::clone(&delivered), stopped.clone())))
        });

        let mut emitting = JoinSet::new();
        for key in 0..KEYS {
            let client = emitter.client.clone();
            emitting.spawn(async move {
                for completion in 0..COMPLETIONS {
                    emit(&client, &format!("key-{key}"), completion * EMITTED_EACH, EMITTED_EACH).await;
                }
            });
        }
        emitting.join_all().await;
        stop.send_replace(true);
        relays.join_all().await;

        let delivered = std::mem::take(&mut *delivered.lock().expect("no panic"));
        let mut by_key: BTreeMap<&str, Vec<i64>> = BTreeMap::new();
        delivered.iter().for_each(|(_, key, _, number)| by_key.entry(key).or_default().push(*number));
        assert_eq!(by_key.len(), KEYS);
        for (key, numbers) in by_key {
            assert_eq!(numbers, (0..COMPLETIONS * EMITTED_EACH).collect::<Vec<_>>(), "{key}");
        }
        let ids: BTreeSet<&str> = delivered.iter().map(|(_, _, id, _)| id.as_str()).collect();
        assert_eq!(ids.len(), delivered.len(), "a message was delivered twice");
        let relays: BTreeSet<usize> = delivered.iter().map(|(relay, ..)| *relay).collect();
        assert_eq!(relays.len(), 2, "one relay did all the work");
        assert!(waiting(&emitter.client, "").await.is_empty(), "something is left");
        emitter.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_crashed_relay_held_is_delivered_by_another() {
    let emitter = Emitter::start().await;
    within(TEST_MAX, "the whole test", async {
        let client = &emitter.client;
        emitter.emit("a", 0, 5).await;

        // It acknowledges the first two, and is heard of no more.
        let crashed = lease(client, "crashed", 10, 5_000, 1).await.remove(0);
        assert_eq!(numbers(&crashed), [0, 1, 2, 3, 4]);
        assert_eq!(ack(client, &crashed, 1).await.expect("the lease is held").acked, 2);
        assert!(ack(client, &crashed, 1).await.expect("the lease is held").already_applied);
        let since = Instant::now();
        assert!(lease(client, "other", 10, 0, 30).await.is_empty(), "a key is leased to one relay at a time");
        let again = lease(client, "other", 10, 10_000, 30).await.remove(0);
        assert!(
            since.elapsed() < Duration::from_secs(4),
            "leased again after {:?}, with a lease of 1 s",
            since.elapsed()
        );
        assert_eq!(numbers(&again), [2, 3, 4]);
        assert!(again.messages.iter().all(|message| message.delivery_attempt == 2), "{again:?}");

        // It was not dead after all: what it says now counts no more.
        let stale = ack(client, &crashed, 4).await.expect_err("the messages were leased again");
        assert_eq!(stale.reason(), "LEASE_LOST");
        let beats = vec![v1::LeaseBeat { lease_token: crashed.lease_token.clone(), ..Default::default() }];
        let request = v1::ExtendOutboxRequest { worker_id: "crashed".into(), beats };
        let verdicts = client.outbox().extend_outbox(request).await.expect("a verdict is a value").verdicts;
        assert_eq!(verdicts[0].status(), v1::LeaseStatus::Lost);
        assert_eq!(waiting(client, "").await.len(), 3, "the stale acknowledgement had an effect");
        assert_eq!(ack(client, &again, 2).await.expect("the lease is held").acked, 3);
        assert!(waiting(client, "").await.is_empty());
        emitter.stop().await;
    })
    .await;
}

/// Says that the message at this place of the lease could not be delivered.
async fn nack(
    client: &Client,
    lease: &v1::OutboxLease,
    from: usize,
    park: bool,
) -> Result<v1::NackOutboxResponse, Error> {
    let request = v1::NackOutboxRequest {
        lease_token: lease.lease_token.clone(),
        from_sequence: lease.messages[from].commit_sequence,
        retry_after: Some(prost_types::Duration { seconds: 0, nanos: 200_000_000 }),
        failure: "the broker refused it".into(),
        park,
    };
    client.outbox().nack_outbox(request).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_fails_comes_again_before_those_behind_it() {
    let emitter = Emitter::start().await;
    within(TEST_MAX, "the whole test", async {
        let client = &emitter.client;
        emitter.emit("bad", 0, 3).await;
        emitter.emit("good", 10, 1).await;

        let mut leases = lease(client, "relay", 10, 5_000, 30).await;
        assert_eq!(leases.iter().map(numbers).collect::<Vec<_>>(), [vec![0, 1, 2], vec![10]], "oldest first");
        let (good, bad) = (leases.remove(1), leases.remove(0));
        ack(client, &bad, 0).await.expect("the lease is held");
        assert!(!nack(client, &bad, 1, false).await.expect("the lease is held").parked);
        assert_eq!(nack(client, &bad, 1, false).await.expect_err("the lease has ended").reason(), "LEASE_LOST");
        ack(client, &good, 0).await.expect("another key's lease is still held");
        let listed = waiting(client, "key = \"bad\"").await;
        assert_eq!(listed.len(), 2, "{listed:?}");
        assert_eq!((listed[0].failure.as_str(), listed[0].parked), ("the broker refused it", false));
        let omitted =
            |message: &v1::OutboxMessage| message.payload.as_ref().is_some_and(|payload| payload.body.is_none());
        assert!(listed.iter().all(omitted), "a list omits payloads: {listed:?}");

        let again = lease(client, "relay", 10, 5_000, 30).await.remove(0);
        assert_eq!(numbers(&again), [1, 2], "a nack keeps the order");
        assert_eq!(ack(client, &again, 1).await.expect("the lease is held").acked, 2);
        assert!(waiting(client, "").await.is_empty());
        emitter.stop().await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_parked_message_blocks_its_own_key_only_until_an_operator_releases_it() {
    let emitter = Emitter::start().await;
    within(TEST_MAX, "the whole test", async {
        let client = &emitter.client;
        emitter.emit("bad", 0, 3).await;
        let bad = lease(client, "relay", 10, 5_000, 30).await.remove(0);
        ack(client, &bad, 0).await.expect("the lease is held");
        assert!(nack(client, &bad, 1, true).await.expect("the lease is held").parked);

        emitter.emit("bad", 3, 1).await;
        emitter.emit("good", 10, 1).await;
        let others = lease(client, "relay", 10, 5_000, 30).await;
        assert_eq!(others.iter().map(numbers).collect::<Vec<_>>(), [vec![10]], "another key goes on");
        ack(client, &others[0], 0).await.expect("the lease is held");
        assert!(lease(client, "relay", 10, 0, 30).await.is_empty(), "the parked key keeps its order");
        let parked = waiting(client, "parked = true").await;
        assert_eq!(parked.len(), 3, "{parked:?}");
        assert_eq!(parked[0].commit_sequence, bad.messages[1].commit_sequence);
        assert_eq!(parked[0].failure, "the broker refused it");

        // Mended: an operator lets it go on, in its order.
        let cli = emitter.server.cli();
        cli.run(&["outbox", "list", "--filter", "parked = true"]).await.exits(0).prints("the broker refused it");
        cli.run(&["outbox", "unpark", TOPIC, "bad"]).await.exits(0).prints("key bad of topic e2e.orders is unparked");
        cli.run(&["outbox", "unpark", TOPIC, "bad"]).await.exits(0).prints("was not parked");
        let again = lease(client, "relay", 10, 5_000, 30).await.remove(0);
        assert_eq!(numbers(&again), [1, 2, 3]);
        assert_eq!(ack(client, &again, 2).await.expect("the lease is held").acked, 3);
        cli.run(&["outbox", "unpark", TOPIC, "bad"]).await.exits(1).warns("OUTBOX_KEY_NOT_FOUND");
        emitter.stop().await;
    })
    .await;
}
