//! Tasks, live and ended, their attempts, and what arrived at joins.

use crate::fixture::{LANE, Store, all, attempt, ended, kind, leased, page, parked, queued};
use esteira_model::{
    AggregateRef, Arrival, ArtifactId, Failure, FailureKind, ItemPath, JobId, Payload, Task, TaskId, TaskState, Time,
    Verdict, WaitReason,
};
use esteira_store::{Batch, JobDetails, Kind, LivePlace, TaskRecord};
use std::time::Duration;

conformance! {
    live_tasks: every_field_of_a_live_task_comes_back, tasks_are_found_wherever_they_are, unknown_tasks_are_left_out;
    live_tasks_of_job: a_job_has_its_own_tasks_in_order;
    ended_tasks: every_field_of_an_ended_task_comes_back, live_tasks_have_not_ended;
    ended_attempts: attempts_are_known_by_their_fence, an_attempt_ends_once;
    attempts: attempts_come_in_order;
    arrivals: arrivals_come_by_item_then_step, an_arrival_counts_once;
    results: results_are_the_outputs_of_leaves_in_item_order;
    task: one_task_wherever_it_is;
    job_details: tasks_are_counted_by_state;
}

/// A task with a value in each field.
fn full(store: &mut Store) -> Task {
    Task {
        step: u16::MAX,
        item_path: ItemPath(vec![0, 7, u32::MAX]),
        parent: Some(TaskId(store.ids.uuid())),
        input: Some(ArtifactId(i64::MAX)),
        aggregate: Some(AggregateRef { kind: "order".into(), id: "n-1".into(), version: -4 }),
        attempts: 3,
        failures: 2,
        expiries: 1,
        fence: 1 << 60,
        checkpoint: Some(ArtifactId(77)),
        start_time: Some(Time(-5)),
        ..store.any_task()
    }
}

async fn every_field_of_a_live_task_comes_back(store: &mut Store) {
    let (full, mut bare) = (full(store), store.any_task());
    bare.input = None;
    for task in [full, bare] {
        let places = [
            Batch { queued: vec![queued(&task, LANE, 9)], ..Batch::default() },
            Batch { parked: vec![parked(&task, WaitReason::SubPlan, Some(8))], ..Batch::default() },
        ];
        for batch in places {
            let mut unit = store.unit().await;
            unit.write(&batch).await.expect("written");
            let found = unit.live_tasks(&[(task.job, task.id)]).await.expect("reads");
            assert_eq!((found.len(), &found[0].task), (1, &task));
        }
        let lease = leased(&task, 6, 9);
        let mut unit = store.unit().await;
        unit.write(&Batch { leased: vec![lease.clone()], ..Batch::default() }).await.expect("written");
        let found = unit.live_tasks(&[(task.job, task.id)]).await.expect("reads");
        assert_eq!(found[0].place, LivePlace::Leased(Box::new(lease)));
    }
}

async fn tasks_are_found_wherever_they_are(store: &mut Store) {
    let tasks = [0; 4].map(|_| store.any_task());
    let batch = Batch {
        queued: vec![queued(&tasks[0], LANE, 0)],
        parked: vec![parked(&tasks[1], WaitReason::Join, None), parked(&tasks[2], WaitReason::RetryBackoff, Some(5))],
        leased: vec![leased(&tasks[3], 2, 9)],
        ..Batch::default()
    };
    store.write(batch).await;
    let ids = tasks.each_ref().map(|task| (task.job, task.id));
    // Asked for twice, answered once.
    let asked = [ids.as_slice(), &ids].concat();
    let mut found = store.unit().await.live_tasks(&asked).await.expect("reads");
    found.sort_by_key(|live| live.task.id);
    let places: Vec<_> = found.into_iter().map(|live| live.place).collect();
    assert_eq!(places.len(), 4);
    assert_eq!(places[0], LivePlace::Queued { lane: LANE.into() });
    assert_eq!(places[1], LivePlace::Parked { reason: WaitReason::Join, due: None });
    assert_eq!(places[2], LivePlace::Parked { reason: WaitReason::RetryBackoff, due: Some(Time(5)) });
    assert!(matches!(&places[3], LivePlace::Leased(_)));
}

async fn unknown_tasks_are_left_out(store: &mut Store) {
    let (live, over, never) = (store.any_task(), store.any_task(), store.any_task());
    let batch = Batch {
        queued: vec![queued(&live, LANE, 0)],
        ended: vec![ended(&over, TaskState::Skipped, &[], false)],
        ..Batch::default()
    };
    store.write(batch).await;
    let mut unit = store.unit().await;
    // A task is found under its own job only.
    let ids = [(live.job, live.id), (over.job, over.id), (never.job, never.id), (over.job, live.id)];
    let found = unit.live_tasks(&ids).await.expect("reads");
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].task, live);
}

