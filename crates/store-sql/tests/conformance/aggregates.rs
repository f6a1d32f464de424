//! Exclusive aggregates: one holder, those who wait in the order of their arrival.

use crate::fixture::{LANE, Store, behind, parked, queued, taken};
use esteira_model::{Task, WaitReason};
use esteira_store::{Batch, Hot};

conformance! {
    take_aggregate: one_task_holds_it, nobody_passes_those_who_wait, the_holder_may_ask_again, keys_are_apart;
    fence_aggregate: fences_rise_for_the_next_holder, a_lower_fence_changes_nothing;
    pass_aggregate: first_come_first_served, only_the_holder_passes_it, a_passed_key_is_busy_until_it_is_passed_on,
        who_left_is_not_served, passing_is_undone_with_its_unit;
}

const KEY: &str = "acme/order/n-1";

async fn take(store: &mut Store, task: &Task) -> Option<i64> {
    let mut unit = store.unit().await;
    let fence = unit.take_aggregate(KEY, task.job, task.id).await.expect("asks");
    unit.commit().await.expect("commits");
    fence
}

async fn pass(store: &mut Store, task: &Task) -> Option<(esteira_model::JobId, esteira_model::TaskId)> {
    let mut unit = store.unit().await;
    let next = unit.pass_aggregate(KEY, task.id).await.expect("passes");
    unit.commit().await.expect("commits");
    next
}

async fn one_task_holds_it(store: &mut Store) {
    let [a, b] = [0; 2].map(|_| store.any_task());
    assert_eq!(take(store, &a).await, Some(0));
    assert_eq!(take(store, &b).await, None);
    assert_eq!(pass(store, &a).await, None);
    assert_eq!(take(store, &b).await, Some(0));
    assert_eq!(take(store, &a).await, None);
}

async fn nobody_passes_those_who_wait(store: &mut Store) {
    let [a, b, c] = [0; 3].map(|_| store.any_task());
    assert_eq!(take(store, &a).await, Some(0));
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    assert_eq!(take(store, &c).await, None);
    // Free, but somebody waits for it.
    let unheld = "acme/order/n-2";
    store.write(Batch { parked: vec![behind(&c, unheld)], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.take_aggregate(unheld, a.job, a.id).await.expect("asks"), None);
    assert_eq!(unit.take_aggregate(unheld, c.job, c.id).await.expect("asks"), Some(0), "who waits may take it");
}

async fn the_holder_may_ask_again(store: &mut Store) {
    let [a, b] = [0; 2].map(|_| store.any_task());
    assert_eq!(take(store, &a).await, Some(0));
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    assert_eq!(take(store, &a).await, Some(0));
}

async fn keys_are_apart(store: &mut Store) {
    let [a, b] = [0; 2].map(|_| store.any_task());
    let mut unit = store.unit().await;
    assert_eq!(unit.take_aggregate("x", a.job, a.id).await.expect("asks"), Some(0));
    assert_eq!(unit.take_aggregate("X", b.job, b.id).await.expect("asks"), Some(0));
    assert_eq!(unit.pass_aggregate("y", a.id).await.expect("passes"), None);
}

/// INV-FENCE: whoever holds the aggregate next is told the newest fence that anyone had on it.
async fn fences_rise_for_the_next_holder(store: &mut Store) {
    let [a, b] = [0; 2].map(|_| store.any_task());
    take(store, &a).await;
    let mut unit = store.unit().await;
    unit.fence_aggregate(KEY, 41).await.expect("records");
    assert_eq!(unit.take_aggregate(KEY, a.job, a.id).await.expect("asks"), Some(41));
    unit.commit().await.expect("commits");
    assert_eq!(pass(store, &a).await, None);
    assert_eq!(take(store, &b).await, Some(41), "the key remembers when nobody holds it");
}

async fn a_lower_fence_changes_nothing(store: &mut Store) {
    let task = store.any_task();
    let mut unit = store.unit().await;
    for fence in [41, 40, -1] {
        unit.fence_aggregate(KEY, fence).await.expect("records");
    }
    assert_eq!(unit.take_aggregate(KEY, task.job, task.id).await.expect("asks"), Some(41));
}

async fn first_come_first_served(store: &mut Store) {
    let [late, a, b, c, holder] = [0; 5].map(|_| store.any_task());
    take(store, &holder).await;
    // The order in which they began to wait, not the age of the tasks; in one round, the order of the round.
    store.write(Batch { parked: vec![behind(&c, KEY), behind(&a, KEY)], ..Batch::default() }).await;
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    store.write(Batch { parked: vec![behind(&late, KEY)], ..Batch::default() }).await;
    let mut holder = holder;
    for next in [c, a, b, late] {
        assert_eq!(pass(store, &holder).await, Some((next.job, next.id)));
        let batch =
            Batch { taken: vec![taken(&next, Hot::Parked)], queued: vec![queued(&next, LANE, 0)], ..Batch::default() };
        store.write(batch).await;
        holder = next;
    }
    assert_eq!(pass(store, &holder).await, None);
}

async fn only_the_holder_passes_it(store: &mut Store) {
    let [a, b, c] = [0; 3].map(|_| store.any_task());
    assert_eq!(pass(store, &a).await, None, "nobody ever held it");
    take(store, &a).await;
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    assert_eq!(pass(store, &c).await, None);
    assert_eq!(pass(store, &b).await, None, "one who waits does not hold it");
    assert_eq!(pass(store, &a).await, Some((b.job, b.id)));
    assert_eq!(pass(store, &a).await, None, "it was passed already");
}

async fn a_passed_key_is_busy_until_it_is_passed_on(store: &mut Store) {
    let [a, b, c] = [0; 3].map(|_| store.any_task());
    take(store, &a).await;
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    pass(store, &a).await;
    assert_eq!(take(store, &c).await, None, "the next one is still parked, and holds it");
    // It may end before it moves on, for example with its job: it is not handed to itself.
    assert_eq!(pass(store, &b).await, None);
}

async fn who_left_is_not_served(store: &mut Store) {
    let [a, b, c] = [0; 3].map(|_| store.any_task());
    take(store, &a).await;
    store.write(Batch { parked: vec![behind(&b, KEY), behind(&c, KEY)], ..Batch::default() }).await;
    let paused = Batch {
        taken: vec![taken(&b, Hot::Parked)],
        parked: vec![parked(&b, WaitReason::Paused, None)],
        ..Batch::default()
    };
    store.write(paused).await;
    assert_eq!(pass(store, &a).await, Some((c.job, c.id)));
}

async fn passing_is_undone_with_its_unit(store: &mut Store) {
    let [a, b] = [0; 2].map(|_| store.any_task());
    take(store, &a).await;
    store.write(Batch { parked: vec![behind(&b, KEY)], ..Batch::default() }).await;
    let mut unit = store.unit().await;
    assert!(unit.pass_aggregate(KEY, a.id).await.expect("passes").is_some());
    drop(unit);
    assert_eq!(take(store, &a).await, Some(0), "it is still the first one's");
}
