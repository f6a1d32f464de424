//! The log: pages get places, places are found again, checkpoints are kept, epochs are declared.

use crate::{
    fixture::{Store, acme, kind},
    ledger::ledger_page,
};
use esteira_model::{Emit, JobId, OutboxMessage, PageId, Payload, TaskId, Time, Uuid};
use esteira_store::{
    Batch, Kind, LedgerCheckpoint, LedgerEpoch, LedgerHead, LedgerNode, LedgerPlace, OutboxKey, Placing,
};
use std::collections::BTreeMap;

conformance! {
    place_pages: pages_get_their_places, a_step_that_was_overtaken_changes_nothing, a_page_has_one_place;
    lock_ledger: the_head_is_read_in_a_unit;
    ledger_head: a_new_log_is_empty;
    page_bytes: bytes_come_back_whatever_they_are;
    ledger_places: places_of_a_range_are_found;
    ledger_places_of: places_of_pages_are_found;
    ledger_nodes: nodes_are_found_by_their_place;
    forget_places: every_page_waits_again;
    put_checkpoint: what_says_the_same_is_kept_once;
    checkpoints: the_newest_checkpoint_comes_first;
    checkpoint: a_checkpoint_is_found_by_its_size;
    put_epoch: epochs_only_rise;
    epochs: epochs_come_back;
    outbox_waiting: messages_are_counted_up_to_a_limit;
}

const NODE: LedgerNode = LedgerNode { level: 8, number: 0, hash: [3; 32] };

fn place(first_index: u64, page: i64, leaf_count: u32) -> LedgerPlace {
    LedgerPlace { first_index, page: PageId(page), leaf_count }
}

fn step(from_size: u64, places: Vec<LedgerPlace>) -> Placing {
    let size = places.last().map_or(from_size, |last| last.first_index + u64::from(last.leaf_count));
    Placing { from_size, places, nodes: Vec::new(), size, roots: vec![[1; 32], [2; 32]] }
}

/// Pages 1, 2 and 3 wait, with 2, 1 and 3 leaves.
async fn three_pages(store: &mut Store) {
    let pages = vec![ledger_page(1, &[b"a", b"b"]), ledger_page(2, &[b"c"]), ledger_page(3, &[b"d", b"e", b"f"])];
    store.write(Batch { leaves: pages, ..Batch::default() }).await;
}

async fn placed(store: &mut Store, placing: &Placing) -> esteira_store::Result<()> {
    let mut unit = store.unit().await;
    unit.place_pages(placing).await?;
    unit.commit().await
}

async fn waiting(store: &Store) -> Vec<i64> {
    store.reader.waiting_pages(None, 9).await.expect("reads").into_iter().map(|(page, _)| page.0).collect()
}

async fn a_new_log_is_empty(store: &mut Store) {
    assert_eq!(store.reader.ledger_head().await.expect("a head"), LedgerHead::default());
}

async fn pages_get_their_places(store: &mut Store) {
    three_pages(store).await;
    let placing = Placing { nodes: vec![NODE], ..step(0, vec![place(0, 3, 3), place(3, 1, 2)]) };
    placed(store, &placing).await.expect("placed");
    assert_eq!(waiting(store).await, [2]);
    let head = store.reader.ledger_head().await.expect("a head");
    assert_eq!(head, LedgerHead { epoch: 0, size: 5, roots: placing.roots, sign_time: None });
    placed(store, &step(5, vec![place(5, 2, 1)])).await.expect("placed");
    assert!(waiting(store).await.is_empty());
}

async fn a_step_that_was_overtaken_changes_nothing(store: &mut Store) {
    three_pages(store).await;
    placed(store, &step(0, vec![place(0, 1, 2)])).await.expect("placed");
    let late = step(0, vec![place(0, 2, 1)]);
    assert_eq!(kind(placed(store, &late).await), Kind::Conflict);
    assert_eq!(waiting(store).await, [2, 3]);
    assert_eq!(store.reader.ledger_head().await.expect("a head").size, 2);
}

