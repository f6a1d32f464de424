//! Tasks under a lease, and tasks and jobs whose time has come.

use crate::fixture::{LANE, Store, leased, parked, queued, taken};
use esteira_model::{AccountId, ArtifactId, Job, JobState, Time, WaitReason};
use esteira_store::{Batch, Beat, Hot, Leased, LivePlace, WorkerLease};
use std::time::Duration;

conformance! {
    leases: all_leases_are_found_after_a_restart;
    held_leases: a_lease_is_held_under_its_fence;
    worker_leases: leases_are_found_by_account_and_worker;
    extend_leases: a_beat_extends_its_lease, a_stale_beat_is_left_out, the_last_beat_counts;
    overdue_leases: leases_run_out_oldest_first, timeouts_are_told_apart;
    due_tasks: due_tasks_come_oldest_first;
    overdue_jobs: deadlines_pass, cancelling_takes_too_long, ended_jobs_are_not_overdue;
    next_due: the_next_time_is_the_least_of_all;
}

/// INV-POLL: the grant keeps who polled and with what, so that a repeated poll gets the same lease.
async fn all_leases_are_found_after_a_restart(store: &mut Store) {
    let tasks: Vec<_> = (0..3).map(|_| store.any_task()).collect();
    let mut rows: Vec<Leased> = tasks.iter().map(|task| leased(task, 3, 77)).collect();
    rows[1].timeout_time = Some(Time(99));
    rows[1].request_id = "another poll".into();
    rows[2].task.checkpoint = Some(ArtifactId(5));
    store.write(Batch { leased: rows.clone(), ..Batch::default() }).await;
    let mut found = store.unit().await.leases().await.expect("reads");
    found.sort_by_key(|live| live.task.id);
    assert_eq!(found.len(), 3);
    for (live, row) in found.iter().zip(&rows) {
        assert_eq!(live.task, row.task);
        assert_eq!(live.place, LivePlace::Leased(Box::new(row.clone())));
    }
}

async fn a_lease_is_held_under_its_fence(store: &mut Store) {
    let tasks: Vec<_> = (0..3).map(|_| store.any_task()).collect();
    let rows: Vec<Leased> = tasks.iter().map(|task| leased(task, 3, 50)).collect();
    store.write(Batch { leased: rows.clone(), ..Batch::default() }).await;
    store.write(Batch { taken: vec![taken(&rows[1].task, Hot::Lease)], ..Batch::default() }).await;
    let asked: Vec<_> =
        rows.iter().map(|lease| (lease.task.job, lease.task.id, 3)).chain([(tasks[2].job, tasks[2].id, 2)]).collect();
    let mut held = store.reader.held_leases(&asked).await.expect("reads");
    held.sort_unstable();
    let mut expected = [asked[0], asked[2]];
    expected.sort_unstable();
    assert_eq!(held, expected);
}

async fn leases_are_found_by_account_and_worker(store: &mut Store) {
    let jobs = ["a", "a", "b"].map(|account| Job { account: AccountId::new(account), ..store.job() });
    let rows: Vec<Leased> = jobs.iter().map(|job| leased(&store.task(job.id), 3, 50)).collect();
    let rows: Vec<Leased> =
        rows.into_iter().zip(["w", "v", "w"]).map(|(row, id)| Leased { worker_id: id.into(), ..row }).collect();
    store.write(Batch { jobs_started: jobs.into(), leased: rows.clone(), ..Batch::default() }).await;
    let lease =
        |row: &Leased| WorkerLease { worker_id: row.worker_id.clone(), job: row.task.job, task: row.task.id, fence: 3 };
    for (account, worker, expected) in [
        ("a", None, vec![lease(&rows[1]), lease(&rows[0])]),
        ("a", Some("w"), vec![lease(&rows[0])]),
        ("b", Some("w"), vec![lease(&rows[2])]),
        ("b", Some("v"), vec![]),
        ("c", None, vec![]),
    ] {
        let mut found = store.reader.worker_leases(&AccountId::new(account), worker).await.expect("reads");
        found.sort_unstable();
        assert_eq!(found, expected, "{account} {worker:?}");
    }
}

fn beat(lease: &Leased, fence: i64, expire_time: i64, checkpoint: Option<i64>) -> Beat {
    Beat {
        job: lease.task.job,
        task: lease.task.id,
        fence,
        expire_time: Time(expire_time),
        ttl: Duration::from_secs(7),
        checkpoint: checkpoint.map(ArtifactId),
    }
}

async fn lease_of(store: &mut Store, lease: &Leased) -> Leased {
    let mut unit = store.unit().await;
    match unit.live_tasks(&[(lease.task.job, lease.task.id)]).await.expect("reads").remove(0).place {
        LivePlace::Leased(leased) => *leased,
        other => panic!("not leased: {other:?}"),
    }
}

