//! What is kept of jobs that have ended, and what goes: over a real store, with a clock that a test moves.

mod world;

use esteira_coordinator::{
    outbox::LeaseOutbox,
    purge::{Applied, Ask},
    retention::{Policy, Rule},
    work::{Reported, ReportedOutput},
};
use esteira_model::{DataClass, Emit, JobId, JobState, Payload};
use std::{collections::BTreeMap, time::Duration};
use tokio::time::Instant;
use world::{PATIENCE, World};

const DAY: Duration = Duration::from_secs(24 * 3600);

async fn apply(world: &World) -> Applied {
    let applied = world.coordinator.apply_retention(Ask::default(), PATIENCE).await.expect("applied");
    assert_eq!(applied.next, None);
    applied
}

async fn is_there(world: &World, id: JobId) -> bool {
    world.coordinator.reader().job(&world.principal.account, id).await.expect("a read").is_some()
}

/// A job of one step that has ended.
async fn ended(world: &World, plan: &str) -> JobId {
    let job = world.start(plan, "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.complete(&grant, "2").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    job.id
}

async fn set(world: &World, class: DataClass, rule: Rule) -> Policy {
    let set = world.coordinator.set_retention(&world.principal, "default".into(), class, rule).await;
    set.expect("the policy is set")
}

const STEP: &str = r#"{"step_key":"a","function":"f"}"#;

#[tokio::test]
async fn what_is_kept_no_longer_is_removed_and_nothing_else() {
    let world = World::new().await;
    world.publish("p", STEP).await;
    let old = ended(&world, "p").await;
    world.pass(29 * DAY);
    let young = ended(&world, "p").await;
    let open = world.start("p", "1").await.id;
    assert_eq!(apply(&world).await, Applied::default());
    world.pass(2 * DAY);

    let ask = Ask { dry_run: true, ..Ask::default() };
    let would = world.coordinator.apply_retention(ask, PATIENCE).await.expect("counted");
    assert!(is_there(&world, old).await);
    let applied = apply(&world).await;
    assert_eq!(applied, would);
    assert_eq!((applied.removed.jobs, applied.removed.tasks, applied.removed.artifacts), (1, 1, 2));
    assert!(!is_there(&world, old).await);
    assert!(is_there(&world, young).await);
    assert!(is_there(&world, open).await);
    assert_eq!(apply(&world).await, Applied::default(), "once more is no work");

    // What is open is never due: its life begins with its end.
    world.pass(400 * DAY);
    apply(&world).await;
    assert!(is_there(&world, open).await);
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.complete(&grant, "2").await;
    assert_eq!(world.ended(open).await.state, JobState::Succeeded);
    apply(&world).await;
    assert!(is_there(&world, open).await);
}

#[tokio::test]
async fn a_changed_policy_holds_for_old_jobs() {
    let world = World::new().await;
    world.publish("p", STEP).await;
    let old = ended(&world, "p").await;
    world.pass(40 * DAY);
    let forever = set(&world, DataClass::Devtest, Rule::KeepForever).await;
    assert_eq!((forever.keep, forever.is_default), (None, false));
    assert_eq!(apply(&world).await, Applied::default());
    set(&world, DataClass::Devtest, Rule::Keep(41 * DAY)).await;
    assert_eq!(apply(&world).await, Applied::default());
    let default = set(&world, DataClass::Devtest, Rule::UseDefault).await;
    assert_eq!((default.keep, default.is_default), (Some(30 * DAY), true));
    assert_eq!(apply(&world).await.removed.jobs, 1);
    assert!(!is_there(&world, old).await);
    // Real work goes only when somebody says so.
    let listed = world.coordinator.list_retention(&world.principal).await.expect("listed");
    let production = listed.iter().find(|policy| policy.data_class == DataClass::Production).expect("a policy");
    assert_eq!((production.project.as_str(), production.keep, listed.len()), ("default", None, 3));
}

#[tokio::test]
async fn a_sub_plan_goes_with_its_root() {
    let world = World::new().await;
    world.publish("child", STEP).await;
    world
        .publish("p", r#"{"step_key":"a","sub_plan":{"plan":"child"},"next":["b"]},{"step_key":"b","function":"g"}"#)
        .await;
    let root = world.start("p", "1").await.id;
    let inner = world.lease(&["f"], 1).await.remove(0);
    world.complete(&inner, "5").await;
    let child = inner.lease.job;
    world.ended(child).await;
    world.pass(400 * DAY);
    assert_eq!(apply(&world).await, Applied::default(), "the root has not ended");
    let outer = world.lease(&["g"], 1).await.remove(0);
    world.complete(&outer, "6").await;
    world.ended(root).await;
    assert!(is_there(&world, child).await);
    world.pass(31 * DAY);
    assert_eq!(apply(&world).await.removed.jobs, 2);
    assert!(!is_there(&world, root).await && !is_there(&world, child).await);
}

#[tokio::test]
async fn inv_why_a_job_with_an_undelivered_message_stays_and_is_counted() {
    let world = World::new().await;
    world.publish("p", STEP).await;
    let job = world.start("p", "1").await.id;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let emit = Emit { topic: "orders".into(), key: "k".into(), payload: Payload::json("{}"), headers: BTreeMap::new() };
    let outcome = Reported::Completed {
        output: ReportedOutput::Single(Payload::json("2")),
        aggregate_after: None,
        emits: vec![emit],
        verdicts: Vec::new(),
    };
    assert_eq!(world.report(&grant, outcome).await.refused, None);
    world.ended(job).await;
    world.pass(31 * DAY);
    assert_eq!(apply(&world).await, Applied { undelivered: 1, ..Applied::default() });
    assert!(is_there(&world, job).await);

    let ask = LeaseOutbox {
        worker_id: "relay".into(),
        request_id: String::new(),
        topics: vec!["orders".into()],
        max_messages: 9,
        wait: PATIENCE,
        ttl: None,
    };
    let run = world.coordinator.lease_outbox(&world.principal, ask).await.expect("leased").remove(0);
    let last = run.run.messages.last().expect("a message").sequence;
    let acknowledged = world.coordinator.ack_outbox((run.run.key.clone(), run.run.fence), last).await;
    acknowledged.expect("acknowledged");
    assert_eq!(apply(&world).await.removed.jobs, 1);
    assert!(!is_there(&world, job).await);
}

#[tokio::test]
async fn others_jobs_are_not_removed_by_an_operator() {
    let world = World::new().await;
    world.publish("p", STEP).await;
    let job = ended(&world, "p").await;
    world.pass(31 * DAY);
    let ask = Ask { account: Some(esteira_model::AccountId::new("other")), ..Ask::default() };
    assert_eq!(world.coordinator.apply_retention(ask, PATIENCE).await.expect("applied"), Applied::default());
    assert!(is_there(&world, job).await);
}

#[tokio::test]
async fn a_pass_goes_on_where_it_stopped() {
    let world = World::new().await;
    world.publish("p", STEP).await;
    let jobs = [ended(&world, "p").await, ended(&world, "p").await, ended(&world, "p").await];
    world.pass(31 * DAY);
    let mut ask = Ask::default();
    let mut removed = 0;
    for _ in 0..10 {
        let turn = world.coordinator.apply_retention(ask.clone(), Duration::ZERO).await.expect("applied");
        removed += turn.removed.jobs;
        match turn.next {
            Some(next) => ask.after = Some(next),
            None => break,
        }
    }
    assert_eq!(removed, 3);
    for job in jobs {
        assert!(!is_there(&world, job).await);
    }
}

#[tokio::test]
async fn a_coordinator_removes_what_is_due_by_itself() {
    let world = World::with_purge_period(Duration::from_millis(50)).await;
    world.publish("p", STEP).await;
    let job = ended(&world, "p").await;
    world.pass(31 * DAY);
    let began = Instant::now();
    while is_there(&world, job).await {
        assert!(began.elapsed() < PATIENCE, "the job is still there");
        tokio::task::yield_now().await;
    }
}