/// INV-APPEND: a leaf has one index for ever.
async fn a_page_has_one_place(store: &mut Store) {
    three_pages(store).await;
    placed(store, &step(0, vec![place(0, 1, 2)])).await.expect("placed");
    assert_eq!(kind(placed(store, &step(2, vec![place(2, 1, 2)])).await), Kind::Conflict);
    assert_eq!(kind(placed(store, &step(2, vec![place(2, 9, 1)])).await), Kind::Conflict);
    assert_eq!(store.reader.ledger_head().await.expect("a head").size, 2);
}

async fn the_head_is_read_in_a_unit(store: &mut Store) {
    three_pages(store).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.lock_ledger().await.expect("a head").size, 0);
    unit.place_pages(&step(0, vec![place(0, 2, 1)])).await.expect("placed");
    assert_eq!(unit.lock_ledger().await.expect("a head").size, 1);
}

async fn bytes_come_back_whatever_they_are(store: &mut Store) {
    three_pages(store).await;
    let mut found = store.reader.page_bytes(&[PageId(2), PageId(9), PageId(1)]).await.expect("reads");
    found.sort();
    assert_eq!(found, [(PageId(1), b"\0\0\0\x01a\0\0\0\x01b".to_vec()), (PageId(2), b"\0\0\0\x01c".to_vec())]);
}

async fn places_of_a_range_are_found(store: &mut Store) {
    three_pages(store).await;
    let all = vec![place(0, 1, 2), place(2, 2, 1), place(3, 3, 3)];
    placed(store, &step(0, all.clone())).await.expect("placed");
    for (from, to, limit, expected) in [
        (0, 6, 9, &all[..]),
        (1, 2, 9, &all[..1]),
        (1, 3, 9, &all[..2]),
        (4, 5, 9, &all[2..]),
        (0, 6, 2, &all[..2]),
        (0, 0, 9, &[]),
        (9, u64::MAX, 9, &all[2..]),
    ] {
        let found = store.reader.ledger_places(from, to, limit).await.expect("reads");
        assert_eq!(found, expected, "from {from} to {to}, {limit} at most");
    }
}

async fn places_of_pages_are_found(store: &mut Store) {
    three_pages(store).await;
    placed(store, &step(0, vec![place(0, 2, 1)])).await.expect("placed");
    let found = store.reader.ledger_places_of(&[PageId(1), PageId(2)]).await.expect("reads");
    assert_eq!(found, [place(0, 2, 1)]);
}

async fn nodes_are_found_by_their_place(store: &mut Store) {
    three_pages(store).await;
    let other = LedgerNode { level: 9, number: 1 << 40, hash: [4; 32] };
    placed(store, &Placing { nodes: vec![NODE, other], ..step(0, vec![place(0, 1, 2)]) }).await.expect("placed");
    assert_eq!(store.reader.ledger_nodes(&[(8, 0), (8, 1), (10, 0)]).await.expect("reads"), [NODE]);
    assert_eq!(store.reader.ledger_nodes(&[(9, 1 << 40)]).await.expect("reads"), [other]);
}

async fn every_page_waits_again(store: &mut Store) {
    three_pages(store).await;
    let placing = Placing { nodes: vec![NODE], ..step(0, vec![place(0, 1, 2), place(2, 3, 3)]) };
    placed(store, &placing).await.expect("placed");
    let mut unit = store.unit().await;
    unit.forget_places().await.expect("forgotten");
    unit.commit().await.expect("commits");
    assert_eq!(waiting(store).await, [1, 2, 3]);
    assert_eq!(store.reader.ledger_head().await.expect("a head"), LedgerHead::default());
    assert!(store.reader.ledger_nodes(&[(8, 0)]).await.expect("reads").is_empty());
    assert!(store.reader.ledger_places(0, 9, 9).await.expect("reads").is_empty());
}

fn checkpoint(size: u64, note: &str, sign_time: i64) -> LedgerCheckpoint {
    LedgerCheckpoint { epoch: 0, size, note: note.into(), sign_time: Time(sign_time) }
}

