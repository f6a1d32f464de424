//! How long jobs are kept, and which trees there are.

use crate::fixture::{Store, acme};
use esteira_model::{AccountId, DataClass, JobId, Lineage, LineageKind, TaskId, Time};
use esteira_store::{Batch, Held, Retention, Tree};
use std::time::Duration;

conformance! {
    put_retention: a_policy_is_replaced;
    forget_retention: a_forgotten_policy_is_the_default_again;
    retention: policies_are_of_account_project_and_class;
    projects: projects_of_plans_and_policies_are_listed;
    trees: trees_are_listed_oldest_first, a_tree_has_the_project_of_its_plan;
    held_trees: what_is_open_or_undelivered_is_held;
}

fn policy(project: &str, class: DataClass, seconds: Option<u64>) -> Retention {
    let keep = seconds.map(Duration::from_secs);
    Retention { account: acme(), project: project.into(), data_class: class, keep }
}

async fn a_policy_is_replaced(store: &mut Store) {
    for seconds in [Some(60), Some(0), None, Some(u64::from(u32::MAX)), Some(60)] {
        let policy = policy("sales", DataClass::Qa, seconds);
        let mut unit = store.unit().await;
        unit.put_retention(&policy).await.expect("stored");
        unit.commit().await.expect("commits");
        assert_eq!(store.reader.retention().await.expect("reads"), [policy]);
    }
}

async fn a_forgotten_policy_is_the_default_again(store: &mut Store) {
    let mut unit = store.unit().await;
    unit.put_retention(&policy("sales", DataClass::Qa, Some(1))).await.expect("stored");
    assert!(!unit.forget_retention(&acme(), "sales", DataClass::Devtest).await.expect("answers"));
    assert!(!unit.forget_retention(&AccountId::new("other"), "sales", DataClass::Qa).await.expect("answers"));
    assert!(unit.forget_retention(&acme(), "sales", DataClass::Qa).await.expect("answers"));
    assert!(!unit.forget_retention(&acme(), "sales", DataClass::Qa).await.expect("answers"));
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.retention().await.expect("reads"), []);
}

async fn policies_are_of_account_project_and_class(store: &mut Store) {
    let other = Retention { account: AccountId::new("other"), ..policy("sales", DataClass::Qa, Some(9)) };
    let policies = [
        policy("a", DataClass::Qa, Some(1)),
        policy("sales", DataClass::Devtest, Some(2)),
        policy("sales", DataClass::Production, None),
        policy("sales", DataClass::Qa, Some(3)),
        other,
    ];
    let mut unit = store.unit().await;
    for policy in policies.iter().rev() {
        unit.put_retention(policy).await.expect("stored");
    }
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.retention().await.expect("reads"), policies);
}

async fn projects_of_plans_and_policies_are_listed(store: &mut Store) {
    let (plan, mut unit) = (store.plan("orders"), store.unit().await);
    unit.put_plan(&plan).await.expect("stored");
    unit.put_retention(&policy("ahead", DataClass::Qa, None)).await.expect("stored");
    unit.put_retention(&policy("sales", DataClass::Qa, None)).await.expect("stored");
    unit.commit().await.expect("commits");
    assert_eq!(store.reader.projects(&acme()).await.expect("reads"), ["ahead", "sales"]);
    assert!(store.reader.projects(&AccountId::new("other")).await.expect("reads").is_empty());
}

async fn trees_are_listed_oldest_first(store: &mut Store) {
    let mut roots = Vec::new();
    for place in 0..5 {
        let mut root = store.job();
        root.end_time = (place % 2 == 0).then_some(Time(place));
        let mut child = store.job();
        child.lineage = Lineage {
            kind: LineageKind::SubPlan,
            root: root.id,
            parent: Some((root.id, TaskId(child.id.0))),
            depth: 1,
            source: None,
        };
        store.write(Batch { jobs_started: vec![child, root.clone()], ..Batch::default() }).await;
        roots.push(root);
    }
    let expected: Vec<Tree> = roots
        .iter()
        .map(|root| Tree {
            root: root.id,
            account: acme(),
            project: "default".into(),
            data_class: DataClass::Qa,
            end_time: root.end_time,
        })
        .collect();
    assert_eq!(store.reader.trees(None, 99).await.expect("reads"), expected);
    assert_eq!(store.reader.trees(None, 2).await.expect("reads"), expected[..2]);
    assert_eq!(store.reader.trees(Some(roots[1].id), 2).await.expect("reads"), expected[2..4]);
    assert!(store.reader.trees(Some(roots[4].id), 2).await.expect("reads").is_empty());
}

async fn a_tree_has_the_project_of_its_plan(store: &mut Store) {
    let plan = store.plan("orders");
    let version = store.version(&plan, 1);
    let mut unit = store.unit().await;
    unit.put_plan(&plan).await.expect("stored");
    unit.insert_plan_version(&version).await.expect("stored");
    unit.commit().await.expect("commits");
    let mut job = store.job();
    job.plan_version = version.id;
    store.write(Batch { jobs_started: vec![job], ..Batch::default() }).await;
    assert_eq!(store.reader.trees(None, 9).await.expect("reads")[0].project, "sales");
}

async fn what_is_open_or_undelivered_is_held(store: &mut Store) {
    let mut trees: Vec<JobId> = Vec::new();
    // (the root has ended, the sub-plan has ended, the root's message waits, the sub-plan's message waits)
    let cases = [
        (true, true, false, false, None),
        (false, true, false, false, Some(Held::Open)),
        (true, false, false, true, Some(Held::Open)),
        (true, true, true, false, Some(Held::Undelivered)),
        (true, true, false, true, Some(Held::Undelivered)),
    ];
    let mut expected = Vec::new();
    for (root_ended, child_ended, root_waits, child_waits, held) in cases {
        let (mut root, mut child) = (store.job(), store.job());
        root.end_time = root_ended.then_some(Time(1));
        child.end_time = child_ended.then_some(Time(1));
        child.lineage = Lineage {
            kind: LineageKind::SubPlan,
            root: root.id,
            parent: Some((root.id, TaskId(child.id.0))),
            depth: 1,
            source: None,
        };
        let mut outbox = Vec::new();
        for (waits, job) in [(root_waits, root.id), (child_waits, child.id)] {
            if waits {
                outbox.push(esteira_model::OutboxMessage { job, ..store.message("orders", "k", 1) });
            }
        }
        trees.push(root.id);
        expected.extend(held.map(|held| (root.id, held)));
        store.write(Batch { jobs_started: vec![root, child], outbox, ..Batch::default() }).await;
    }
    assert_eq!(store.reader.held_trees(&trees).await.expect("reads"), expected);
    assert!(store.reader.held_trees(&[]).await.expect("reads").is_empty());
}
