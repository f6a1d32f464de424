//! Lists: pages by cursor, filters over known fields.

use crate::fixture::{LANE, Store, acme, after, all, ended, int, kind, leased, page, parked, queued, text};
use esteira_model::{AccountId, Job, JobId, JobState, Lineage, LineageKind, Task, TaskId, TaskState, Time, WaitReason};
use esteira_store::{Batch, Filter, Kind, Op, Page, TaskRecord};
use std::{collections::BTreeMap, sync::Arc};

conformance! {
    list_jobs: newest_jobs_come_first, pages_hold_while_jobs_are_added, jobs_are_filtered, every_field_of_a_job_filter_is_known;
    list_tasks: tasks_of_all_places_are_one_list, tasks_are_filtered;
    list_plans: plans_come_by_name;
    list_plan_versions: newest_versions_come_first;
    list_outbox: messages_come_by_sequence;
}

async fn ids_of(store: &Store, filter: &Filter, page: &Page) -> (Vec<JobId>, Option<Vec<u8>>) {
    let found = store.reader.list_jobs(&acme(), filter, page).await.expect("reads");
    (found.rows.iter().map(|job| job.id).collect(), found.next)
}

async fn newest_jobs_come_first(store: &mut Store) {
    assert_eq!(ids_of(store, &all(), &page(5)).await, (Vec::new(), None));
    let mut jobs: Vec<Job> = (0..5).map(|_| store.job()).collect();
    jobs[2].account = AccountId::new("other");
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let expected: Vec<JobId> = [4, 3, 1, 0].map(|i: usize| jobs[i].id).into();
    assert_eq!(ids_of(store, &all(), &page(9)).await, (expected.clone(), None));
    assert_eq!(ids_of(store, &all(), &page(4)).await, (expected.clone(), None), "a full last page has no next");
    let (first, next) = ids_of(store, &all(), &page(3)).await;
    assert_eq!(first, expected[..3]);
    assert_eq!(ids_of(store, &all(), &after(3, next)).await, (expected[3..].to_vec(), None));
}

/// A page never repeats or misses a job that was there when the listing began.
async fn pages_hold_while_jobs_are_added(store: &mut Store) {
    let jobs: Vec<Job> = (0..10).map(|_| store.job()).collect();
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let (mut seen, mut cursor) = ids_of(store, &all(), &page(3)).await;
    while cursor.is_some() {
        let newer = store.job();
        store.write(Batch { jobs_started: vec![newer], ..Batch::default() }).await;
        let (rows, next) = ids_of(store, &all(), &after(3, cursor)).await;
        seen.extend(rows);
        assert!(seen.len() < 100, "the cursor does not move");
        cursor = next;
    }
    assert!(seen.iter().copied().eq(jobs.iter().rev().map(|job| job.id)));
    let wrong = Page { size: 3, after: Some(b"not a cursor".to_vec()) };
    assert!(store.reader.list_jobs(&acme(), &all(), &wrong).await.is_err());
}

