//! What a step looks at again in its own transaction: the lead, and the policies.

use super::*;
use crate::{Settings, SystemClock, retention::Rule, work::Principal};
use esteira_model::{Actor, ArtifactId, DataClass, Flow, Job, JobState, Lineage, LineageKind, PlanVersionId, Uuid};
use esteira_store::Batch;
use std::sync::Arc;

/// A coordinator over a store with one job that ended long ago.
async fn world() -> (Coordinator, Principal, JobId) {
    let mut store =
        esteira_store_sql::open("sqlite::memory:", esteira_store_sql::Options::default()).await.expect("opens");
    let id = JobId(Uuid::from_bytes([7; 16]));
    let account = AccountId::new("default");
    let job = Job {
        id,
        account: account.clone(),
        plan_version: PlanVersionId(Uuid::default()),
        data_class: DataClass::Devtest,
        actor: Arc::new(Actor::default()),
        headers: Arc::default(),
        labels: Arc::default(),
        aggregate: None,
        input: ArtifactId(1),
        priority: 0,
        lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
        create_time: Time(1),
        start_after: None,
        deadline: None,
        provenance: Default::default(),
        state: JobState::Succeeded,
        flow: Flow::default(),
        start_time: Some(Time(1)),
        end_time: Some(Time(2)),
        cancel_time: None,
        failure: None,
        note: String::new(),
        end_leaf_at: None,
        revision: 1,
    };
    let mut unit = store.writer.begin().await.expect("begins");
    unit.write(&Batch { jobs_started: vec![job], ..Batch::default() }).await.expect("writes");
    unit.commit().await.expect("commits");
    let (coordinator, _running) =
        Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), Settings::default())
            .await
            .expect("starts");
    let principal =
        Principal { account, user_id: "tester".into(), credential_id: "test".into(), data_class: DataClass::Devtest };
    (coordinator, principal, id)
}

async fn take(coordinator: &Coordinator, lead: Lead, now: Time) -> bool {
    let took = coordinator.transact(move |unit| Box::pin(async move { Ok(lead.take(unit, now).await?) })).await;
    took.expect("an answer")
}

const BUDGET: Duration = Duration::from_secs(20);

/// INV-FENCE: a leader that was stopped and goes on does nothing after another has taken the lead.
#[tokio::test]
async fn who_lost_the_lead_removes_nothing() {
    let (coordinator, principal, job) = world().await;
    let mut ids = coordinator.shared.ids.clone();
    let (stopped, taker) = (Lead::new("retention", &mut ids), Lead::new("retention", &mut ids));
    let now = coordinator.clock().now();
    assert!(take(&coordinator, stopped, now).await);
    assert!(!take(&coordinator, taker, now).await);
    let later = now.after(crate::leader::EXPIRE_AFTER);
    assert!(take(&coordinator, taker, later).await);

    coordinator.purge(Ask::default(), BUDGET, Some(stopped)).await.expect_err("the lead is lost");
    assert!(coordinator.reader().job(&principal.account, job).await.expect("a read").is_some());
    let applied = coordinator.purge(Ask::default(), BUDGET, Some(taker)).await.expect("purged");
    assert_eq!(applied.removed.jobs, 1);
}

/// What was due when it was looked at is not when it is acted upon.
#[tokio::test]
async fn a_policy_that_changed_meanwhile_holds() {
    let (coordinator, principal, job) = world().await;
    let trees = coordinator.reader().trees(None, 9).await.expect("a read");
    assert_eq!(trees.len(), 1);
    coordinator
        .set_retention(&principal, "default".into(), DataClass::Devtest, Rule::KeepForever)
        .await
        .expect("the policy is set");
    let act = Act {
        trees,
        part: None,
        dropped_below: None,
        shared: coordinator.shared.clone(),
        choice: Choice::Due,
        lead: None,
        now: coordinator.clock().now(),
    };
    let purged = coordinator.transact(move |unit| Box::pin(async move { act.run(unit).await })).await.expect("done");
    assert_eq!((purged.removed, purged.complete), (Removed::default(), true));
    assert!(coordinator.reader().job(&principal.account, job).await.expect("a read").is_some());
}
