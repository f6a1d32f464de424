//! Leasing messages (INV-OUTBOX): in order per key, by state, to one relay at a time.

use crate::fixture::{Store, acme};
use esteira_model::{AccountId, OutboxMessage, Time};
use esteira_store::{Batch, OutboxRun};

conformance! {
    lease_outbox: a_run_holds_one_key_in_order, two_relays_never_share_a_key, oldest_keys_go_first, limits_hold,
        other_topics_and_accounts_stay, a_lease_that_ran_out_is_granted_anew_with_a_higher_fence,
        a_late_message_with_a_lower_sequence_is_not_lost, a_lease_that_is_rolled_back_comes_again, many_keys_at_once;
    outbox_runs: a_repeated_poll_gets_the_same_runs, runs_of_others_are_not_given;
    outbox_ready: readiness_follows_the_leases;
}

/// Leases with this request until this time.
pub async fn lease(store: &mut Store, request: &str, fence: i64, now: i64, expire: i64) -> Vec<OutboxRun> {
    let mut unit = store.unit().await;
    let topics = ["t".to_owned()];
    let runs = unit.lease_outbox(&acme(), &topics, 10, 100, "w1", request, fence, Time(now), Time(expire)).await;
    unit.commit().await.expect("commits");
    runs.expect("leases")
}

/// Messages of topic `t` with these keys, committed in this order, one time unit apart.
pub async fn emit(store: &mut Store, keys: &[&str]) -> Vec<OutboxMessage> {
    let rows: Vec<_> = keys.iter().enumerate().map(|(i, key)| store.message("t", key, i as i64)).collect();
    store.write(Batch { outbox: rows.clone(), ..Batch::default() }).await;
    rows
}

async fn a_run_holds_one_key_in_order(store: &mut Store) {
    let rows = emit(store, &["a", "b", "a", "a"]).await;
    let runs = lease(store, "r1", 7, 10, 50).await;
    assert_eq!(runs.len(), 2);
    assert_eq!((runs[0].key.key.as_str(), runs[0].fence, runs[0].expire_time), ("a", 7, Time(50)));
    assert_eq!(runs[0].messages, [rows[0].clone(), rows[2].clone(), rows[3].clone()]);
    assert_eq!((runs[0].delivery_attempt, runs[1].delivery_attempt), (1, 1));
    assert_eq!(runs[1].messages, [rows[1].clone()]);
}

async fn two_relays_never_share_a_key(store: &mut Store) {
    emit(store, &["a", "a"]).await;
    assert_eq!(lease(store, "r1", 7, 10, 50).await.len(), 1);
    assert!(lease(store, "r2", 8, 10, 50).await.is_empty());
    // What is committed while the key is leased waits for the lease's end, so that order holds.
    emit(store, &["a", "b"]).await;
    let runs = lease(store, "r2", 9, 20, 60).await;
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].key.key, "b");
}

async fn oldest_keys_go_first(store: &mut Store) {
    emit(store, &["z", "m", "a", "z"]).await;
    let mut unit = store.unit().await;
    let topics = ["t".to_owned()];
    let mut keys = Vec::new();
    for fence in 1..4 {
        let runs =
            unit.lease_outbox(&acme(), &topics, 1, 9, "w", "r", fence, Time(10), Time(50)).await.expect("leases");
        keys.extend(runs.into_iter().map(|run| run.key.key));
    }
    assert_eq!(keys, ["z", "m", "a"]);
}

async fn limits_hold(store: &mut Store) {
    emit(store, &["a", "a", "a", "b", "b", "c"]).await;
    for (keys_max, messages_max) in [(0, 9), (9, 0), (1, 2), (2, 9), (9, 2), (9, 4), (9, 1)] {
        let mut unit = store.unit().await;
        let topics = ["t".to_owned()];
        let runs = unit
            .lease_outbox(&acme(), &topics, keys_max, messages_max, "w", "r", 1, Time(10), Time(50))
            .await
            .expect("leases");
        let messages: usize = runs.iter().map(|run| run.messages.len()).sum();
        assert!(runs.len() <= keys_max && messages <= messages_max, "{keys_max} {messages_max}");
        assert_eq!(runs.is_empty(), keys_max.min(messages_max) == 0);
        assert!(runs.iter().all(|run| !run.messages.is_empty()));
    }
}

async fn other_topics_and_accounts_stay(store: &mut Store) {
    let (mine, mut foreign, elsewhere) =
        (store.message("t", "a", 1), store.message("t", "a", 1), store.message("u", "a", 1));
    foreign.account = AccountId::new("other");
    let rows = vec![mine.clone(), foreign.clone(), elsewhere.clone()];
    store.write(Batch { outbox: rows, ..Batch::default() }).await;
    assert_eq!(lease(store, "r1", 1, 10, 50).await[0].messages, [mine]);
    let mut unit = store.unit().await;
    let topics = ["u".to_owned(), "t".to_owned(), "u".to_owned()];
    let runs = unit.lease_outbox(&acme(), &topics, 9, 9, "w", "r", 2, Time(10), Time(50)).await.expect("leases");
    assert_eq!(runs.len(), 1);
    assert_eq!(runs[0].messages, [elsewhere]);
    let other = AccountId::new("other");
    let runs = unit.lease_outbox(&other, &topics, 9, 9, "w", "r", 3, Time(10), Time(50)).await.expect("leases");
    assert_eq!(runs[0].messages, [foreign]);
    assert!(unit.lease_outbox(&acme(), &[], 9, 9, "w", "r", 4, Time(10), Time(50)).await.expect("leases").is_empty());
}

