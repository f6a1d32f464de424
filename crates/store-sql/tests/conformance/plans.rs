//! Plans and their versions.

use crate::fixture::{Store, acme, kind, page, text};
use esteira_model::{AccountId, PlanId, PlanVersionId, Time};
use esteira_store::{Kind, Op, PlanRecord, Startable};

conformance! {
    put_plan: a_plan_comes_back, a_change_needs_the_revision_before, a_name_is_taken_once, labels_follow_the_plan;
    plan: a_plan_belongs_to_its_account;
    plan_by_name: names_are_exact;
    insert_plan_version: a_version_comes_back, a_number_is_taken_once;
    plan_version: unknown_versions_are_none;
    plan_version_by_number: numbers_belong_to_their_plan;
    startable: a_start_sees_its_plan_as_it_is;
    retire_plan_version: a_version_retires_once;
}

async fn put(store: &mut Store, plan: &PlanRecord) {
    let mut unit = store.unit().await;
    unit.put_plan(plan).await.expect("stored");
    unit.commit().await.expect("commits");
}

async fn a_plan_comes_back(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let found = store.unit().await.plan(&acme(), plan.id).await.expect("reads");
    assert_eq!(found.as_ref(), Some(&plan));
    assert_eq!(store.reader.plan(&acme(), plan.id).await.expect("reads"), found);
    assert_eq!(store.reader.plan_by_name(&acme(), "orders").await.expect("reads"), found);
}

async fn a_change_needs_the_revision_before(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let second =
        PlanRecord { default_version: 3, latest_version: 4, update_time: Time(9), revision: 2, ..plan.clone() };
    put(store, &second).await;
    let mut unit = store.unit().await;
    assert_eq!(unit.plan(&acme(), plan.id).await.expect("reads"), Some(second.clone()));
    for revision in [2, 4] {
        let stale = PlanRecord { display_name: "no".into(), revision, ..plan.clone() };
        assert_eq!(kind(unit.put_plan(&stale).await), Kind::Conflict, "revision {revision}");
    }
    let unknown = PlanRecord { id: PlanId(esteira_model::Uuid::default()), revision: 3, ..plan.clone() };
    assert_eq!(kind(unit.put_plan(&unknown).await), Kind::Conflict);
    // A refused plan leaves the unit as it was.
    unit.put_plan(&PlanRecord { revision: 3, ..second.clone() }).await.expect("stored");
    unit.commit().await.expect("commits");
}

async fn a_name_is_taken_once(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let mut elsewhere = store.plan("orders");
    elsewhere.account = AccountId::new("other");
    let rival = store.plan("orders");
    let mut unit = store.unit().await;
    assert_eq!(kind(unit.put_plan(&rival).await), Kind::Duplicate);
    assert_eq!(kind(unit.put_plan(&plan).await), Kind::Duplicate, "the same plan again");
    unit.put_plan(&elsewhere).await.expect("names are an account's own");
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.plan_by_name(&acme(), "orders").await.expect("reads"), Some(plan));
}

async fn labels_follow_the_plan(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let mut changed = PlanRecord { revision: 2, ..plan };
    changed.labels = [("team".to_owned(), "ops".to_owned())].into();
    put(store, &changed).await;
    for (value, expected) in [("sales", 0), ("ops", 1)] {
        let found =
            store.reader.list_plans(&acme(), &text("labels.team", Op::Eq, value), &page(5)).await.expect("reads");
        assert_eq!(found.rows.len(), expected, "{value}");
    }
}

async fn a_plan_belongs_to_its_account(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let other = AccountId::new("other");
    assert_eq!(store.unit().await.plan(&other, plan.id).await.expect("reads"), None);
    assert_eq!(store.reader.plan(&other, plan.id).await.expect("reads"), None);
    assert_eq!(store.reader.plan_by_name(&other, "orders").await.expect("reads"), None);
}

async fn names_are_exact(store: &mut Store) {
    let plan = store.plan("orders");
    put(store, &plan).await;
    let mut unit = store.unit().await;
    for name in ["Orders", "orders ", "order", "%", ""] {
        assert_eq!(unit.plan_by_name(&acme(), name).await.expect("reads"), None, "{name:?}");
    }
    assert_eq!(unit.plan_by_name(&acme(), "orders").await.expect("reads"), Some(plan));
}

