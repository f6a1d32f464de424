//! A differential oracle: the same operations on a store and on a plain model in memory give the same answers.
//!
//! The model says what the verbs of the three hot tables mean, in a few lines each; the operations are random, and a
//! failure is shrunk to the fewest that show it.

use crate::fixture::{Store, acme, leased, parked, postgres_database, queued, sqlite_memory, store};
use crate::ledger::ledger_page;
use crate::model::{KEY, LANES, Model, Place};
use esteira_model::{JobId, Task, Time, Uuid, WaitReason};
use esteira_store::{Batch, Beat, LivePlace, Taken, Unit};
use proptest::{prelude::*, test_runner::TestRunner};
use std::time::Duration;
use tokio::runtime::Runtime;

/// One operation. Tasks are chosen by number, modulo those there are.
#[derive(Debug, Clone)]
enum Operation {
    Queue {
        lane: usize,
        rank: i32,
    },
    Park {
        due: Option<i64>,
        behind: bool,
    },
    Claim {
        lane: usize,
        limit: usize,
        expire: i64,
        timeout: Option<i64>,
    },
    Beat {
        task: usize,
        stale: bool,
        expire: i64,
    },
    Requeue {
        task: usize,
        stale: bool,
        lane: usize,
        rank: i32,
    },
    Repark {
        task: usize,
        due: Option<i64>,
    },
    End {
        task: usize,
    },
    Take {
        task: usize,
    },
    Pass {
        task: usize,
    },
    Ask {
        now: i64,
        limit: usize,
    },
    /// Leaves on a page of their own.
    Record {
        leaves: usize,
    },
    /// Undoes everything since the last commit.
    Rollback,
    Commit,
}

fn operation() -> impl Strategy<Value = Operation> {
    let (task, lane, rank, time) = (0..64usize, 0..3usize, -2..3i32, 0..20i64);
    let due = || prop::option::of(0..20i64);
    prop_oneof![
        4 => (lane.clone(), rank.clone()).prop_map(|(lane, rank)| Operation::Queue { lane, rank }),
        2 => (due(), any::<bool>()).prop_map(|(due, behind)| Operation::Park { due, behind }),
        4 => (lane.clone(), 0..4usize, time.clone(), due())
            .prop_map(|(lane, limit, expire, timeout)| Operation::Claim { lane, limit, expire, timeout }),
        2 => (task.clone(), any::<bool>(), time.clone())
            .prop_map(|(task, stale, expire)| Operation::Beat { task, stale, expire }),
        2 => (task.clone(), prop::bool::weighted(0.2), lane, rank)
            .prop_map(|(task, stale, lane, rank)| Operation::Requeue { task, stale, lane, rank }),
        2 => (task.clone(), due()).prop_map(|(task, due)| Operation::Repark { task, due }),
        2 => task.clone().prop_map(|task| Operation::End { task }),
        2 => task.clone().prop_map(|task| Operation::Take { task }),
        2 => task.prop_map(|task| Operation::Pass { task }),
        3 => (time, 0..5usize).prop_map(|(now, limit)| Operation::Ask { now, limit }),
        2 => (0..4usize).prop_map(|leaves| Operation::Record { leaves }),
        1 => Just(Operation::Rollback),
        2 => Just(Operation::Commit),
    ]
}

fn parked_row(task: &Task, due: Option<i64>, behind: bool) -> esteira_store::Parked {
    let row = parked(task, if behind { WaitReason::AggregateBusy } else { WaitReason::RetryBackoff }, due);
    esteira_store::Parked { behind: behind.then(|| KEY.to_owned()), ..row }
}

fn take(task: &Task, place: &Place, stale: bool) -> Vec<Taken> {
    vec![Taken { job: task.job, task: task.id, fence: task.fence + i64::from(stale), from: place.hot() }]
}

