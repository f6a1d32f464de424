//! The lead in what is done once among several coordinators.

use crate::fixture::Store;
use esteira_model::Time;

conformance! {
    take_lead: one_leads_until_its_time_is_over, a_lead_is_of_one_task, a_lead_is_kept_with_its_unit;
    leave_lead: who_leaves_makes_room;
}

async fn one_leads_until_its_time_is_over(store: &mut Store) {
    let (first, second) = (store.ids.uuid(), store.ids.uuid());
    // (who, now, expires, leads)
    let cases = [
        (first, 0, 10, true),
        (second, 9, 20, false),
        (first, 9, 15, true),
        (second, 14, 30, false),
        (second, 15, 30, true),
        // It was away for too long, and finds out before it acts (INV-FENCE).
        (first, 16, 40, false),
        (second, 29, 60, true),
        // Nobody took it from who comes back late.
        (second, 99, 120, true),
    ];
    for (place, (who, now, expires, leads)) in cases.into_iter().enumerate() {
        let mut unit = store.unit().await;
        let took = unit.take_lead("retention", who, Time(now), Time(expires)).await.expect("answers");
        assert_eq!(took, leads, "case {place}");
        unit.commit().await.expect("commits");
    }
}

async fn a_lead_is_of_one_task(store: &mut Store) {
    let (first, second) = (store.ids.uuid(), store.ids.uuid());
    let mut unit = store.unit().await;
    assert!(unit.take_lead("retention", first, Time(0), Time(10)).await.expect("answers"));
    assert!(unit.take_lead("partitions", second, Time(0), Time(10)).await.expect("answers"));
    assert!(!unit.take_lead("retention", second, Time(0), Time(10)).await.expect("answers"));
}

async fn a_lead_is_kept_with_its_unit(store: &mut Store) {
    let (first, second) = (store.ids.uuid(), store.ids.uuid());
    let mut unit = store.unit().await;
    assert!(unit.take_lead("retention", first, Time(0), Time(10)).await.expect("answers"));
    drop(unit);
    assert!(store.unit().await.take_lead("retention", second, Time(0), Time(10)).await.expect("answers"));
}

async fn who_leaves_makes_room(store: &mut Store) {
    let (first, second) = (store.ids.uuid(), store.ids.uuid());
    let mut unit = store.unit().await;
    assert!(unit.take_lead("retention", first, Time(0), Time(10)).await.expect("answers"));
    unit.leave_lead("retention", second).await.expect("nothing to leave");
    assert!(!unit.take_lead("retention", second, Time(0), Time(10)).await.expect("answers"));
    unit.leave_lead("retention", first).await.expect("left");
    assert!(unit.take_lead("retention", second, Time(0), Time(10)).await.expect("answers"));
}
