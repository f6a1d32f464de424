//! Records of operators' calls.

use crate::fixture::{Store, acme, after, all, attempt, ended, int, kind, page, parked, text};
use esteira_model::{AccountId, AuditRecord, DataClass, Decision, LeafAt, PageId, Task, TaskState, Time, WaitReason};
use esteira_store::{Batch, Filter, Kind, Op, Page, page::Value};
use std::time::Duration;

conformance! {
    list_audit_records: newest_records_come_first, records_are_read_as_they_were_written, filters_mean_what_they_say,
        a_record_is_written_once, records_are_undone_with_their_change;
    audit_records_on: records_are_found_by_the_pages_of_their_leaves;
    audit_records_behind: all_records_come_in_the_order_of_their_ids;
    attempt_samples: attempts_come_with_their_tasks;
}

fn record(store: &mut Store, n: usize) -> AuditRecord {
    const CLASSES: [Option<DataClass>; 3] = [None, Some(DataClass::Production), Some(DataClass::Devtest)];
    AuditRecord {
        id: store.ids.int(),
        account: acme(),
        user_id: ["ana", "bo", ""][n % 3].into(),
        credential_id: ["local", "key-1"][n % 2].into(),
        action: ["GetJob", "ControlJob/CANCEL", "StartJob"][n % 3].into(),
        resource: format!("jobs/{}", n % 4),
        reason: ["", "too late; 'quoted' \u{e9}"][n % 2].into(),
        request_digest: (!n.is_multiple_of(5)).then_some([n as u8; 32]),
        decision: Decision::ALL[usize::from(n.is_multiple_of(7))],
        result: ["OK", "JOB_TERMINAL"][usize::from(n.is_multiple_of(6))].into(),
        start_time: Time(1_000 + n as i64 / 2),
        latency: Duration::from_micros(n as u64 * 1_001),
        client_address: ["127.0.0.1", "::1", ""][n % 3].into(),
        data_class: CLASSES[n % 3],
        salt: [n as u8; 16],
        leaf_at: (!n.is_multiple_of(4)).then_some(LeafAt { page: PageId(n as i64), ordinal: n as u32 * 2 }),
    }
}

async fn records(store: &mut Store, count: usize) -> Vec<AuditRecord> {
    let audit: Vec<_> = (0..count).map(|n| record(store, n)).collect();
    store.write(Batch { audit: audit.clone(), ..Batch::default() }).await;
    audit
}

async fn listed(store: &Store, filter: &Filter, page: &Page) -> (Vec<AuditRecord>, Option<Vec<u8>>) {
    let found = store.reader.list_audit_records(&acme(), filter, page).await.expect("reads");
    (found.rows, found.next)
}

async fn newest_records_come_first(store: &mut Store) {
    assert_eq!(listed(store, &all(), &page(5)).await, (Vec::new(), None));
    let mut expected = records(store, 7).await;
    let other = AuditRecord { account: AccountId::new("other"), ..record(store, 1) };
    store.write(Batch { audit: vec![other], ..Batch::default() }).await;
    expected.reverse();
    let (mut seen, mut next) = listed(store, &all(), &page(3)).await;
    while next.is_some() {
        records(store, 1).await;
        let (rows, cursor) = listed(store, &all(), &after(3, next)).await;
        assert!(!rows.is_empty(), "the cursor does not move");
        seen.extend(rows);
        next = cursor;
    }
    assert_eq!(seen, expected, "whatever is added meanwhile");
    let wrong = Page { size: 3, after: Some(b"not a cursor".to_vec()) };
    assert!(store.reader.list_audit_records(&acme(), &all(), &wrong).await.is_err());
}

async fn records_are_found_by_the_pages_of_their_leaves(store: &mut Store) {
    let all = records(store, 9).await;
    let on = |pages: &'static [i64]| {
        let pages: Vec<PageId> = pages.iter().map(|page| PageId(*page)).collect();
        let reader = &store.reader;
        async move {
            let mut found = reader.audit_records_on(&pages).await.expect("reads");
            found.sort_by_key(|record| record.id);
            found
        }
    };
    assert_eq!(on(&[7, 2, 99]).await, [all[2].clone(), all[7].clone()]);
    // The one that has none is on no page.
    assert_eq!((on(&[4]).await, on(&[]).await), (Vec::new(), Vec::new()));
}

async fn all_records_come_in_the_order_of_their_ids(store: &mut Store) {
    let mut all = records(store, 5).await;
    let other = AuditRecord { account: AccountId::new("other"), ..record(store, 1) };
    store.write(Batch { audit: vec![other.clone()], ..Batch::default() }).await;
    all.push(other);
    all.sort_by_key(|record| record.id);
    let first = store.reader.audit_records_behind(i64::MIN, 4).await.expect("reads");
    assert_eq!(first, all[..4]);
    assert_eq!(store.reader.audit_records_behind(first[3].id, 4).await.expect("reads"), all[4..]);
    assert!(store.reader.audit_records_behind(all[5].id, 4).await.expect("reads").is_empty());
}