/// Does one operation on both and compares the answers. `false` when the unit is lost and both must be undone.
async fn step(unit: &mut dyn Unit, model: &mut Model, new_task: Task, operation: &Operation) -> bool {
    match operation.clone() {
        Operation::Queue { lane, rank } => {
            let row = queued(&new_task, LANES[lane], rank);
            unit.write(&Batch { queued: vec![row], ..Batch::default() }).await.expect("written");
            model.place(new_task, Place::Queue { lane: LANES[lane], rank });
        }
        Operation::Park { due, behind } => {
            let row = parked_row(&new_task, due, behind);
            unit.write(&Batch { parked: vec![row], ..Batch::default() }).await.expect("written");
            model.park(new_task, due, behind);
        }
        Operation::Claim { lane, limit, expire, timeout } => {
            claim(unit, model, LANES[lane], limit, expire, timeout).await
        }
        Operation::Beat { task, stale, expire } => {
            let Some((task, place)) = model.choose(task) else { return true };
            beat(unit, model, task, place, stale, expire).await;
        }
        Operation::Requeue { task, stale, lane, rank } => {
            let Some((task, place)) = model.choose(task) else { return true };
            let batch = Batch {
                taken: take(&task, &place, stale),
                queued: vec![queued(&task, LANES[lane], rank)],
                ..Batch::default()
            };
            assert_eq!(unit.write(&batch).await.is_err(), stale);
            if stale {
                return false;
            }
            model.place(task, Place::Queue { lane: LANES[lane], rank });
        }
        Operation::Repark { task, due } => {
            let Some((task, place)) = model.choose(task) else { return true };
            let batch = Batch {
                taken: take(&task, &place, false),
                parked: vec![parked_row(&task, due, false)],
                ..Batch::default()
            };
            unit.write(&batch).await.expect("written");
            model.park(task, due, false);
        }
        Operation::End { task } => {
            let Some((task, place)) = model.choose(task) else { return true };
            unit.write(&Batch { taken: take(&task, &place, false), ..Batch::default() }).await.expect("written");
            model.tasks.remove(&task.id);
        }
        Operation::Take { task } => {
            let Some((task, _)) = model.choose(task) else { return true };
            let mine = model.holder == Some(task.id);
            let free = model.holder.is_none() && model.waiting().iter().all(|id| *id == task.id);
            let taken = unit.take_aggregate(KEY, task.job, task.id).await.expect("asks");
            assert_eq!(taken.is_some(), mine || free);
            if taken.is_some() {
                model.holder = Some(task.id);
            }
        }
        Operation::Pass { task } => {
            let Some((task, _)) = model.choose(task) else { return true };
            let next = if model.holder == Some(task.id) {
                model.holder = model.waiting().into_iter().find(|id| *id != task.id);
                model.holder
            } else {
                None
            };
            assert_eq!(unit.pass_aggregate(KEY, task.id).await.expect("passes").map(|(_, id)| id), next);
        }
        Operation::Ask { now, limit } => ask(unit, model, now, limit).await,
        Operation::Record { leaves } => {
            // Ids of pages never come twice, nor do fences: they have one source here.
            model.fences += 1;
            let bodies: Vec<Vec<u8>> = (0..leaves).map(|i| vec![i as u8; i]).collect();
            let page = ledger_page(model.fences, &bodies.iter().map(Vec::as_slice).collect::<Vec<_>>());
            unit.append_leaves(std::slice::from_ref(&page)).await.expect("appended");
            model.pages.insert(page.id, page);
        }
        Operation::Rollback | Operation::Commit => {}
    }
    true
}

async fn claim(
    unit: &mut dyn Unit,
    model: &mut Model,
    lane: &'static str,
    limit: usize,
    expire: i64,
    timeout: Option<i64>,
) {
    let claimed = unit.claim(lane, limit).await.expect("claims");
    let expected: Vec<_> = model.claimable(lane).into_iter().take(limit).collect();
    assert!(claimed.iter().map(|c| (c.rank, c.task.id)).eq(expected));
    let mut rows = Vec::new();
    for claimed in claimed {
        assert_eq!(Some(&claimed.task), model.tasks.get(&claimed.task.id).map(|(task, _)| task));
        model.fences += 1;
        let mut row = leased(&claimed.task, model.fences, expire);
        (row.lane, row.timeout_time) = (lane.to_owned(), timeout.map(Time));
        model.place(row.task.clone(), Place::Lease { lane, expire, timeout });
        rows.push(row);
    }
    unit.write(&Batch { leased: rows, ..Batch::default() }).await.expect("written");
}

async fn beat(unit: &mut dyn Unit, model: &mut Model, task: Task, place: Place, stale: bool, expire: i64) {
    let fence = task.fence - i64::from(stale);
    let (expire_time, ttl) = (Time(expire), Duration::from_secs(1));
    let beats = [Beat { job: task.job, task: task.id, fence, expire_time, ttl, checkpoint: None }];
    let extended = unit.extend_leases(&beats).await.expect("extends");
    match place {
        Place::Lease { lane, timeout, .. } if !stale => {
            assert_eq!(extended, [(task.job, task.id)]);
            model.place(task, Place::Lease { lane, expire, timeout });
        }
        _ => assert!(extended.is_empty()),
    }
}