async fn kept(store: &mut Store, checkpoint: &LedgerCheckpoint) -> bool {
    let mut unit = store.unit().await;
    let kept = unit.put_checkpoint(checkpoint).await.expect("kept");
    unit.commit().await.expect("commits");
    kept
}

async fn what_says_the_same_is_kept_once(store: &mut Store) {
    assert!(kept(store, &checkpoint(3, "a", 1)).await);
    assert!(!kept(store, &checkpoint(3, "a", 2)).await);
    assert_eq!(store.reader.ledger_head().await.expect("a head").sign_time, Some(Time(2)));
    assert!(kept(store, &checkpoint(3, "a, and another key", 3)).await);
    assert_eq!(store.reader.checkpoints(9).await.expect("reads").len(), 2);
    let elsewhere = LedgerCheckpoint { epoch: 1, ..checkpoint(3, "a", 4) };
    assert_eq!(kind(store.unit().await.put_checkpoint(&elsewhere).await), Kind::Conflict);
}

async fn the_newest_checkpoint_comes_first(store: &mut Store) {
    let all = [checkpoint(3, "a", 9), checkpoint(5, "b", 2), checkpoint(5, "c", 4)];
    for one in &all {
        kept(store, one).await;
    }
    let [a, b, c] = all;
    assert_eq!(store.reader.checkpoints(9).await.expect("reads"), [c.clone(), b, a]);
    assert_eq!(store.reader.checkpoints(1).await.expect("reads"), [c]);
}

async fn a_checkpoint_is_found_by_its_size(store: &mut Store) {
    let all = [checkpoint(3, "a", 9), checkpoint(5, "b", 2), checkpoint(5, "c", 4)];
    for one in &all {
        kept(store, one).await;
    }
    assert_eq!(store.reader.checkpoint(5).await.expect("reads"), Some(all[2].clone()));
    assert_eq!(store.reader.checkpoint(4).await.expect("reads"), None);
}

fn epoch(epoch: u64) -> LedgerEpoch {
    LedgerEpoch {
        epoch,
        tree_size: 7,
        root: [1; 32],
        anchor_size: 9,
        anchor_root: [2; 32],
        reason: "the disk died".into(),
        salt: [3; 16],
        time: Time(4),
        account: "acme".into(),
        user: "ana".into(),
        page: PageId(5),
    }
}

async fn epochs_only_rise(store: &mut Store) {
    let mut unit = store.unit().await;
    unit.put_epoch(&epoch(2)).await.expect("declared");
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.ledger_head().await.expect("a head").epoch, 2);
    for again in [1, 2] {
        assert_eq!(kind(store.unit().await.put_epoch(&epoch(again)).await), Kind::Conflict);
    }
}

async fn epochs_come_back(store: &mut Store) {
    for number in [1, 2] {
        let mut unit = store.unit().await;
        unit.put_epoch(&epoch(number)).await.expect("declared");
        unit.commit().await.expect("commits");
    }
    assert_eq!(store.reader.epochs().await.expect("reads"), [epoch(1), epoch(2)]);
}

async fn messages_are_counted_up_to_a_limit(store: &mut Store) {
    let key = OutboxKey { account: acme(), topic: "t".into(), key: "k".into() };
    let message = |sequence, key: &str| OutboxMessage {
        sequence,
        account: acme(),
        emit: Emit { topic: "t".into(), key: key.into(), payload: Payload::none(), headers: BTreeMap::new() },
        job: JobId(Uuid::from_bytes([0; 16])),
        task: TaskId(Uuid::from_bytes([0; 16])),
        commit_time: Time(1),
    };
    let outbox = vec![message(1, "k"), message(2, "other"), message(3, "k"), message(4, "k")];
    store.write(Batch { outbox, ..Batch::default() }).await;
    for (limit, expected) in [(9, 3), (2, 2)] {
        assert_eq!(store.unit().await.outbox_waiting(&key, limit).await.expect("counts"), expected);
    }
}