async fn a_beat_extends_its_lease(store: &mut Store) {
    let tasks: Vec<_> = (0..40).map(|_| store.any_task()).collect();
    let rows: Vec<Leased> = tasks.iter().map(|task| leased(task, 3, 50)).collect();
    store.write(Batch { leased: rows.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let extended = unit.extend_leases(&[beat(&rows[0], 3, 60, Some(9)), beat(&rows[1], 3, 61, None)]).await;
    let mut extended = extended.expect("extends");
    extended.sort();
    assert_eq!(extended, [(tasks[0].job, tasks[0].id), (tasks[1].job, tasks[1].id)]);
    unit.commit().await.expect("commits");
    let first = lease_of(store, &rows[0]).await;
    assert_eq!((first.expire_time, first.ttl), (Time(60), Duration::from_secs(7)));
    assert_eq!(first.task.checkpoint, Some(ArtifactId(9)));
    // No checkpoint in a beat keeps the one before.
    let mut unit = store.unit().await;
    unit.extend_leases(&[beat(&rows[0], 3, 65, None)]).await.expect("extends");
    unit.commit().await.expect("commits");
    let first = lease_of(store, &rows[0]).await;
    assert_eq!((first.expire_time, first.task.checkpoint), (Time(65), Some(ArtifactId(9))));
    assert_eq!(lease_of(store, &rows[2]).await, rows[2], "the others stay as they are");
    let beats: Vec<Beat> = rows.iter().map(|row| beat(row, 3, 90, None)).collect();
    assert_eq!(store.unit().await.extend_leases(&beats).await.expect("extends").len(), 40);
}

/// INV-FENCE: a beat for an older grant extends nothing, and does not disturb the others.
async fn a_stale_beat_is_left_out(store: &mut Store) {
    let (a, b, gone) = (store.any_task(), store.any_task(), store.any_task());
    let rows = [leased(&a, 3, 50), leased(&b, 3, 50), leased(&gone, 3, 50)];
    store.write(Batch { leased: rows[..2].to_vec(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let beats = [beat(&rows[0], 2, 60, None), beat(&rows[1], 3, 60, None), beat(&rows[2], 3, 60, None)];
    assert_eq!(unit.extend_leases(&beats).await.expect("extends"), [(b.job, b.id)]);
    assert!(unit.extend_leases(&[]).await.expect("extends").is_empty());
    unit.commit().await.expect("commits");
    assert_eq!(lease_of(store, &rows[0]).await, rows[0]);
}

async fn the_last_beat_counts(store: &mut Store) {
    let task = store.any_task();
    let row = leased(&task, 3, 50);
    store.write(Batch { leased: vec![row.clone()], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let beats = [beat(&row, 3, 60, Some(1)), beat(&row, 3, 80, Some(2)), beat(&row, 3, 70, Some(3))];
    assert_eq!(unit.extend_leases(&beats).await.expect("extends"), [(task.job, task.id)]);
    unit.commit().await.expect("commits");
    let found = lease_of(store, &row).await;
    assert_eq!((found.expire_time, found.task.checkpoint), (Time(70), Some(ArtifactId(3))));
}

async fn leases_run_out_oldest_first(store: &mut Store) {
    let tasks: Vec<_> = (0..4).map(|_| store.any_task()).collect();
    let rows = tasks.iter().zip([30, 10, 20, 40]).map(|(task, expire)| leased(task, 5, expire)).collect();
    store.write(Batch { leased: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.overdue_leases(Time(9), 10).await.expect("reads").is_empty());
    let overdue = unit.overdue_leases(Time(30), 10).await.expect("reads");
    let expected = [1, 2, 0].map(|i: usize| (tasks[i].job, tasks[i].id, 5, false));
    assert_eq!(overdue, expected);
    assert_eq!(unit.overdue_leases(Time(30), 2).await.expect("reads"), expected[..2]);
}

async fn timeouts_are_told_apart(store: &mut Store) {
    let tasks: Vec<_> = (0..3).map(|_| store.any_task()).collect();
    let mut rows: Vec<Leased> = tasks.iter().map(|task| leased(task, 5, 50)).collect();
    // The first times out with its lease still extended, the second has both behind it, the third times out later.
    rows[0].timeout_time = Some(Time(20));
    (rows[1].expire_time, rows[1].timeout_time) = (Time(10), Some(Time(25)));
    rows[2].timeout_time = Some(Time(60));
    store.write(Batch { leased: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let timed_out = |i: usize, out| (tasks[i].job, tasks[i].id, 5, out);
    assert_eq!(unit.overdue_leases(Time(20), 9).await.expect("reads"), [timed_out(1, false), timed_out(0, true)]);
    assert_eq!(unit.overdue_leases(Time(25), 9).await.expect("reads"), [timed_out(1, true), timed_out(0, true)]);
    assert_eq!(unit.overdue_leases(Time(50), 9).await.expect("reads")[2], timed_out(2, false));
}

async fn due_tasks_come_oldest_first(store: &mut Store) {
    let tasks: Vec<_> = (0..5).map(|_| store.any_task()).collect();
    let dues = [Some(30), Some(10), None, Some(20), Some(40)];
    let rows = tasks.iter().zip(dues).map(|(task, due)| parked(task, WaitReason::RetryBackoff, due)).collect();
    store.write(Batch { parked: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.due_tasks(Time(9), 10).await.expect("reads").is_empty());
    let expected = [1, 3, 0].map(|i: usize| (tasks[i].job, tasks[i].id));
    assert_eq!(unit.due_tasks(Time(30), 10).await.expect("reads"), expected);
    assert_eq!(unit.due_tasks(Time(i64::MAX), 1).await.expect("reads"), expected[..1]);
    // One that moved on is not due any more.
    let batch = Batch {
        taken: vec![taken(&tasks[1], Hot::Parked)],
        queued: vec![queued(&tasks[1], LANE, 0)],
        ..Batch::default()
    };
    unit.write(&batch).await.expect("written");
    assert_eq!(unit.due_tasks(Time(30), 10).await.expect("reads"), expected[1..]);
}

async fn deadlines_pass(store: &mut Store) {
    let mut jobs: Vec<_> = (0..4).map(|_| store.job()).collect();
    for (job, deadline) in jobs.iter_mut().zip([Some(30), None, Some(10), Some(50)]) {
        job.deadline = deadline.map(Time);
    }
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.overdue_jobs(Time(9), Time(0), 10).await.expect("reads").is_empty());
    assert_eq!(unit.overdue_jobs(Time(30), Time(0), 10).await.expect("reads"), [jobs[2].id, jobs[0].id]);
    assert_eq!(unit.overdue_jobs(Time(30), Time(0), 1).await.expect("reads"), [jobs[2].id]);
}

async fn cancelling_takes_too_long(store: &mut Store) {
    let mut jobs: Vec<_> = (0..3).map(|_| store.job()).collect();
    (jobs[0].state, jobs[0].cancel_time, jobs[0].deadline) = (JobState::Cancelling, Some(Time(20)), Some(Time(5)));
    (jobs[1].state, jobs[1].cancel_time) = (JobState::Cancelling, Some(Time(10)));
    store.write(Batch { jobs_started: jobs.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.overdue_jobs(Time(0), Time(10), 10).await.expect("reads").is_empty(), "since before, not since");
    assert_eq!(unit.overdue_jobs(Time(0), Time(15), 10).await.expect("reads"), [jobs[1].id]);
    // Both ways overdue is one job.
    assert_eq!(unit.overdue_jobs(Time(9), Time(30), 10).await.expect("reads"), [jobs[0].id, jobs[1].id]);
}

async fn ended_jobs_are_not_overdue(store: &mut Store) {
    let mut job = store.job();
    (job.deadline, job.cancel_time, job.state) = (Some(Time(5)), Some(Time(1)), JobState::Cancelling);
    store.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    (job.state, job.end_time, job.revision) = (JobState::Cancelled, Some(Time(9)), 2);
    store.write(Batch { jobs_changed: vec![job], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.overdue_jobs(Time(99), Time(99), 10).await.expect("reads").is_empty());
    assert_eq!(unit.next_due().await.expect("reads"), None);
}

async fn the_next_time_is_the_least_of_all(store: &mut Store) {
    assert_eq!(store.unit().await.next_due().await.expect("reads"), None);
    let (mut job, tasks) = (store.job(), [0; 4].map(|_| store.any_task()));
    job.deadline = Some(Time(100));
    store.write(Batch { jobs_started: vec![job], ..Batch::default() }).await;
    assert_eq!(store.unit().await.next_due().await.expect("reads"), Some(Time(100)));
    store.write(Batch { leased: vec![leased(&tasks[0], 1, 90)], ..Batch::default() }).await;
    assert_eq!(store.unit().await.next_due().await.expect("reads"), Some(Time(90)));
    let mut lease = leased(&tasks[1], 1, 95);
    lease.timeout_time = Some(Time(80));
    store.write(Batch { leased: vec![lease], ..Batch::default() }).await;
    assert_eq!(store.unit().await.next_due().await.expect("reads"), Some(Time(80)));
    let rows = vec![parked(&tasks[2], WaitReason::Join, None), parked(&tasks[3], WaitReason::Delayed, Some(-70))];
    store.write(Batch { parked: rows, ..Batch::default() }).await;
    assert_eq!(store.unit().await.next_due().await.expect("reads"), Some(Time(-70)));
}
