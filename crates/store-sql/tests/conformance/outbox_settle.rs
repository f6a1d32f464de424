//! What relays say about their runs (INV-OUTBOX, INV-FENCE).

use crate::{
    fixture::{Store, acme, all, page, text},
    outbox_lease::{emit, lease},
};
use esteira_model::Time;
use esteira_store::{Batch, Op, OutboxKey, OutboxRow};

conformance! {
    ack_outbox: delivered_messages_are_gone, a_prefix_can_be_acknowledged, a_stale_ack_is_refused,
        an_expired_lease_still_counts_until_it_is_granted_anew, an_ack_of_nothing_keeps_the_lease,
        what_came_meanwhile_is_ready_after_the_ack;
    extend_outbox: the_newest_lease_is_extended;
    nack_outbox: a_nacked_key_waits_for_its_retry, a_parked_key_waits_for_an_operator, a_stale_nack_is_refused,
        failures_are_shown;
    unpark_outbox: an_operator_lets_a_parked_key_go_on, only_a_parked_key_is_unparked;
}

fn key(name: &str) -> OutboxKey {
    OutboxKey { account: acme(), topic: "t".into(), key: name.into() }
}

async fn ack(store: &mut Store, name: &str, fence: i64, through: i64) -> Option<usize> {
    let mut unit = store.unit().await;
    let acked = unit.ack_outbox(&key(name), fence, through, Time(30)).await.expect("asks");
    unit.commit().await.expect("commits");
    acked
}

async fn nack(store: &mut Store, name: &str, fence: i64, from: i64, retry: i64, park: bool) -> bool {
    let mut unit = store.unit().await;
    let nacked = unit.nack_outbox(&key(name), fence, from, Time(retry), park, "no route").await.expect("asks");
    unit.commit().await.expect("commits");
    nacked
}

async fn outbox(store: &Store) -> Vec<OutboxRow> {
    store.reader.list_outbox(&acme(), &all(), &page(99)).await.expect("reads").rows
}