async fn a_job_has_its_own_tasks_in_order(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let other = store.any_task();
    let tasks = [0; 3].map(|_| store.task(job));
    let batch = Batch {
        queued: vec![queued(&tasks[2], LANE, 0), queued(&other, LANE, 0)],
        parked: vec![parked(&tasks[0], WaitReason::Join, None)],
        leased: vec![leased(&tasks[1], 2, 9)],
        ..Batch::default()
    };
    store.write(batch).await;
    let mut unit = store.unit().await;
    let found = unit.live_tasks_of_job(job).await.expect("reads");
    assert!(found.iter().map(|live| live.task.id).eq(tasks.iter().map(|task| task.id)));
    assert!(unit.live_tasks_of_job(JobId(tasks[0].id.0)).await.expect("reads").is_empty());
}

fn failure() -> Failure {
    Failure {
        kind: FailureKind::NonRetryable,
        code: "BAD".into(),
        message: "it said \"no\" \0 \u{1F980}".into(),
        stack_trace: "at\n".into(),
        retry_after: Some(Duration::from_nanos(1_500)),
        details: Some(Payload::binary([0u8, 159, 255])),
        source: "engine".into(),
    }
}

async fn every_field_of_an_ended_task_comes_back(store: &mut Store) {
    let mut rows = vec![ended(&full(store), TaskState::Failed, &[3, 1, 2], true)];
    rows[0].failure = Some(failure());
    let verdict = |passed| Verdict { policy: "p\"".into(), version: "1".into(), passed, detail: "input".into() };
    rows[0].verdicts = vec![verdict(true), verdict(false)];
    rows.push(ended(&store.any_task(), TaskState::Skipped, &[], false));
    store.write(Batch { ended: rows.clone(), ..Batch::default() }).await;
    let ids: Vec<_> = rows.iter().map(|row| (row.task.job, row.task.id)).collect();
    let mut found = store.unit().await.ended_tasks(&ids).await.expect("reads");
    found.sort_by_key(|row| row.task.id);
    assert_eq!(found, rows);
}