async fn jobs_are_filtered(store: &mut Store) {
    let mut jobs: Vec<Job> = (0..4).map(|_| store.job()).collect();
    let (root, parent) = (jobs[0].id, jobs[1].id);
    jobs[1].state = JobState::Failed;
    (jobs[2].state, jobs[2].end_time) = (JobState::Succeeded, Some(Time(500)));
    let task = TaskId(store.ids.uuid());
    jobs[2].lineage =
        Lineage { kind: LineageKind::SubPlan, root, parent: Some((parent, task)), depth: 1, source: None };
    jobs[2].labels = Arc::new(BTreeMap::from([("team".into(), "sales".into())]));
    jobs[3].labels = Arc::new(BTreeMap::from([("team".into(), "ops".into()), ("k".into(), "v".into())]));
    let plan = store.plan("orders");
    let version = store.version(&plan, 1);
    jobs[0].plan_version = version.id;
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    unit.insert_plan_version(&version).await.expect("stored");
    unit.commit().await.expect("commits");

    let create = |i: usize| jobs[i].create_time.0;
    let cases: Vec<(Filter, &[usize])> = vec![
        (text("state", Op::Eq, "FAILED"), &[1]),
        (text("state", Op::Eq, "RUNNING"), &[3, 0]),
        (text("state", Op::Ne, "RUNNING"), &[2, 1]),
        (text("state", Op::Eq, "' OR 1=1 --"), &[]),
        (text("plan_version_id", Op::Eq, &version.id.to_string()), &[0]),
        (text("plan_id", Op::Eq, &plan.id.to_string()), &[0]),
        (text("plan_id", Op::Ne, &plan.id.to_string()), &[3, 2, 1]),
        (text("plan_id", Op::Eq, "no id"), &[]),
        (text("data_class", Op::Eq, "QA"), &[3, 2, 1, 0]),
        (text("root_job_id", Op::Eq, &root.to_string()), &[2, 0]),
        (text("parent_job_id", Op::Eq, &parent.to_string()), &[2]),
        (text("parent_job_id", Op::Ne, &parent.to_string()), &[3, 1, 0]),
        (int("create_time", Op::Gt, create(1)), &[3, 2]),
        (int("create_time", Op::Le, create(1)), &[1, 0]),
        (int("end_time", Op::Ge, 500), &[2]),
        (int("end_time", Op::Lt, 500), &[]),
        (text("labels.team", Op::Eq, "sales"), &[2]),
        (text("labels.team", Op::Ne, "sales"), &[3, 1, 0]),
        (text("labels.team", Op::Gt, "pre"), &[2]),
        (text("labels.none", Op::Eq, "x"), &[]),
        (Filter([text("labels.k", Op::Eq, "v").0, text("state", Op::Eq, "RUNNING").0].concat()), &[3]),
        (Filter([text("labels.k", Op::Eq, "v").0, text("state", Op::Eq, "FAILED").0].concat()), &[]),
    ];
    for (filter, expected) in cases {
        let expected: Vec<JobId> = expected.iter().map(|i| jobs[*i].id).collect();
        assert_eq!(ids_of(store, &filter, &page(9)).await.0, expected, "{filter:?}");
        // The same through pages of one.
        let (mut seen, mut cursor) = ids_of(store, &filter, &page(1)).await;
        while cursor.is_some() {
            let (rows, next) = ids_of(store, &filter, &after(1, cursor)).await;
            seen.extend(rows);
            assert!(seen.len() < 100, "the cursor does not move");
            cursor = next;
        }
        assert_eq!(seen, expected, "{filter:?}");
    }
}

async fn every_field_of_a_job_filter_is_known(store: &mut Store) {
    let known = [
        "state",
        "plan_version_id",
        "plan_id",
        "data_class",
        "root_job_id",
        "parent_job_id",
        "create_time",
        "end_time",
        "labels.x",
    ];
    for field in known {
        for op in [Op::Eq, Op::Ne, Op::Lt, Op::Le, Op::Gt, Op::Ge] {
            let found = store.reader.list_jobs(&acme(), &text(field, op, "5"), &page(1)).await;
            assert!(found.is_ok(), "{field} {op:?}");
        }
    }
    for field in ["", "State", "job_id", "state; DROP TABLE job", "labels", "account"] {
        let error = store.reader.list_jobs(&acme(), &text(field, Op::Eq, "x"), &page(1)).await.expect_err("refused");
        assert_eq!(error.kind(), Kind::UnknownField, "{field}");
        assert!(error.to_string().contains(field));
    }
}

fn id_of(record: &TaskRecord) -> TaskId {
    match record {
        TaskRecord::Live(live) => live.task.id,
        TaskRecord::Ended(ended) => ended.task.id,
    }
}

