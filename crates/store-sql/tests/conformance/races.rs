//! Two coordinators over one PostgreSQL database, each with a unit open. On SQLite the second one would not have begun.

use crate::fixture::{LANE, Store, acme, behind, kind, leased, postgres_url, queued, store, taken};
use esteira_model::{Task, TaskId, Time};
use esteira_store::{AnsweredRequest, Batch, Hot, Kind, LivePlace, Result, Unit};
use futures::future::BoxFuture;
use sqlx::{ConnectOptions, PgConnection, postgres::PgConnectOptions};
use std::{str::FromStr, time::Duration};
use tokio::task::JoinHandle;

const KEY: &str = "acme/order/n-1";

/// Watches the database for units that wait.
pub struct Observer(PgConnection);

/// Two stores over one database.
pub async fn two() -> (Store, Store, Observer) {
    let url = postgres_url().await;
    let observer = PgConnectOptions::from_str(&url).expect("a URL").connect().await.expect("connects");
    (store(&url, None).await, store(&url, None).await, Observer(observer))
}

impl Observer {
    /// Returns when a statement waits for a lock.
    pub async fn blocked(&mut self) {
        const WAITING: &str =
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()";
        for _ in 0..1000 {
            let (waiting,): (i64,) = sqlx::query_as(WAITING).fetch_one(&mut self.0).await.expect("asks");
            if waiting > 0 {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nobody waits for a lock");
    }
}

/// Runs a unit at the same time as others, and commits it.
pub fn at_once<T: Send + 'static>(
    mut store: Store,
    work: impl for<'u> FnOnce(&'u mut dyn Unit) -> BoxFuture<'u, Result<T>> + Send + 'static,
) -> JoinHandle<Result<T>> {
    tokio::spawn(async move {
        let mut unit = store.writer.begin().await?;
        let done = work(&mut *unit).await?;
        unit.commit().await?;
        Ok(done)
    })
}

/// What came of it.
pub async fn end<T>(handle: JoinHandle<Result<T>>) -> Result<T> {
    handle.await.expect("the unit ran")
}

#[tokio::test]
async fn two_claims_never_meet() {
    let (mut a, mut b, _) = two().await;
    let tasks: Vec<Task> = (0..5).map(|_| a.any_task()).collect();
    a.write(Batch { queued: tasks.iter().map(|t| queued(t, LANE, 0)).collect(), ..Batch::default() }).await;
    let ids = |claimed: Vec<esteira_store::Claimed>| claimed.into_iter().map(|c| c.task.id).collect::<Vec<_>>();
    let expected: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    let (mut first, mut second) = (a.unit().await, b.unit().await);
    assert_eq!(ids(first.claim(LANE, 2).await.expect("claims")), expected[..2]);
    assert_eq!(ids(second.claim(LANE, 2).await.expect("does not wait")), expected[2..4]);
    second.commit().await.expect("commits");
    drop(first);
    // What was rolled back comes again.
    let mut third = a.unit().await;
    assert_eq!(ids(third.claim(LANE, 9).await.expect("claims")), [expected[0], expected[1], expected[4]]);
}

/// A control or a report that comes while a claim moves a task from the queue to a lease sees the task in its new place.
#[tokio::test]
async fn a_claim_under_way_is_waited_for() {
    for by_id in [false, true] {
        let (mut a, b, mut observer) = two().await;
        let task = a.any_task();
        a.write(Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await;
        let (job, id) = (task.job, task.id);
        let mut claim = a.unit().await;
        let claimed = claim.claim(LANE, 1).await.expect("claims").remove(0);
        let control = at_once(b, move |unit| {
            Box::pin(async move {
                match by_id {
                    true => unit.live_tasks(&[(job, id)]).await,
                    false => unit.live_tasks_of_job(job).await,
                }
            })
        });
        observer.blocked().await;
        let leased = vec![leased(&claimed.task, 7, 99)];
        claim.write(&Batch { leased, ..Batch::default() }).await.expect("written");
        claim.commit().await.expect("commits");
        let seen = end(control).await.expect("reads");
        assert_eq!(seen.len(), 1, "by id: {by_id}");
        assert!(matches!(&seen[0].place, LivePlace::Leased(lease) if lease.task.fence == 7));
    }
}

/// Two decisions on one job come one after the other, and the second sees what the first did.
#[tokio::test]
async fn a_job_is_decided_on_by_one_unit() {
    let (mut a, b, mut observer) = two().await;
    let job = a.job();
    a.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    let id = job.id;
    let mut first = a.unit().await;
    first.jobs(&[id]).await.expect("reads");
    let second = at_once(b, move |unit| Box::pin(async move { unit.jobs(&[id]).await }));
    observer.blocked().await;
    let changed = esteira_model::Job { revision: 2, note: "changed".into(), ..job };
    first.write(&Batch { jobs_changed: vec![changed.clone()], ..Batch::default() }).await.expect("written");
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("reads"), [changed]);
}