async fn a_version_comes_back(store: &mut Store) {
    let plan = store.plan("orders");
    let mut version = store.version(&plan, 1);
    // A document is kept verbatim, and can be large.
    version.definition_json = format!("{{ \"pad\" : \"{}\" }}", "x".repeat(900 << 10));
    let mut bare = store.version(&plan, 2);
    bare.sub_plans.clear();
    let mut unit = store.unit().await;
    unit.insert_plan_version(&version).await.expect("stored");
    unit.insert_plan_version(&bare).await.expect("stored");
    assert_eq!(unit.plan_version(version.id).await.expect("reads"), Some(version.clone()));
    assert_eq!(unit.plan_version_by_number(plan.id, 2).await.expect("reads"), Some(bare));
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.plan_version(&acme(), version.id).await.expect("reads"), Some(version.clone()));
    assert_eq!(store.reader.plan_version(&AccountId::new("other"), version.id).await.expect("reads"), None);
}

async fn a_number_is_taken_once(store: &mut Store) {
    let plan = store.plan("orders");
    let (first, rival, next) = (store.version(&plan, 1), store.version(&plan, 1), store.version(&plan, 2));
    let mut unit = store.unit().await;
    unit.insert_plan_version(&first).await.expect("stored");
    assert_eq!(kind(unit.insert_plan_version(&rival).await), Kind::Duplicate);
    unit.insert_plan_version(&next).await.expect("the unit goes on");
    unit.commit().await.expect("commits");
    let found = store.reader.plan_version_by_number(&acme(), plan.id, 1).await.expect("reads");
    assert_eq!(found, Some(first));
}

async fn unknown_versions_are_none(store: &mut Store) {
    let unknown = PlanVersionId(store.ids.uuid());
    assert_eq!(store.unit().await.plan_version(unknown).await.expect("reads"), None);
    assert_eq!(store.reader.plan_version(&acme(), unknown).await.expect("reads"), None);
    assert!(!store.unit().await.retire_plan_version(unknown, Time(1), "x").await.expect("asks"));
}

async fn numbers_belong_to_their_plan(store: &mut Store) {
    let (a, b) = (store.plan("a"), store.plan("b"));
    let (one, two) = (store.version(&a, 1), store.version(&b, 2));
    let mut unit = store.unit().await;
    for version in [&one, &two] {
        unit.insert_plan_version(version).await.expect("stored");
    }
    assert_eq!(unit.plan_version_by_number(a.id, 2).await.expect("reads"), None);
    assert_eq!(unit.plan_version_by_number(b.id, 2).await.expect("reads"), Some(two));
    unit.commit().await.expect("commits");
    let other = AccountId::new("other");
    assert_eq!(store.reader.plan_version_by_number(&other, a.id, 1).await.expect("reads"), None);
    assert_eq!(store.reader.plan_version_by_number(&acme(), a.id, 1).await.expect("reads"), Some(one));
}

async fn a_start_sees_its_plan_as_it_is(store: &mut Store) {
    let (orders, parcels) = (store.plan("orders"), store.plan("parcels"));
    let (one, two, three) = (store.version(&orders, 1), store.version(&orders, 2), store.version(&parcels, 1));
    for plan in [&orders, &parcels, &PlanRecord { display_name: "Orders".into(), revision: 2, ..orders.clone() }] {
        put(store, plan).await;
    }
    let unknown = PlanVersionId(store.ids.uuid());
    let mut unit = store.unit().await;
    for version in [&one, &two, &three] {
        unit.insert_plan_version(version).await.expect("stored");
    }
    assert!(unit.retire_plan_version(two.id, Time(5), "old").await.expect("retires"));
    let mut found = unit.startable(&[three.id, one.id, unknown, two.id, one.id]).await.expect("reads");
    found.sort_by_key(|startable| startable.version);
    let startable = |version, plan_revision, retired| Startable { version, plan_revision, retired };
    let mut expected = [startable(one.id, 2, false), startable(two.id, 2, true), startable(three.id, 1, false)];
    expected.sort_by_key(|startable| startable.version);
    assert_eq!(found, expected);
    assert!(unit.startable(&[]).await.expect("reads").is_empty());
}

async fn a_version_retires_once(store: &mut Store) {
    let plan = store.plan("orders");
    let version = store.version(&plan, 1);
    let mut unit = store.unit().await;
    unit.insert_plan_version(&version).await.expect("stored");
    assert!(unit.retire_plan_version(version.id, Time(5), "old").await.expect("retires"));
    assert!(!unit.retire_plan_version(version.id, Time(6), "again").await.expect("asks"));
    let found = unit.plan_version(version.id).await.expect("reads").expect("found");
    assert_eq!((found.retire_time, found.retire_reason.as_str()), (Some(Time(5)), "old"));
}
