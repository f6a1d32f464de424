//! Units of work: all or nothing, and what others see meanwhile.

use crate::fixture::{LANE, Store, acme, ended, kind, leased, parked, queued, taken};
use esteira_model::{Payload, TaskState, WaitReason};
use esteira_store::{Batch, Hot, Kind, Taken};

conformance! {
    begin: one_unit_after_the_other, a_forgotten_unit_is_rolled_back;
    commit: committed_rows_are_seen_by_readers, a_dropped_unit_is_rolled_back, a_failed_unit_cannot_commit;
    write: the_unit_sees_its_own_rows, a_row_that_is_not_there_undoes_the_round, a_stale_fence_undoes_the_round,
        each_size_of_round_is_written, mixed_sizes_are_one_round, taken_goes_before_placed, an_empty_round_writes_nothing,
        a_row_that_is_there_already_is_a_duplicate, a_cancelled_write_is_rolled_back;
}

async fn one_unit_after_the_other(store: &mut Store) {
    for _ in 0..3 {
        let unit = store.unit().await;
        unit.commit().await.expect("an empty unit commits");
    }
    let unit = store.unit().await;
    drop(unit);
    store.unit().await.commit().await.expect("commits after a drop");
}

async fn a_forgotten_unit_is_rolled_back(store: &mut Store) {
    let task = store.any_task();
    let mut unit = store.unit().await;
    unit.write(&Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await.expect("written");
    std::mem::forget(unit);
    let mut unit = store.unit().await;
    assert!(unit.lanes().await.expect("reads").is_empty());
}

/// INV-ONE-TX: nothing of a unit is seen before its commit, and all of it after.
async fn committed_rows_are_seen_by_readers(store: &mut Store) {
    let (job, reader) = (store.job(), store.reader.clone());
    let mut unit = store.unit().await;
    unit.write(&Batch { jobs_started: vec![job.clone()], ..Batch::default() }).await.expect("written");
    assert_eq!(reader.job(&acme(), job.id).await.expect("reads"), None, "before the commit");
    unit.commit().await.expect("commits");
    assert_eq!(reader.job(&acme(), job.id).await.expect("reads"), Some(job));
}

async fn a_dropped_unit_is_rolled_back(store: &mut Store) {
    let (job, task) = (store.job(), store.any_task());
    let mut unit = store.unit().await;
    let batch = Batch { jobs_started: vec![job.clone()], queued: vec![queued(&task, LANE, 0)], ..Batch::default() };
    unit.write(&batch).await.expect("written");
    assert_eq!(unit.lanes().await.expect("reads"), [LANE]);
    drop(unit);
    let mut unit = store.unit().await;
    assert!(unit.lanes().await.expect("reads").is_empty());
    assert!(unit.jobs(&[job.id]).await.expect("reads").is_empty());
    // The same rows can be written now: nothing of them is left.
    unit.write(&batch).await.expect("written");
    unit.commit().await.expect("commits");
}

async fn a_failed_unit_cannot_commit(store: &mut Store) {
    let task = store.any_task();
    let mut unit = store.unit().await;
    unit.write(&Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await.expect("written");
    let missing = store_taken(&task, 9, Hot::Lease);
    assert_eq!(kind(unit.write(&Batch { taken: vec![missing], ..Batch::default() }).await), Kind::Conflict);
    assert_eq!(kind(unit.lanes().await), Kind::Conflict, "a failed unit answers nothing more");
    assert_eq!(kind(unit.commit().await), Kind::Conflict);
    assert!(
        store.unit().await.lanes().await.expect("reads").is_empty(),
        "what was written before the failure is undone too"
    );
}

fn store_taken(task: &esteira_model::Task, fence: i64, from: Hot) -> Taken {
    Taken { job: task.job, task: task.id, fence, from }
}

async fn the_unit_sees_its_own_rows(store: &mut Store) {
    let task = store.any_task();
    let mut unit = store.unit().await;
    unit.write(&Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await.expect("written");
    assert_eq!(unit.live_tasks(&[(task.job, task.id)]).await.expect("reads")[0].task, task);
}

/// Whatever a round holds, a `Taken` of a row that is not there undoes all of it.
async fn a_row_that_is_not_there_undoes_the_round(store: &mut Store) {
    for from in [Hot::Queue, Hot::Parked, Hot::Lease] {
        let (job, there, missing) = (store.job(), store.any_task(), store.any_task());
        store.write(Batch { queued: vec![queued(&there, LANE, 0)], ..Batch::default() }).await;
        let batch = Batch {
            jobs_started: vec![job.clone()],
            taken: vec![taken(&there, Hot::Queue), taken(&missing, from)],
            ended: vec![ended(&there, TaskState::Succeeded, &[], true)],
            ..Batch::default()
        };
        assert_eq!(kind(store.try_write(batch).await), Kind::Conflict, "{from:?}");
        let mut unit = store.unit().await;
        assert!(unit.jobs(&[job.id]).await.expect("reads").is_empty(), "{from:?}");
        assert!(unit.ended_tasks(&[(there.job, there.id)]).await.expect("reads").is_empty(), "{from:?}");
        assert_eq!(unit.live_tasks(&[(there.job, there.id)]).await.expect("reads").len(), 1, "{from:?}");
    }
}

/// INV-FENCE: a row that was granted anew is not the row of the decision.
async fn a_stale_fence_undoes_the_round(store: &mut Store) {
    let task = store.any_task();
    let lease = leased(&task, 7, 100);
    store.write(Batch { leased: vec![lease.clone()], ..Batch::default() }).await;
    for stale in [0, 6, 8] {
        let batch = Batch { taken: vec![store_taken(&task, stale, Hot::Lease)], ..Batch::default() };
        assert_eq!(kind(store.try_write(batch).await), Kind::Conflict, "fence {stale}");
    }
    store.write(Batch { taken: vec![taken(&lease.task, Hot::Lease)], ..Batch::default() }).await;
    // Taken once: the second decision on the same grant loses.
    let again = Batch { taken: vec![taken(&lease.task, Hot::Lease)], ..Batch::default() };
    assert_eq!(kind(store.try_write(again).await), Kind::Conflict);
}

async fn each_size_of_round_is_written(store: &mut Store) {
    // Sizes around the powers of two in which an adapter may cut its lists.
    for size in [1usize, 2, 3, 5, 100, 256, 257, 600] {
        let tasks: Vec<_> = (0..size).map(|_| store.any_task()).collect();
        let ids: Vec<_> = tasks.iter().map(|task| (task.job, task.id)).collect();
        store
            .write(Batch { queued: tasks.iter().map(|task| queued(task, LANE, 0)).collect(), ..Batch::default() })
            .await;
        store
            .write(Batch {
                taken: tasks.iter().map(|task| taken(task, Hot::Queue)).collect(),
                leased: tasks.iter().map(|task| leased(task, 4, 9)).collect(),
                ..Batch::default()
            })
            .await;
        let mut unit = store.unit().await;
        let mut found: Vec<_> = unit.live_tasks(&ids).await.expect("reads");
        found.sort_by_key(|live| live.task.id);
        assert!(found.iter().map(|live| (live.task.job, live.task.id)).eq(ids.iter().copied()), "{size} rows");
        let batch = Batch {
            taken: found.iter().map(|live| taken(&live.task, Hot::Lease)).collect(),
            ended: found.iter().map(|live| ended(&live.task, TaskState::Succeeded, &[1], false)).collect(),
            ..Batch::default()
        };
        unit.write(&batch).await.expect("written");
        assert_eq!(unit.ended_tasks(&ids).await.expect("reads").len(), size);
        assert!(unit.live_tasks(&ids).await.expect("reads").is_empty());
        unit.commit().await.expect("commits");
    }
}

/// A round of a few rows and one of many are the same to the caller, whatever the mixture.
async fn mixed_sizes_are_one_round(store: &mut Store) {
    let job = store.job();
    let mut tasks = Vec::new();
    for (leave, come) in [(0, 16), (1, 3), (3, 17), (16, 1), (5, 40), (0, 0), (52, 0)] {
        let mut arriving: Vec<_> = (0..come).map(|_| store.task(job.id)).collect();
        let leaving: Vec<_> = tasks.drain(..leave).collect();
        let batch = Batch {
            artifacts: (0..leave).map(|_| store.artifact(Payload::json("1"))).collect(),
            taken: leaving.iter().map(|task| taken(task, Hot::Queue)).collect(),
            queued: arriving.iter().map(|task| queued(task, LANE, 0)).collect(),
            ended: leaving.iter().map(|task| ended(task, TaskState::Succeeded, &[], true)).collect(),
            ..Batch::default()
        };
        store.write(batch).await;
        tasks.append(&mut arriving);
        let mut unit = store.unit().await;
        let live = unit.live_tasks_of_job(job.id).await.expect("reads");
        assert!(live.iter().map(|live| live.task.id).eq(tasks.iter().map(|task| task.id)), "{leave} left, {come} came");
        let ids: Vec<_> = leaving.iter().map(|task| (task.job, task.id)).collect();
        assert_eq!(unit.ended_tasks(&ids).await.expect("reads").len(), leave);
        drop(unit);
        // The last of them is missing: nothing of the round remains, in small rounds as in large ones.
        let missing = store.any_task();
        let batch = Batch {
            taken: tasks.iter().chain([&missing]).map(|task| taken(task, Hot::Queue)).collect(),
            queued: vec![queued(&store.any_task(), "acme/never", 0)],
            ..Batch::default()
        };
        assert_eq!(kind(store.try_write(batch).await), Kind::Conflict);
        let mut unit = store.unit().await;
        assert_eq!(unit.live_tasks_of_job(job.id).await.expect("reads").len(), tasks.len());
        assert!(!unit.lanes().await.expect("reads").contains(&"acme/never".to_owned()));
    }
}

/// A task moves within one round: out of its old place, into the next one.
async fn taken_goes_before_placed(store: &mut Store) {
    let task = store.any_task();
    store.write(Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await;
    let moves = [
        (Hot::Queue, Batch { queued: vec![queued(&task, "acme/other", 1)], ..Batch::default() }),
        (Hot::Queue, Batch { parked: vec![parked(&task, WaitReason::Paused, None)], ..Batch::default() }),
        (Hot::Parked, Batch { parked: vec![parked(&task, WaitReason::RetryBackoff, Some(5))], ..Batch::default() }),
        (Hot::Parked, Batch { leased: vec![leased(&task, 1, 5)], ..Batch::default() }),
    ];
    for (from, batch) in moves {
        store.write(Batch { taken: vec![taken(&task, from)], ..batch }).await;
        assert_eq!(store.unit().await.live_tasks_of_job(task.job).await.expect("reads").len(), 1);
    }
}

async fn an_empty_round_writes_nothing(store: &mut Store) {
    store.write(Batch::default()).await;
    let mut unit = store.unit().await;
    assert!(unit.jobs(&[]).await.expect("reads").is_empty());
    assert!(unit.live_tasks(&[]).await.expect("reads").is_empty());
}

async fn a_row_that_is_there_already_is_a_duplicate(store: &mut Store) {
    let (job, task) = (store.job(), store.any_task());
    let batch = || Batch { jobs_started: vec![job.clone()], ..Batch::default() };
    store.write(batch()).await;
    assert_eq!(kind(store.try_write(batch()).await), Kind::Duplicate);
    let batch = || Batch { ended: vec![ended(&task, TaskState::Failed, &[], false)], ..Batch::default() };
    store.write(batch()).await;
    assert_eq!(kind(store.try_write(batch()).await), Kind::Duplicate, "INV-APPEND: history is never overwritten");
}

/// A caller that goes away in the middle of a verb leaves nothing behind, whatever the moment.
async fn a_cancelled_write_is_rolled_back(store: &mut Store) {
    use futures::FutureExt;
    let tasks: Vec<_> = (0..50).map(|_| store.any_task()).collect();
    let batch = Batch {
        queued: tasks.iter().map(|task| queued(task, LANE, 0)).collect(),
        ended: tasks.iter().map(|task| ended(task, TaskState::Succeeded, &[], true)).collect(),
        ..Batch::default()
    };
    for polls in 0..6 {
        let mut unit = store.unit().await;
        let mut write = unit.write(&batch).boxed();
        for _ in 0..polls {
            if futures::poll!(&mut write).is_ready() {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(write);
        drop(unit);
        let mut unit = store.unit().await;
        assert!(unit.lanes().await.expect("reads").is_empty(), "after {polls} polls");
    }
    // The same at the begin.
    for _ in 0..5 {
        let _ = store.writer.begin().now_or_never();
        store.unit().await.commit().await.expect("commits");
    }
    store.write(batch).await;
}