/// A claim never waits for whoever is deciding on the job, and sees what is committed.
#[tokio::test]
async fn a_grant_does_not_wait_for_the_job() {
    let (mut a, mut b, _) = two().await;
    let job = a.job();
    a.write(Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await;
    let mut first = a.unit().await;
    first.jobs(&[job.id]).await.expect("reads");
    let changed = esteira_model::Job { revision: 2, note: "changed".into(), ..job.clone() };
    first.write(&Batch { jobs_changed: vec![changed], ..Batch::default() }).await.expect("written");
    assert_eq!(b.unit().await.jobs_unlocked(&[job.id]).await.expect("does not wait"), [job]);
}

/// A task is taken once (INV-FENCE): who comes second waits, and is told.
#[tokio::test]
async fn two_units_take_one_lease() {
    let (mut a, b, mut observer) = two().await;
    let lease = leased(&a.any_task(), 3, 9);
    a.write(Batch { leased: vec![lease.clone()], ..Batch::default() }).await;
    let batch = move || Batch { taken: vec![taken(&lease.task, Hot::Lease)], ..Batch::default() };
    let mut first = a.unit().await;
    first.write(&batch()).await.expect("written");
    let second = at_once(b, move |unit| Box::pin(async move { unit.write(&batch()).await }));
    observer.blocked().await;
    first.commit().await.expect("commits");
    assert_eq!(kind(end(second).await), Kind::Conflict);
}

/// INV-REPLAY: of two requests with one id one is answered, and the other one learns of it.
#[tokio::test]
async fn a_request_is_answered_by_one_unit() {
    for commits in [true, false] {
        let (mut a, b, mut observer) = two().await;
        let request = AnsweredRequest {
            account: acme(),
            request_id: "r".into(),
            digest: [1; 32],
            answer: Vec::new(),
            time: Time(1),
        };
        let batch = move || Batch { requests: vec![request.clone()], ..Batch::default() };
        let mut first = a.unit().await;
        first.write(&batch()).await.expect("written");
        let second = at_once(b, move |unit| Box::pin(async move { unit.write(&batch()).await }));
        observer.blocked().await;
        match commits {
            true => {
                first.commit().await.expect("commits");
                assert_eq!(kind(end(second).await), Kind::Duplicate);
            }
            false => {
                drop(first);
                end(second).await.expect("the first one left nothing");
            }
        }
    }
}

/// Two units that want each other's job do not wait for ever.
#[tokio::test]
async fn a_deadlock_is_a_conflict() {
    let (mut a, b, mut observer) = two().await;
    let jobs = [a.job(), a.job()];
    a.write(Batch { jobs_started: jobs.to_vec(), ..Batch::default() }).await;
    let [x, y] = jobs.map(|job| job.id);
    let mut first = a.unit().await;
    first.jobs(&[x]).await.expect("reads");
    let second = at_once(b, move |unit| {
        Box::pin(async move {
            unit.jobs(&[y]).await?;
            unit.jobs(&[x]).await
        })
    });
    observer.blocked().await;
    let mine = first.jobs(&[y]).await.map(drop);
    let lost = mine.is_err();
    if lost {
        assert_eq!(kind(mine), Kind::Conflict);
        assert_eq!(kind(first.commit().await), Kind::Conflict, "the unit is lost");
    } else {
        drop(first);
    }
    let theirs = end(second).await;
    assert_eq!(theirs.is_ok(), lost, "one of the two went on");
    if let Err(e) = theirs {
        assert_eq!(e.kind(), Kind::Conflict);
    }
    assert_eq!(a.unit().await.jobs(&[x, y]).await.expect("reads").len(), 2, "the connection goes on");
}

/// `max_in_flight` holds over all coordinators: who counts a lane's leases is the only one to add to them.
#[tokio::test]
async fn a_limited_lane_is_filled_by_one_unit() {
    let (mut a, mut b, mut observer) = two().await;
    let tasks: Vec<Task> = (0..2).map(|_| a.any_task()).collect();
    a.write(Batch { queued: tasks.iter().map(|t| queued(t, LANE, 0)).collect(), ..Batch::default() }).await;
    let mut first = a.unit().await;
    assert_eq!(first.leases_in_lane(LANE).await.expect("reads"), 0);
    assert_eq!(b.unit().await.leases_in_lane("acme/other").await.expect("another lane does not wait"), 0);
    let second = at_once(b, |unit| Box::pin(unit.leases_in_lane(LANE)));
    observer.blocked().await;
    let claimed = first.claim(LANE, 1).await.expect("claims").remove(0);
    first.write(&Batch { leased: vec![leased(&claimed.task, 1, 9)], ..Batch::default() }).await.expect("written");
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("reads"), 1);
}

