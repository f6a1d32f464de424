//! Ready tasks in their lanes.

use crate::fixture::{LANE, Store, leased, parked, queued, taken};
use esteira_model::{TaskId, Time, WaitReason};
use esteira_store::{Batch, Hot, LaneCount};

conformance! {
    claim: lowest_rank_first_then_oldest, a_lane_gives_only_its_own, no_more_than_the_limit,
        what_was_claimed_is_gone, a_claim_that_is_rolled_back_comes_again, claims_see_what_the_unit_queued;
    lanes: lanes_are_listed_while_they_hold_a_task;
    leases_in_lane: leases_are_counted_by_lane;
    lane_counts: counts_are_by_lane;
}

async fn lowest_rank_first_then_oldest(store: &mut Store) {
    let tasks: Vec<_> = (0..6).map(|_| store.any_task()).collect();
    let ranks = [0, -1, 5, -1, i32::MIN, i32::MAX];
    // Written in another order than they were made: age goes by the id, not by the time of the insert.
    let rows = tasks.iter().zip(ranks).rev().map(|(task, rank)| queued(task, LANE, rank)).collect();
    store.write(Batch { queued: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let mut order = Vec::new();
    // Limits that cut through equal ranks, and one that does not.
    for limit in [1, 1, 3, 10] {
        let claimed = unit.claim(LANE, limit).await.expect("claims");
        assert!(claimed.len() <= limit);
        order.extend(claimed.into_iter().map(|c| (c.rank, c.task.id)));
    }
    let expected: Vec<(i32, TaskId)> = [4, 1, 3, 0, 2, 5].map(|i| (ranks[i], tasks[i].id)).into();
    assert_eq!(order, expected);
}

async fn a_lane_gives_only_its_own(store: &mut Store) {
    let (a, b) = (store.any_task(), store.any_task());
    // One lane's name is the beginning of the other's.
    let rows = vec![queued(&a, "acme/work", 0), queued(&b, "acme/work/2", 0)];
    store.write(Batch { queued: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.claim("acme", 10).await.expect("claims").is_empty());
    let claimed = unit.claim("acme/work", 10).await.expect("claims");
    assert_eq!(claimed.len(), 1);
    assert_eq!((&claimed[0].task, claimed[0].lane.as_str(), claimed[0].rank), (&a, "acme/work", 0));
}

async fn no_more_than_the_limit(store: &mut Store) {
    let tasks: Vec<_> = (0..300).map(|_| store.any_task()).collect();
    store.write(Batch { queued: tasks.iter().map(|t| queued(t, LANE, 0)).collect(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.claim(LANE, 0).await.expect("claims").is_empty());
    assert_eq!(unit.claim(LANE, 100).await.expect("claims").len(), 100);
    assert_eq!(unit.claim(LANE, usize::MAX).await.expect("claims").len(), 200);
}

async fn what_was_claimed_is_gone(store: &mut Store) {
    let task = store.any_task();
    store.write(Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.claim(LANE, 5).await.expect("claims").len(), 1);
    assert!(unit.claim(LANE, 5).await.expect("claims").is_empty(), "in the same unit");
    unit.commit().await.expect("commits");
    let mut unit = store.unit().await;
    assert!(unit.claim(LANE, 5).await.expect("claims").is_empty(), "after it");
    assert!(unit.live_tasks(&[(task.job, task.id)]).await.expect("reads").is_empty());
}

/// A claim and the grants that follow from it are one transaction: undone together.
async fn a_claim_that_is_rolled_back_comes_again(store: &mut Store) {
    let task = store.any_task();
    store.write(Batch { queued: vec![queued(&task, LANE, 0)], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let claimed = unit.claim(LANE, 1).await.expect("claims").remove(0);
    unit.write(&Batch { leased: vec![leased(&claimed.task, 1, 9)], ..Batch::default() }).await.expect("written");
    drop(unit);
    let mut unit = store.unit().await;
    assert!(unit.leases().await.expect("reads").is_empty());
    assert_eq!(unit.claim(LANE, 1).await.expect("claims")[0].task, task);
}

async fn claims_see_what_the_unit_queued(store: &mut Store) {
    let (a, b) = (store.any_task(), store.any_task());
    store.write(Batch { parked: vec![parked(&a, WaitReason::Delayed, Some(1))], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let batch = Batch {
        taken: vec![taken(&a, Hot::Parked)],
        queued: vec![queued(&b, LANE, 0), queued(&a, LANE, 0)],
        ..Batch::default()
    };
    unit.write(&batch).await.expect("written");
    let claimed = unit.claim(LANE, 5).await.expect("claims");
    assert!(claimed.iter().map(|c| c.task.id).eq([a.id, b.id]));
}

async fn lanes_are_listed_while_they_hold_a_task(store: &mut Store) {
    assert!(store.unit().await.lanes().await.expect("reads").is_empty());
    let tasks: Vec<_> = (0..5).map(|_| store.any_task()).collect();
    let rows = tasks.iter().zip(["b", "a", "b", "c", "b"]).map(|(task, lane)| queued(task, lane, 0)).collect();
    store.write(Batch { queued: rows, ..Batch::default() }).await;
    let mut unit = store.unit().await;
    let mut lanes = unit.lanes().await.expect("reads");
    lanes.sort();
    assert_eq!(lanes, ["a", "b", "c"]);
    unit.claim("a", 9).await.expect("claims");
    unit.claim("b", 2).await.expect("claims");
    let mut lanes = unit.lanes().await.expect("reads");
    lanes.sort();
    assert_eq!(lanes, ["b", "c"]);
}

async fn leases_are_counted_by_lane(store: &mut Store) {
    let tasks: Vec<_> = (0..3).map(|_| store.any_task()).collect();
    let mut rows: Vec<_> = tasks.iter().map(|task| leased(task, 1, 9)).collect();
    rows[2].lane = "acme/other".into();
    store.write(Batch { leased: rows.clone(), ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.leases_in_lane(LANE).await.expect("reads"), 2);
    assert_eq!(unit.leases_in_lane("acme/other").await.expect("reads"), 1);
    assert_eq!(unit.leases_in_lane("nobody").await.expect("reads"), 0);
    unit.write(&Batch { taken: vec![taken(&rows[0].task, Hot::Lease)], ..Batch::default() }).await.expect("written");
    assert_eq!(unit.leases_in_lane(LANE).await.expect("reads"), 1);
}

async fn counts_are_by_lane(store: &mut Store) {
    assert!(store.reader.lane_counts().await.expect("reads").is_empty());
    let tasks: Vec<_> = (0..4).map(|_| store.any_task()).collect();
    let rows = vec![queued(&tasks[1], "a", -5), queued(&tasks[0], "a", 3), queued(&tasks[2], "b", 0)];
    store.write(Batch { queued: rows, leased: vec![leased(&tasks[3], 1, 9)], ..Batch::default() }).await;
    let count = |lane: &str, ready, leased, oldest: Option<Time>| LaneCount {
        lane: lane.into(),
        ready,
        leased,
        oldest_ready: oldest,
    };
    let expected = [
        count("a", 2, 0, Some(tasks[0].create_time)),
        count(LANE, 0, 1, None),
        count("b", 1, 0, Some(tasks[2].create_time)),
    ];
    assert_eq!(store.reader.lane_counts().await.expect("reads"), expected);
}