async fn delivered_messages_are_gone(store: &mut Store) {
    let rows = emit(store, &["a", "a", "b"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert_eq!(ack(store, "a", 7, rows[1].sequence).await, Some(2));
    let left = outbox(store).await;
    assert_eq!(left.len(), 1);
    assert_eq!(left[0].message, rows[2]);
    assert_eq!(ack(store, "a", 7, rows[1].sequence).await, None, "the run is over");
    // The key begins anew with its next message.
    let next = emit(store, &["a"]).await;
    let runs = lease(store, "r2", 8, 20, 60).await;
    assert_eq!((runs[0].messages.as_slice(), runs[0].delivery_attempt), (next.as_slice(), 1));
}

async fn a_prefix_can_be_acknowledged(store: &mut Store) {
    let rows = emit(store, &["a", "a", "a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert_eq!(ack(store, "a", 7, rows[0].sequence).await, Some(1));
    assert_eq!(ack(store, "a", 7, rows[0].sequence).await, Some(0), "again");
    assert!(lease(store, "r2", 8, 20, 60).await.is_empty(), "the rest is still leased");
    let held = store.unit().await.outbox_runs(&acme(), "w1", "r1", Time(20)).await.expect("reads");
    assert_eq!(held[0].messages, rows[1..]);
    // After the lease the rest comes again; the first of them was leased once before.
    let again = lease(store, "r2", 8, 50, 90).await;
    assert_eq!((again[0].messages.as_slice(), again[0].delivery_attempt), (&rows[1..], 2));
    assert_eq!(ack(store, "a", 8, i64::MAX).await, Some(2));
    assert!(outbox(store).await.is_empty());
}

async fn a_stale_ack_is_refused(store: &mut Store) {
    let rows = emit(store, &["a"]).await;
    let through = rows[0].sequence;
    assert_eq!(ack(store, "a", 7, through).await, None, "never leased");
    lease(store, "r1", 7, 10, 50).await;
    lease(store, "r2", 8, 50, 90).await;
    assert_eq!(ack(store, "a", 7, through).await, None, "granted anew");
    assert_eq!(ack(store, "a", 9, through).await, None, "a fence that nobody has");
    assert_eq!(ack(store, "b", 8, through).await, None, "another key");
    assert_eq!(outbox(store).await.len(), 1);
    assert_eq!(ack(store, "a", 8, through).await, Some(1));
}

async fn an_expired_lease_still_counts_until_it_is_granted_anew(store: &mut Store) {
    let rows = emit(store, &["a"]).await;
    lease(store, "r1", 7, 10, 20).await;
    // `ack` is at time 30: the lease ran out, and nobody else has it.
    assert_eq!(ack(store, "a", 7, rows[0].sequence).await, Some(1));
}

async fn an_ack_of_nothing_keeps_the_lease(store: &mut Store) {
    let rows = emit(store, &["a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert_eq!(ack(store, "a", 7, rows[0].sequence - 1).await, Some(0));
    assert!(lease(store, "r2", 8, 20, 60).await.is_empty());
    assert_eq!(ack(store, "a", 7, rows[0].sequence).await, Some(1));
}

async fn what_came_meanwhile_is_ready_after_the_ack(store: &mut Store) {
    let rows = emit(store, &["a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    let next = emit(store, &["a", "a"]).await;
    // Acknowledging beyond the run takes nothing that was not delivered.
    assert_eq!(ack(store, "a", 7, next[1].sequence).await, Some(1));
    assert_eq!(outbox(store).await.len(), 2);
    let runs = lease(store, "r2", 8, 31, 60).await;
    assert_eq!((runs[0].messages.as_slice(), runs[0].delivery_attempt), (next.as_slice(), 1));
    assert!(runs[0].messages[0].sequence > rows[0].sequence);
}

async fn the_newest_lease_is_extended(store: &mut Store) {
    emit(store, &["a"]).await;
    let mut unit = store.unit().await;
    assert!(!unit.extend_outbox(&key("a"), 0, Time(99)).await.expect("asks"), "never leased");
    drop(unit);
    lease(store, "r1", 7, 10, 50).await;
    let mut unit = store.unit().await;
    assert!(unit.extend_outbox(&key("a"), 7, Time(80)).await.expect("asks"));
    assert!(!unit.extend_outbox(&key("a"), 6, Time(99)).await.expect("asks"), "an older fence");
    assert!(!unit.extend_outbox(&key("b"), 7, Time(99)).await.expect("asks"), "another key");
    unit.commit().await.expect("commits");
    assert!(lease(store, "r2", 8, 79, 99).await.is_empty());
    let runs = store.unit().await.outbox_runs(&acme(), "w1", "r1", Time(79)).await.expect("reads");
    assert_eq!(runs[0].expire_time, Time(80));
    assert_eq!(lease(store, "r2", 8, 80, 99).await.len(), 1);
    assert!(!store.unit().await.extend_outbox(&key("a"), 7, Time(999)).await.expect("asks"), "granted anew");
}

/// I9: what cannot be delivered blocks its own key, in order, and nothing else.
async fn a_nacked_key_waits_for_its_retry(store: &mut Store) {
    let rows = emit(store, &["a", "a", "b"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert!(nack(store, "a", 7, rows[0].sequence, 200, false).await);
    assert!(!nack(store, "a", 7, rows[0].sequence, 300, false).await, "the lease is over");
    assert_eq!(ack(store, "a", 7, rows[1].sequence).await, None);
    assert!(
        store
            .unit()
            .await
            .outbox_runs(&acme(), "w1", "r1", Time(20))
            .await
            .expect("reads")
            .iter()
            .all(|r| r.key.key == "b")
    );
    assert_eq!(ack(store, "b", 7, rows[2].sequence).await, Some(1));
    assert!(lease(store, "r2", 8, 199, 250).await.is_empty());
    let again = lease(store, "r2", 8, 200, 250).await;
    assert_eq!((again[0].messages.as_slice(), again[0].delivery_attempt), (&rows[..2], 2));
}

async fn a_parked_key_waits_for_an_operator(store: &mut Store) {
    let rows = emit(store, &["a", "b"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert!(nack(store, "a", 7, rows[0].sequence, 20, true).await);
    assert_eq!(ack(store, "b", 7, rows[1].sequence).await, Some(1));
    // New messages of the key wait behind it.
    store.write(Batch { outbox: vec![store_message(&rows[0], rows[1].sequence + 1000)], ..Batch::default() }).await;
    assert!(lease(store, "r2", 8, i64::MAX - 1, i64::MAX).await.is_empty());
    let topics = ["t".to_owned()];
    assert!(!store.unit().await.outbox_ready(&acme(), &topics, Time(i64::MAX)).await.expect("asks"));
    let parked =
        store.reader.list_outbox(&acme(), &text("parked", Op::Eq, "true"), &page(9)).await.expect("reads").rows;
    assert_eq!(parked.len(), 2);
    assert!(parked.iter().all(|row| row.parked && row.message.emit.key == "a"));
}

fn store_message(like: &esteira_model::OutboxMessage, sequence: i64) -> esteira_model::OutboxMessage {
    esteira_model::OutboxMessage { sequence, ..like.clone() }
}

async fn a_stale_nack_is_refused(store: &mut Store) {
    let rows = emit(store, &["a"]).await;
    assert!(!nack(store, "a", 0, rows[0].sequence, 20, true).await, "never leased");
    lease(store, "r1", 7, 10, 50).await;
    lease(store, "r2", 8, 50, 90).await;
    assert!(!nack(store, "a", 7, rows[0].sequence, 20, true).await);
    assert!(!outbox(store).await[0].parked);
    assert!(nack(store, "a", 8, rows[0].sequence, 20, false).await);
}

async fn failures_are_shown(store: &mut Store) {
    let rows = emit(store, &["a", "a", "a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert_eq!(ack(store, "a", 7, rows[0].sequence).await, Some(1));
    assert!(nack(store, "a", 7, rows[2].sequence, 60, false).await);
    let shown: Vec<_> = outbox(store).await.into_iter().map(|row| (row.delivery_attempts, row.failure)).collect();
    assert_eq!(shown, [(1, String::new()), (1, "no route".to_owned())]);
    lease(store, "r2", 8, 60, 90).await;
    assert_eq!(outbox(store).await[0].delivery_attempts, 2);
    // A delivery of what had failed clears it.
    assert_eq!(ack(store, "a", 8, rows[2].sequence).await, Some(2));
    emit(store, &["a"]).await;
    assert_eq!(outbox(store).await[0].failure, "");
}

/// I9: the whole key comes again, in order; the failure is shown until something is delivered.
async fn an_operator_lets_a_parked_key_go_on(store: &mut Store) {
    let rows = emit(store, &["a", "a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    assert!(nack(store, "a", 7, rows[0].sequence, 20, true).await);
    let mut unit = store.unit().await;
    assert_eq!(unit.unpark_outbox(&key("a"), Time(60)).await.expect("asks"), Some(true));
    unit.commit().await.expect("commits");
    let shown: Vec<_> = outbox(store).await.into_iter().map(|row| (row.parked, row.failure)).collect();
    assert_eq!(shown, [(false, "no route".to_owned()), (false, "no route".to_owned())]);
    assert!(lease(store, "r2", 8, 59, 90).await.is_empty(), "ready at the time of the call");
    let again = lease(store, "r2", 8, 60, 90).await;
    assert_eq!((again[0].messages.as_slice(), again[0].delivery_attempt), (rows.as_slice(), 2));
    assert_eq!(ack(store, "a", 8, rows[1].sequence).await, Some(2));
}

async fn only_a_parked_key_is_unparked(store: &mut Store) {
    let rows = emit(store, &["a", "b"]).await;
    lease(store, "r1", 7, 10, 50).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.unpark_outbox(&key("a"), Time(11)).await.expect("asks"), Some(false), "leased");
    assert_eq!(unit.unpark_outbox(&key("c"), Time(11)).await.expect("asks"), None);
    let other = OutboxKey { topic: "u".into(), ..key("a") };
    assert_eq!(unit.unpark_outbox(&other, Time(11)).await.expect("asks"), None, "another topic");
    unit.commit().await.expect("commits");
    assert!(lease(store, "r2", 8, 20, 60).await.is_empty(), "the lease was left alone");
    assert!(nack(store, "a", 7, rows[0].sequence, 20, true).await);
    let mut unit = store.unit().await;
    assert_eq!(unit.unpark_outbox(&key("a"), Time(60)).await.expect("asks"), Some(true));
    assert_eq!(unit.unpark_outbox(&key("a"), Time(70)).await.expect("asks"), Some(false), "it is open already");
    drop(unit);
    assert!(outbox(store).await[0].parked, "undone with its unit");
}