/// Seven tasks of one job: step 0 to 6, one in each place and state.
async fn seven(store: &mut Store) -> (JobId, Vec<Task>) {
    let job = JobId(store.ids.uuid());
    let tasks: Vec<Task> = (0..7).map(|step| Task { step, ..store.task(job) }).collect();
    let batch = Batch {
        queued: vec![queued(&tasks[0], LANE, 0), queued(&store.any_task(), LANE, 0)],
        parked: vec![parked(&tasks[3], WaitReason::Join, None), parked(&tasks[1], WaitReason::RetryBackoff, Some(5))],
        leased: vec![leased(&tasks[4], 2, 9)],
        ended: vec![
            ended(&tasks[6], TaskState::Succeeded, &[1], true),
            ended(&tasks[2], TaskState::Failed, &[], false),
            ended(&tasks[5], TaskState::Skipped, &[], false),
        ],
        ..Batch::default()
    };
    store.write(batch).await;
    (job, tasks)
}

async fn tasks_of_all_places_are_one_list(store: &mut Store) {
    let (job, tasks) = seven(store).await;
    for size in 1..=8 {
        let mut found = store.reader.list_tasks(job, &all(), &page(size)).await.expect("reads");
        let mut seen: Vec<TaskId> = found.rows.iter().map(id_of).collect();
        while found.next.is_some() {
            found = store.reader.list_tasks(job, &all(), &after(size, found.next)).await.expect("reads");
            assert!(found.rows.len() <= size);
            seen.extend(found.rows.iter().map(id_of));
            assert!(seen.len() < 100, "the cursor does not move");
        }
        assert!(seen.iter().copied().eq(tasks.iter().map(|task| task.id)), "pages of {size}");
    }
}

async fn tasks_are_filtered(store: &mut Store) {
    let (job, tasks) = seven(store).await;
    let cases: Vec<(Filter, &[usize])> = vec![
        (text("state", Op::Eq, "READY"), &[0]),
        (text("state", Op::Eq, "BACKOFF"), &[1]),
        (text("state", Op::Eq, "WAITING"), &[3]),
        (text("state", Op::Eq, "LEASED"), &[4]),
        (text("state", Op::Eq, "FAILED"), &[2]),
        (text("state", Op::Ne, "SUCCEEDED"), &[0, 1, 2, 3, 4, 5]),
        (text("state", Op::Eq, "NONE"), &[]),
        (int("step", Op::Ge, 4), &[4, 5, 6]),
        (Filter([int("step", Op::Ge, 4).0, text("state", Op::Ne, "LEASED").0].concat()), &[5, 6]),
    ];
    for (filter, expected) in cases {
        let found = store.reader.list_tasks(job, &filter, &page(9)).await.expect("reads");
        let expected: Vec<TaskId> = expected.iter().map(|i| tasks[*i].id).collect();
        assert!(found.rows.iter().map(id_of).eq(expected), "{filter:?}");
    }
    let unknown = store.reader.list_tasks(job, &text("lane", Op::Eq, "x"), &page(9)).await;
    assert_eq!(kind(unknown), Kind::UnknownField);
}

async fn plans_come_by_name(store: &mut Store) {
    let mut plans: Vec<_> = ["b", "a", "c"].map(|name| store.plan(name)).into();
    plans[0].labels = BTreeMap::from([("team".into(), "ops".into())]);
    plans[2].aggregate_type = String::new();
    let mut other = store.plan("aa");
    other.account = AccountId::new("other");
    let mut unit = store.unit().await;
    for plan in plans.iter().chain([&other]) {
        unit.put_plan(plan).await.expect("stored");
    }
    unit.commit().await.expect("commits");
    let cases: Vec<(Filter, &[usize])> = vec![
        (all(), &[1, 0, 2]),
        (text("name", Op::Ge, "b"), &[0, 2]),
        (text("aggregate_type", Op::Eq, "order"), &[1, 0]),
        (text("labels.team", Op::Eq, "ops"), &[0]),
        (text("labels.team", Op::Ne, "ops"), &[1, 2]),
    ];
    for (filter, expected) in cases {
        let mut found = store.reader.list_plans(&acme(), &filter, &page(1)).await.expect("reads");
        let mut seen = found.rows;
        while found.next.is_some() {
            found = store.reader.list_plans(&acme(), &filter, &after(1, found.next)).await.expect("reads");
            seen.append(&mut found.rows);
            assert!(seen.len() < 100, "the cursor does not move");
        }
        let expected: Vec<_> = expected.iter().map(|i| plans[*i].clone()).collect();
        assert_eq!(seen, expected, "{filter:?}");
    }
    let unknown = store.reader.list_plans(&acme(), &text("revision", Op::Eq, "1"), &page(9)).await;
    assert_eq!(kind(unknown), Kind::UnknownField);
}