async fn records_are_read_as_they_were_written(store: &mut Store) {
    let mut expected = records(store, 20).await;
    expected.reverse();
    assert_eq!(listed(store, &all(), &page(99)).await.0, expected);
}

/// Each comparison against the same one over plain values.
async fn filters_mean_what_they_say(store: &mut Store) {
    let rows = records(store, 40).await;
    type Field = (&'static str, fn(&AuditRecord) -> String);
    let fields: [Field; 8] = [
        ("user_id", |r| r.user_id.clone()),
        ("credential_id", |r| r.credential_id.clone()),
        ("action", |r| r.action.clone()),
        ("resource", |r| r.resource.clone()),
        ("decision", |r| r.decision.as_str().into()),
        ("result", |r| r.result.clone()),
        ("client_address", |r| r.client_address.clone()),
        ("data_class", |r| r.data_class.map_or("none", DataClass::as_str).into()),
    ];
    for (name, of) in fields {
        for value in rows[..12].iter().map(of).chain(["' OR 1=1 --".into()]).filter(|value| value != "none") {
            for (op, holds) in [(Op::Eq, true), (Op::Ne, false)] {
                let expected: Vec<_> = rows.iter().rev().filter(|row| (of(row) == value) == holds).cloned().collect();
                assert_eq!(
                    listed(store, &text(name, op, &value), &page(99)).await.0,
                    expected,
                    "{name} {op:?} {value}"
                );
            }
        }
    }
    for (op, expected) in [(Op::Ge, 10), (Op::Gt, 8), (Op::Lt, 30), (Op::Le, 32), (Op::Eq, 2), (Op::Ne, 38)] {
        assert_eq!(listed(store, &int("start_time", op, 1_015), &page(99)).await.0.len(), expected, "{op:?}");
    }
    let mut both = text("user_id", Op::Eq, "ana");
    both.0.extend(int("start_time", Op::Lt, 1_003).0);
    assert_eq!(listed(store, &both, &page(99)).await.0.len(), 2);
    both.0[0].field = "reason".into();
    both.0[0].value = Value::Int(1);
    let refused = store.reader.list_audit_records(&acme(), &both, &page(1)).await;
    assert_eq!(kind(refused), Kind::UnknownField);
}

/// INV-APPEND: an id that is taken is no second writing.
async fn a_record_is_written_once(store: &mut Store) {
    let first = records(store, 1).await;
    let again = AuditRecord { result: "OTHER".into(), ..first[0].clone() };
    assert_eq!(kind(store.try_write(Batch { audit: vec![again], ..Batch::default() }).await), Kind::Duplicate);
    assert_eq!(listed(store, &all(), &page(9)).await.0, first);
}

/// INV-ONE-TX: no change without its record, no record without its change.
async fn records_are_undone_with_their_change(store: &mut Store) {
    let audit = vec![record(store, 1)];
    let mut unit = store.unit().await;
    unit.put_queue(&acme(), "mail", true).await.expect("stored");
    unit.write(&Batch { audit, ..Batch::default() }).await.expect("written");
    drop(unit);
    assert!(listed(store, &all(), &page(9)).await.0.is_empty());
}

async fn attempts_come_with_their_tasks(store: &mut Store) {
    let jobs: Vec<_> = (0..3).map(|_| store.job()).collect();
    let tasks: Vec<Task> = jobs.iter().map(|job| Task { step: 7, ..store.task(job.id) }).collect();
    let attempts: Vec<_> = tasks.iter().flat_map(|task| [attempt(task, 1, 1), attempt(task, 2, 2)]).collect();
    let over = tasks[..2].iter().map(|task| ended(task, TaskState::Failed, &[], false)).collect();
    let batch = Batch {
        jobs_started: jobs.clone(),
        attempts: attempts.clone(),
        ended: over,
        parked: vec![parked(&tasks[2], WaitReason::RetryBackoff, Some(1))],
        ..Batch::default()
    };
    store.write(batch).await;
    let ids: Vec<_> = jobs.iter().map(|job| job.id).collect();
    let mut found = store.reader.attempt_samples(&ids, 99).await.expect("reads");
    found.sort_by_key(|sample| (sample.attempt.job, sample.attempt.number));
    let read: Vec<_> = found.iter().map(|sample| sample.attempt.clone()).collect();
    assert_eq!(read, attempts[..4], "none of a task that goes on");
    for (sample, task) in found.iter().zip([&tasks[0], &tasks[0], &tasks[1], &tasks[1]]) {
        assert_eq!((sample.step, sample.create_time), (7, task.create_time));
    }
    assert_eq!(store.reader.attempt_samples(&ids, 3).await.expect("reads").len(), 3);
    assert_eq!(store.reader.attempt_samples(&ids[2..], 9).await.expect("reads"), []);
    assert_eq!(store.reader.attempt_samples(&[], 9).await.expect("reads"), []);
}