/// INV-FENCE: the next grant of a key has a higher fence even when the caller's went back.
async fn a_lease_that_ran_out_is_granted_anew_with_a_higher_fence(store: &mut Store) {
    let rows = emit(store, &["a", "a"]).await;
    assert_eq!(lease(store, "r1", 7, 10, 50).await[0].fence, 7);
    assert!(lease(store, "r2", 8, 49, 90).await.is_empty(), "one time unit before its end");
    let again = lease(store, "r2", 8, 50, 90).await;
    assert_eq!((again[0].fence, again[0].delivery_attempt, again[0].messages.len()), (8, 2, 2));
    let third = lease(store, "r3", 3, 90, 99).await;
    assert_eq!((third[0].fence, third[0].delivery_attempt), (9, 3));
    assert_eq!(third[0].messages, rows);
}

/// A message can commit later than one with a higher sequence: no cursor may pass over it.
async fn a_late_message_with_a_lower_sequence_is_not_lost(store: &mut Store) {
    let (late, early) = (store.message("t", "a", 1), store.message("t", "a", 1));
    store.write(Batch { outbox: vec![early.clone()], ..Batch::default() }).await;
    let run = lease(store, "r1", 1, 10, 50).await.remove(0);
    assert_eq!(run.messages, std::slice::from_ref(&early));
    store.write(Batch { outbox: vec![late.clone()], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.ack_outbox(&run.key, 1, early.sequence, Time(11)).await.expect("acks"), Some(1));
    unit.commit().await.expect("commits");
    assert_eq!(lease(store, "r2", 2, 20, 60).await[0].messages, [late]);
}

async fn a_lease_that_is_rolled_back_comes_again(store: &mut Store) {
    emit(store, &["a"]).await;
    let mut unit = store.unit().await;
    let topics = ["t".to_owned()];
    let runs = unit.lease_outbox(&acme(), &topics, 9, 9, "w", "r", 5, Time(10), Time(50)).await.expect("leases");
    assert_eq!(runs.len(), 1);
    drop(unit);
    assert_eq!(lease(store, "r", 5, 10, 50).await[0].delivery_attempt, 1);
}

async fn many_keys_at_once(store: &mut Store) {
    let keys: Vec<String> = (0..150).map(|i| format!("key {i}")).collect();
    let rows: Vec<_> = (0..450).map(|i| store.message("t", &keys[i % 150], i as i64)).collect();
    store.write(Batch { outbox: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let topics = ["t".to_owned()];
    let runs =
        unit.lease_outbox(&acme(), &topics, 100, 1000, "w", "r", 1, Time(999), Time(2000)).await.expect("leases");
    assert!(runs.iter().map(|run| &run.key.key).eq(&keys[..100]));
    assert!(runs.iter().all(|run| run.messages.len() == 3 && run.messages.is_sorted_by_key(|m| m.sequence)));
    let held = unit.outbox_runs(&acme(), "w", "r", Time(999)).await.expect("reads");
    assert_eq!(held.len(), 100);
}

/// INV-POLL: a poll whose answer was lost gets its runs again, unchanged.
async fn a_repeated_poll_gets_the_same_runs(store: &mut Store) {
    emit(store, &["a", "b", "a"]).await;
    let mut runs = lease(store, "r1", 7, 10, 50).await;
    runs.sort_by(|a, b| a.key.cmp(&b.key));
    // More messages of a leased key do not join its run.
    emit(store, &["a"]).await;
    let mut unit = store.unit().await;
    for now in [10, 49] {
        let mut held = unit.outbox_runs(&acme(), "w1", "r1", Time(now)).await.expect("reads");
        held.sort_by(|a, b| a.key.cmp(&b.key));
        assert_eq!(held, runs, "at {now}");
    }
    assert!(unit.outbox_runs(&acme(), "w1", "r1", Time(50)).await.expect("reads").is_empty(), "after the end");
}

async fn runs_of_others_are_not_given(store: &mut Store) {
    emit(store, &["a"]).await;
    lease(store, "r1", 7, 10, 50).await;
    let mut unit = store.unit().await;
    assert!(unit.outbox_runs(&acme(), "w1", "r2", Time(10)).await.expect("reads").is_empty());
    assert!(unit.outbox_runs(&acme(), "w2", "r1", Time(10)).await.expect("reads").is_empty());
    assert!(unit.outbox_runs(&AccountId::new("other"), "w1", "r1", Time(10)).await.expect("reads").is_empty());
}

async fn readiness_follows_the_leases(store: &mut Store) {
    let topics = ["u".to_owned(), "t".to_owned()];
    assert!(!store.unit().await.outbox_ready(&acme(), &topics, Time(10)).await.expect("asks"));
    emit(store, &["a"]).await;
    let mut unit = store.unit().await;
    assert!(unit.outbox_ready(&acme(), &topics, Time(10)).await.expect("asks"));
    assert!(!unit.outbox_ready(&acme(), &topics[..1], Time(10)).await.expect("asks"), "another topic");
    assert!(!unit.outbox_ready(&acme(), &[], Time(10)).await.expect("asks"), "no topic");
    assert!(!unit.outbox_ready(&AccountId::new("other"), &topics, Time(10)).await.expect("asks"), "another account");
    drop(unit);
    lease(store, "r1", 7, 10, 50).await;
    let mut unit = store.unit().await;
    assert!(!unit.outbox_ready(&acme(), &topics, Time(49)).await.expect("asks"), "leased");
    assert!(unit.outbox_ready(&acme(), &topics, Time(50)).await.expect("asks"), "the lease ran out");
}