async fn newest_versions_come_first(store: &mut Store) {
    let (plan, other) = (store.plan("orders"), store.plan("other"));
    let versions: Vec<_> = (1..=5).map(|number| store.version(&plan, number)).collect();
    let foreign = store.version(&other, 9);
    let mut unit = store.unit().await;
    for version in versions.iter().chain([&foreign]) {
        unit.insert_plan_version(version).await.expect("stored");
    }
    unit.commit().await.expect("commits");
    let list =
        async |filter: &Filter, page: &Page| store.reader.list_plan_versions(&acme(), plan.id, filter, page).await;
    let first = list(&all(), &page(3)).await.expect("reads");
    assert!(first.rows.iter().map(|v| v.version).eq([5, 4, 3]));
    let second = list(&all(), &after(3, first.next)).await.expect("reads");
    assert_eq!((second.rows.as_slice(), second.next), ([versions[1].clone(), versions[0].clone()].as_slice(), None));
    let few = list(&int("version", Op::Lt, 3), &page(9)).await.expect("reads");
    assert!(few.rows.iter().map(|v| v.version).eq([2, 1]));
    assert_eq!(kind(list(&text("state", Op::Eq, "x"), &page(9)).await), Kind::UnknownField);
    let other_account = AccountId::new("other");
    let none = store.reader.list_plan_versions(&other_account, plan.id, &all(), &page(9)).await.expect("reads");
    assert!(none.rows.is_empty());
}

async fn messages_come_by_sequence(store: &mut Store) {
    let mut rows: Vec<_> =
        [("t", "a"), ("t", "b"), ("u", "a"), ("t", "a")].map(|(topic, key)| store.message(topic, key, 1)).into();
    rows[3].account = AccountId::new("other");
    store.write(Batch { outbox: rows.iter().rev().cloned().collect(), ..Batch::default() }).await;
    let job = rows[1].job.to_string();
    let cases: Vec<(Filter, &[usize])> = vec![
        (all(), &[0, 1, 2]),
        (text("topic", Op::Eq, "t"), &[0, 1]),
        (text("key", Op::Eq, "a"), &[0, 2]),
        (text("job_id", Op::Eq, &job), &[1]),
        (text("parked", Op::Eq, "false"), &[0, 1, 2]),
        (text("parked", Op::Eq, "true"), &[]),
    ];
    for (filter, expected) in cases {
        let mut found = store.reader.list_outbox(&acme(), &filter, &page(1)).await.expect("reads");
        let mut seen = found.rows;
        while found.next.is_some() {
            found = store.reader.list_outbox(&acme(), &filter, &after(1, found.next)).await.expect("reads");
            seen.append(&mut found.rows);
            assert!(seen.len() < 100, "the cursor does not move");
        }
        let expected: Vec<_> = expected.iter().map(|i| rows[*i].clone()).collect();
        assert!(seen.iter().all(|row| !row.parked && row.delivery_attempts == 0 && row.failure.is_empty()));
        assert_eq!(seen.into_iter().map(|row| row.message).collect::<Vec<_>>(), expected, "{filter:?}");
    }
    let unknown = store.reader.list_outbox(&acme(), &text("sequence", Op::Eq, "1"), &page(9)).await;
    assert_eq!(kind(unknown), Kind::UnknownField);
}