#[tokio::test]
async fn an_aggregate_is_taken_by_one_unit() {
    let (mut a, b, mut observer) = two().await;
    let [x, y] = [0; 2].map(|_| a.any_task());
    let mut first = a.unit().await;
    assert_eq!(first.take_aggregate(KEY, x.job, x.id).await.expect("asks"), Some(0));
    let second = at_once(b, move |unit| Box::pin(unit.take_aggregate(KEY, y.job, y.id)));
    observer.blocked().await;
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("asks"), None);
}

/// A task that finds the key busy and begins to wait is not overlooked by a holder that passes the key on meanwhile.
#[tokio::test]
async fn who_begins_to_wait_is_served() {
    let (mut a, b, mut observer) = two().await;
    let [holder, late] = [0; 2].map(|_| a.any_task());
    let mut unit = a.unit().await;
    unit.take_aggregate(KEY, holder.job, holder.id).await.expect("asks");
    unit.commit().await.expect("commits");

    let mut first = a.unit().await;
    assert_eq!(first.take_aggregate(KEY, late.job, late.id).await.expect("asks"), None);
    let second = at_once(b, move |unit| Box::pin(unit.pass_aggregate(KEY, holder.id)));
    observer.blocked().await;
    first.write(&Batch { parked: vec![behind(&late, KEY)], ..Batch::default() }).await.expect("written");
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("passes"), Some((late.job, late.id)));
}

/// The other way round: who asks while the key is passed on gets it when nobody waits.
#[tokio::test]
async fn who_asks_while_the_key_is_freed_gets_it() {
    let (mut a, b, mut observer) = two().await;
    let [holder, late] = [0; 2].map(|_| a.any_task());
    let mut unit = a.unit().await;
    unit.take_aggregate(KEY, holder.job, holder.id).await.expect("asks");
    unit.commit().await.expect("commits");

    let mut first = a.unit().await;
    assert_eq!(first.pass_aggregate(KEY, holder.id).await.expect("passes"), None);
    let second = at_once(b, move |unit| Box::pin(unit.take_aggregate(KEY, late.job, late.id)));
    observer.blocked().await;
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("asks"), Some(0));
}

/// A task that stops waiting, for example with its job, is not made the holder by a unit that has not seen it go.
#[tokio::test]
async fn who_stops_waiting_is_passed_over() {
    let (mut a, b, mut observer) = two().await;
    let [holder, leaving, next] = [0; 3].map(|_| a.any_task());
    let mut unit = a.unit().await;
    unit.take_aggregate(KEY, holder.job, holder.id).await.expect("asks");
    let parked = vec![behind(&leaving, KEY), behind(&next, KEY)];
    unit.write(&Batch { parked, ..Batch::default() }).await.expect("written");
    unit.commit().await.expect("commits");

    let mut first = a.unit().await;
    assert_eq!(first.pass_aggregate(KEY, leaving.id).await.expect("passes"), None, "it does not hold the key");
    let second = at_once(b, move |unit| Box::pin(unit.pass_aggregate(KEY, holder.id)));
    observer.blocked().await;
    first.write(&Batch { taken: vec![taken(&leaving, Hot::Parked)], ..Batch::default() }).await.expect("written");
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("passes"), Some((next.job, next.id)));
}

/// Who finds others waiting holds the key's row as well: they may all be gone by the time that the key is passed on.
#[tokio::test]
async fn who_begins_to_wait_behind_others_is_served_without_them() {
    let (mut a, mut b, mut observer) = two().await;
    let [holder, leaving, late] = [0; 3].map(|_| a.any_task());
    let mut unit = a.unit().await;
    unit.take_aggregate(KEY, holder.job, holder.id).await.expect("asks");
    unit.write(&Batch { parked: vec![behind(&leaving, KEY)], ..Batch::default() }).await.expect("written");
    unit.commit().await.expect("commits");

    let mut first = a.unit().await;
    assert_eq!(first.take_aggregate(KEY, late.job, late.id).await.expect("asks"), None);
    b.write(Batch { taken: vec![taken(&leaving, Hot::Parked)], ..Batch::default() }).await;
    let second = at_once(b, move |unit| Box::pin(unit.pass_aggregate(KEY, holder.id)));
    observer.blocked().await;
    first.write(&Batch { parked: vec![behind(&late, KEY)], ..Batch::default() }).await.expect("written");
    first.commit().await.expect("commits");
    assert_eq!(end(second).await.expect("passes"), Some((late.job, late.id)));
}
