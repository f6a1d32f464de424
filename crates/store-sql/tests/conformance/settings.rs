//! Answered requests, queues, settings.

use crate::fixture::{Store, acme, kind};
use esteira_model::{AccountId, Time};
use esteira_store::{AnsweredRequest, Batch, Kind};

conformance! {
    answered_requests: an_answer_is_found_again, requests_belong_to_their_account, a_request_is_answered_once;
    forget_requests: the_oldest_are_forgotten_first;
    put_queue: a_queue_is_paused_and_opened;
    paused_queues: open_queues_are_not_listed;
    put_setting: a_setting_is_replaced;
    setting: an_unknown_setting_is_none;
}

fn answered(account: &str, request_id: &str, time: i64) -> AnsweredRequest {
    AnsweredRequest {
        account: AccountId::new(account),
        request_id: request_id.into(),
        digest: [time as u8; 32],
        answer: vec![0, time as u8],
        time: Time(time),
    }
}

fn key(request: &AnsweredRequest) -> (AccountId, String) {
    (request.account.clone(), request.request_id.clone())
}

/// INV-REPLAY: the answer of a request is kept with the digest of what was asked.
async fn an_answer_is_found_again(store: &mut Store) {
    let rows: Vec<_> = (1..6).map(|i| answered("acme", &format!("r{i}"), i)).collect();
    store.write(Batch { requests: rows.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let asked = [key(&rows[3]), key(&rows[0]), (acme(), "unknown".into()), key(&rows[3])];
    let mut found = unit.answered_requests(&asked).await.expect("reads");
    found.sort_by(|a, b| a.request_id.cmp(&b.request_id));
    assert_eq!(found, [rows[0].clone(), rows[3].clone()]);
    assert!(unit.answered_requests(&[]).await.expect("reads").is_empty());
}

async fn requests_belong_to_their_account(store: &mut Store) {
    let rows = vec![answered("acme", "r", 1), answered("other", "r", 2)];
    store.write(Batch { requests: rows.clone(), ..Batch::default() }).await;
    assert_eq!(store.unit().await.answered_requests(&[key(&rows[1])]).await.expect("reads"), rows[1..]);
}

async fn a_request_is_answered_once(store: &mut Store) {
    let batch = |time| Batch { requests: vec![answered("acme", "r", time)], ..Batch::default() };
    store.write(batch(1)).await;
    assert_eq!(kind(store.try_write(batch(2)).await), Kind::Duplicate);
    let found = store.unit().await.answered_requests(&[(acme(), "r".into())]).await.expect("reads");
    assert_eq!(found[0].time, Time(1));
}

async fn the_oldest_are_forgotten_first(store: &mut Store) {
    let rows: Vec<_> = [50, 10, 40, 20, 30].map(|time| answered("acme", &format!("r{time}"), time)).into();
    let keys: Vec<_> = rows.iter().map(key).collect();
    store.write(Batch { requests: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.forget_requests(Time(10), 9).await.expect("forgets"), 0, "older, not as old");
    assert_eq!(unit.forget_requests(Time(40), 2).await.expect("forgets"), 2);
    let mut left: Vec<_> = unit.answered_requests(&keys).await.expect("reads").into_iter().map(|r| r.time.0).collect();
    left.sort();
    assert_eq!(left, [30, 40, 50]);
    assert_eq!(unit.forget_requests(Time(i64::MAX), 99).await.expect("forgets"), 3);
}

async fn a_queue_is_paused_and_opened(store: &mut Store) {
    let mut unit = store.unit().await;
    for (paused, listed) in [(true, 1), (true, 1), (false, 0), (true, 1)] {
        unit.put_queue(&acme(), "mail", paused).await.expect("stored");
        assert_eq!(unit.paused_queues().await.expect("reads").len(), listed);
    }
}

async fn open_queues_are_not_listed(store: &mut Store) {
    let other = AccountId::new("other");
    let mut unit = store.unit().await;
    assert!(unit.paused_queues().await.expect("reads").is_empty());
    for (account, name, paused) in [(&acme(), "a", true), (&acme(), "b", false), (&other, "b", true)] {
        unit.put_queue(account, name, paused).await.expect("stored");
    }
    let mut paused = unit.paused_queues().await.expect("reads");
    paused.sort();
    assert_eq!(paused, [(acme(), "a".into()), (other, "b".into())]);
}

async fn a_setting_is_replaced(store: &mut Store) {
    let mut unit = store.unit().await;
    for value in [&b"key \0 one"[..], &[], &[255; 64]] {
        unit.put_setting("token.key", value).await.expect("stored");
        assert_eq!(unit.setting("token.key").await.expect("reads").as_deref(), Some(value));
    }
    drop(unit);
    assert_eq!(store.unit().await.setting("token.key").await.expect("reads"), None, "undone with its unit");
}

async fn an_unknown_setting_is_none(store: &mut Store) {
    let mut unit = store.unit().await;
    unit.put_setting("a", b"1").await.expect("stored");
    assert_eq!(unit.setting("b").await.expect("reads"), None);
}
