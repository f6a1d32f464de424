//! Rounds and relays of two coordinators meet at one key of the outbox (INV-OUTBOX). PostgreSQL only.

use crate::{
    fixture::{Store, acme},
    outbox_lease::{emit, lease},
    races::{at_once, end, two},
};
use esteira_model::Time;
use esteira_store::{Batch, OutboxKey, OutboxRun, Unit};

fn key() -> OutboxKey {
    OutboxKey { account: acme(), topic: "t".into(), key: "a".into() }
}

async fn lease_in(unit: &mut dyn Unit, request: &str) -> Vec<OutboxRun> {
    let topics = ["t".to_owned()];
    unit.lease_outbox(&acme(), &topics, 10, 100, "w1", request, 8, Time(10), Time(50)).await.expect("leases")
}

/// What is in the outbox comes with the next lease: no message is left without its key.
async fn comes_next(store: &mut Store, sequence: i64) {
    let runs = lease(store, "next", 9, 1000, 2000).await;
    assert!(runs.iter().flat_map(|run| &run.messages).map(|m| m.sequence).eq([sequence]), "{runs:?}");
}

/// The last message of a key is acknowledged while a round adds another one: the key must not be forgotten.
#[tokio::test]
async fn a_key_that_gets_a_message_is_not_forgotten() {
    let (mut a, mut b, mut observer) = two().await;
    let rows = emit(&mut a, &["a"]).await;
    lease(&mut a, "r1", 7, 10, 50).await;
    let through = rows[0].sequence;
    let added = a.message("t", "a", 20);
    let sequence = added.sequence;
    let mut first = a.unit().await;
    first.write(&Batch { outbox: vec![added], ..Batch::default() }).await.expect("written");
    // A relay passes over the key meanwhile.
    assert!(lease_in(&mut *b.unit().await, "r2").await.is_empty());
    let second = at_once(b, move |unit| Box::pin(async move { unit.ack_outbox(&key(), 7, through, Time(30)).await }));
    observer.blocked().await;
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("acks"), Some(1));
    comes_next(&mut a, sequence).await;
}

/// The other way round: a round adds a message while the key is being forgotten, and the key comes back.
#[tokio::test]
async fn a_forgotten_key_comes_back_with_its_next_message() {
    let (mut a, b, mut observer) = two().await;
    let rows = emit(&mut a, &["a"]).await;
    lease(&mut a, "r1", 7, 10, 50).await;
    let added = a.message("t", "a", 20);
    let sequence = added.sequence;
    let mut first = a.unit().await;
    assert_eq!(first.ack_outbox(&key(), 7, rows[0].sequence, Time(30)).await.expect("acks"), Some(1));
    let batch = Batch { outbox: vec![added], ..Batch::default() };
    let second = at_once(b, move |unit| Box::pin(async move { unit.write(&batch).await }));
    observer.blocked().await;
    first.commit().await.expect("commits");
    end(second).await.expect("written");
    comes_next(&mut a, sequence).await;
}

/// Two relays at once: one gets the key, the other one does not wait.
#[tokio::test]
async fn a_key_is_leased_by_one_relay() {
    let (mut a, mut b, _) = two().await;
    emit(&mut a, &["a"]).await;
    let (mut first, mut second) = (a.unit().await, b.unit().await);
    assert_eq!(lease_in(&mut *first, "r1").await.len(), 1);
    assert!(lease_in(&mut *second, "r2").await.is_empty());
    first.commit().await.expect("commits");
    assert!(lease_in(&mut *second, "r2").await.is_empty(), "it is leased by now");
}