async fn ask(unit: &mut dyn Unit, model: &Model, now: i64, limit: usize) {
    let due = unit.due_tasks(Time(now), limit).await.expect("reads");
    assert!(due.iter().map(|(_, id)| *id).eq(model.due(now).into_iter().take(limit)));
    let overdue = unit.overdue_leases(Time(now), limit).await.expect("reads");
    let expected = model.overdue(now).into_iter().take(limit).map(|(_, id, out)| (id, out));
    assert!(overdue.iter().map(|(_, id, _, out)| (*id, *out)).eq(expected));
    assert_eq!(unit.next_due().await.expect("reads"), model.next_due().map(Time));
}

/// Everything that the store has, compared with everything that the model has.
async fn compare(unit: &mut dyn Unit, model: &Model, jobs: &[JobId]) {
    let mut live = Vec::new();
    for job in jobs {
        live.append(&mut unit.live_tasks_of_job(*job).await.expect("reads"));
    }
    live.sort_by_key(|live| live.task.id);
    assert!(live.iter().map(|live| &live.task).eq(model.tasks.values().map(|(task, _)| task)));
    for (live, (_, place)) in live.iter().zip(model.tasks.values()) {
        let same = match (&live.place, place) {
            (LivePlace::Queued { lane }, Place::Queue { lane: expected, .. }) => lane == expected,
            (LivePlace::Parked { due, .. }, Place::Parked { due: expected, .. }) => due.map(|t| t.0) == *expected,
            (LivePlace::Leased(leased), Place::Lease { expire, .. }) => leased.expire_time.0 == *expire,
            _ => false,
        };
        assert!(same, "{live:?} is not at {place:?}");
    }
    for lane in LANES {
        let expected =
            model.tasks.values().filter(|(_, place)| matches!(place, Place::Lease { lane: l, .. } if *l == lane));
        assert_eq!(unit.leases_in_lane(lane).await.expect("reads"), expected.count());
    }
    let mut lanes = unit.lanes().await.expect("reads");
    lanes.sort();
    assert!(lanes.iter().map(String::as_str).eq(LANES.into_iter().filter(|lane| !model.claimable(lane).is_empty())));
}

async fn run(store: &mut Store, operations: &[Operation]) {
    let jobs = [1u8, 2].map(|byte| JobId(Uuid::from_bytes([byte; 16])));
    let mut model = Model::default();
    let mut remaining = operations.iter().enumerate().peekable();
    while remaining.peek().is_some() {
        let before = model.clone();
        let tasks: Vec<Task> = (0..operations.len()).map(|i| store.task(jobs[i % 2])).collect();
        let mut unit = store.unit().await;
        let mut keep = true;
        for (i, operation) in remaining.by_ref() {
            keep = step(&mut *unit, &mut model, tasks[i].clone(), operation).await
                && !matches!(operation, Operation::Rollback);
            if !keep || matches!(operation, Operation::Commit) {
                break;
            }
        }
        if keep {
            unit.commit().await.expect("commits");
        } else {
            drop(unit);
            // Fences are never given twice, not even those of a unit that was undone.
            model = Model { fences: model.fences, ..before };
        }
        compare(&mut *store.unit().await, &model, &jobs).await;
        let waiting = store.reader.waiting_pages(None, usize::MAX).await.expect("reads");
        assert!(waiting.into_iter().eq(model.pages.values().map(|page| (page.id, page.leaf_count))));
        let ids: Vec<_> = model.pages.keys().copied().collect();
        let mut pages = store.reader.ledger_pages(&ids).await.expect("reads");
        pages.sort_by_key(|page| page.id);
        assert!(pages.iter().eq(model.pages.values()));
    }
    assert!(
        store
            .reader
            .list_jobs(&acme(), &Default::default(), &crate::fixture::page(1))
            .await
            .expect("reads")
            .rows
            .is_empty()
    );
}

/// Runs random operations on stores that `next` gives, each with nothing in it.
fn check(runtime: &Runtime, next: impl AsyncFn() -> Store) {
    let config = ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() };
    let checked = TestRunner::new(config).run(&prop::collection::vec(operation(), 1..80), |operations| {
        runtime.block_on(async { run(&mut next().await, &operations).await });
        Ok(())
    });
    if let Err(e) = checked {
        panic!("{e}");
    }
}

fn runtime() -> Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

#[test]
fn sqlite_agrees_with_the_model() {
    check(&runtime(), sqlite_memory);
}

/// One database for all of them, emptied in between: a new one each would take longer than the operations.
#[test]
fn postgres_agrees_with_the_model() {
    let runtime = runtime();
    let (server, name) = runtime.block_on(postgres_database());
    check(&runtime, async || {
        server.run(&name, "DELETE FROM queue; DELETE FROM parked; DELETE FROM lease; DELETE FROM aggregate_lock; DELETE FROM ledger_page; DELETE FROM ledger_waiting");
        store(&server.url(&name), None).await
    });
}