async fn live_tasks_have_not_ended(store: &mut Store) {
    let task = store.any_task();
    store.write(Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await;
    assert!(store.unit().await.ended_tasks(&[(task.job, task.id)]).await.expect("reads").is_empty());
}

/// INV-REPLAY: a repeated report is known by the fence of its lease, and answered by its digest.
async fn attempts_are_known_by_their_fence(store: &mut Store) {
    let (a, b) = (store.any_task(), store.any_task());
    let rows = vec![attempt(&a, 1, 10), attempt(&a, 2, 12), attempt(&b, 1, 10)];
    store.write(Batch { attempts: rows, ..Batch::default() }).await;
    let ids = [(a.job, a.id, 12), (a.job, a.id, 11), (b.job, b.id, 10), (b.job, b.id, 10)];
    let mut found = store.unit().await.ended_attempts(&ids).await.expect("reads");
    found.sort();
    assert_eq!(found, [(a.job, a.id, 12, [12; 16]), (b.job, b.id, 10, [10; 16])]);
}

/// INV-APPEND: history is written once.
async fn an_attempt_ends_once(store: &mut Store) {
    let task = store.any_task();
    store.write(Batch { attempts: vec![attempt(&task, 1, 10)], ..Batch::default() }).await;
    let again = Batch { attempts: vec![attempt(&task, 1, 11)], ..Batch::default() };
    assert_eq!(kind(store.try_write(again).await), Kind::Duplicate);
    assert_eq!(store.reader.attempts(task.job, task.id).await.expect("reads")[0].fence, 10);
}

/// INV-DATES: the worker's own times stand beside the coordinator's.
async fn attempts_come_in_order(store: &mut Store) {
    let (task, other) = (store.any_task(), store.any_task());
    let mut rows = vec![attempt(&task, 2, 12), attempt(&task, 11, 13), attempt(&task, 1, 10)];
    rows[0].failure = Some(failure());
    rows[1].worker_start_time = None;
    store.write(Batch { attempts: [rows.clone(), vec![attempt(&other, 1, 5)]].concat(), ..Batch::default() }).await;
    rows.sort_by_key(|row| row.number);
    assert_eq!(store.reader.attempts(task.job, task.id).await.expect("reads"), rows);
    assert!(store.reader.attempts(task.job, other.id).await.expect("reads").is_empty());
}

fn arrival(store: &mut Store, job: JobId, path: &[u32], from_step: u16) -> Arrival {
    Arrival {
        job,
        join_step: 4,
        item_path: ItemPath(path.to_vec()),
        from_step,
        from_task: TaskId(store.ids.uuid()),
        artifact: ArtifactId(store.ids.int()),
    }
}

async fn arrivals_come_by_item_then_step(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    // 256 sorts after 2: paths are compared by number, and a shorter one goes first.
    let sorted: Vec<Arrival> = [(&[][..], 1), (&[2], 0), (&[2], 3), (&[2, 0], 1), (&[256], 0)]
        .into_iter()
        .map(|(path, step)| arrival(store, job, path, step))
        .collect();
    let mut other = arrival(store, job, &[1], 1);
    other.join_step = 5;
    let mut rows = sorted.clone();
    rows.reverse();
    rows.push(other.clone());
    store.write(Batch { arrivals: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.arrivals(job, 4).await.expect("reads"), sorted);
    assert_eq!(unit.arrivals(job, 5).await.expect("reads"), [other]);
    assert!(unit.arrivals(job, 6).await.expect("reads").is_empty());
}

async fn an_arrival_counts_once(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let row = arrival(store, job, &[1], 1);
    let batch = || Batch { arrivals: vec![row.clone()], ..Batch::default() };
    store.write(batch()).await;
    assert_eq!(kind(store.try_write(batch()).await), Kind::Duplicate);
}

async fn results_are_the_outputs_of_leaves_in_item_order(store: &mut Store) {
    let job = JobId(store.ids.uuid());
    let mut rows = Vec::new();
    let leaves =
        [(&[1][..], 0, &[30][..], true), (&[0], 1, &[20, 21], true), (&[0], 0, &[10], true), (&[], 0, &[99], false)];
    for (path, step, outputs, leaf) in leaves {
        let task = Task { step, item_path: ItemPath(path.to_vec()), ..store.task(job) };
        rows.push(ended(&task, TaskState::Succeeded, outputs, leaf));
    }
    rows.push(ended(&store.task(job), TaskState::Skipped, &[], true));
    store.write(Batch { ended: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let ids = |ids: &[i64]| ids.iter().map(|id| ArtifactId(*id)).collect::<Vec<_>>();
    assert_eq!(unit.results(job, 100).await.expect("reads"), ids(&[10, 20, 21, 30]));
    assert_eq!(unit.results(job, 2).await.expect("reads"), ids(&[10, 20]));
    assert!(unit.results(job, 0).await.expect("reads").is_empty());
}

async fn one_task_wherever_it_is(store: &mut Store) {
    let tasks = [0; 4].map(|_| store.any_task());
    let over = ended(&tasks[3], TaskState::Succeeded, &[1], true);
    let batch = Batch {
        queued: vec![queued(&tasks[0], LANE, 0)],
        parked: vec![parked(&tasks[1], WaitReason::Join, None)],
        leased: vec![leased(&tasks[2], 2, 9)],
        ended: vec![over.clone()],
        ..Batch::default()
    };
    store.write(batch).await;
    for task in &tasks[..3] {
        match store.reader.task(task.job, task.id).await.expect("reads").expect("found") {
            TaskRecord::Live(live) => assert_eq!(live.task.id, task.id),
            TaskRecord::Ended(_) => panic!("it is live"),
        }
    }
    assert_eq!(store.reader.task(tasks[3].job, tasks[3].id).await.expect("reads"), Some(TaskRecord::Ended(over)));
    assert_eq!(store.reader.task(tasks[0].job, tasks[1].id).await.expect("reads"), None);
}

async fn tasks_are_counted_by_state(store: &mut Store) {
    let shown = store.job();
    let job = shown.id;
    let tasks = [0; 8].map(|_| store.task(job));
    let batch = Batch {
        queued: vec![queued(&tasks[0], LANE, 0), queued(&store.any_task(), LANE, 0)],
        parked: vec![
            parked(&tasks[1], WaitReason::RetryBackoff, Some(1)),
            parked(&tasks[2], WaitReason::Join, None),
            parked(&tasks[3], WaitReason::Paused, None),
        ],
        leased: vec![leased(&tasks[4], 1, 9)],
        ended: vec![
            ended(&tasks[5], TaskState::Succeeded, &[], true),
            ended(&tasks[6], TaskState::Succeeded, &[], true),
            ended(&tasks[7], TaskState::Failed, &[], true),
        ],
        ..Batch::default()
    };
    store.write(batch).await;
    let mut counts = store.reader.job_details(&shown, 0).await.expect("reads").task_counts;
    counts.sort();
    let mut expected = [
        (TaskState::Ready, 1),
        (TaskState::Backoff, 1),
        (TaskState::Waiting, 2),
        (TaskState::Leased, 1),
        (TaskState::Succeeded, 2),
        (TaskState::Failed, 1),
    ];
    expected.sort();
    assert_eq!(counts, expected);
    let other = store.job();
    let nothing = other.id;
    assert_eq!(store.reader.job_details(&other, 9).await.expect("reads"), JobDetails::default());
    assert!(store.reader.list_tasks(nothing, &all(), &page(5)).await.expect("reads").rows.is_empty());
}
