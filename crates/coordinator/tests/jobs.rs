//! Jobs from start to end over a real store: sequences, fan-outs, joins, sub-plans, retries, control.

mod world;

use esteira_coordinator::{
    Reason,
    work::{Control, Reported},
};
use esteira_model::{JobAction, JobState};
use esteira_store::{Filter, Page};
use world::{World, failed, multiple, report, single};

#[tokio::test]
async fn a_sequence_passes_each_output_on() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","next":["b"]},{"step_key":"b","function":"g"}"#).await;
    let job = world.start("p", "1").await;
    assert_eq!(job.state, JobState::Running);
    let first = world.lease(&["f"], 1).await.remove(0);
    assert_eq!((first.input.as_json(), first.attempt, first.lease.fence), (Some("1"), 1, 1));
    world.complete(&first, "2").await;
    let second = world.lease(&["g"], 1).await.remove(0);
    assert_eq!(second.input.as_json(), Some("2"));
    world.complete(&second, "3").await;
    let ended = world.ended(job.id).await;
    assert_eq!(ended.state, JobState::Succeeded);
    assert!(ended.end_time.is_some(), "INV-DATES");
    assert_eq!(world.results(job.id).await, ["3"]);
}

#[tokio::test]
async fn a_fan_out_joins_in_order_whatever_the_order_of_the_reports() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":[{"step_key":"b","condition":"output > 1"}]},
        {"step_key":"b","function":"g","next":["c"]},{"step_key":"c","function":"h","join":"all"}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "0").await;
    let first = world.lease(&["f"], 1).await.remove(0);
    assert_eq!(world.report(&first, multiple(&["1", "2", "3", "4"])).await.refused, None);
    let mut items = Vec::new();
    while items.len() < 3 {
        items.extend(world.lease(&["g"], 10).await);
    }
    items.reverse();
    for grant in &items {
        let doubled = format!("{}0", grant.input.as_json().unwrap_or_default());
        world.complete(grant, &doubled).await;
    }
    let join = world.lease(&["h"], 1).await.remove(0);
    assert_eq!(join.input.as_json(), Some("[20,30,40]"));
    world.complete(&join, "\"sum\"").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    let tasks = world
        .coordinator
        .reader()
        .list_tasks(job.id, &Filter::default(), &Page { size: 100, after: None })
        .await
        .expect("tasks");
    assert_eq!(tasks.rows.len(), 5);
}

/// What one report puts there, the next one in the same call may take away: neither is in the store yet.
#[tokio::test]
async fn one_call_reaches_a_join_and_fails_the_job_that_it_waits_for() {
    let steps = r#"{"step_key":"a","function":"f","next":["c"]},
        {"step_key":"b","function":"f","next":["c"],"retry":{"max_attempts":1}},
        {"step_key":"c","function":"h","join":"all"}"#;
    for failing_first in [false, true] {
        let world = World::new().await;
        world.publish("p", steps).await;
        let job = world.start("p", "1").await;
        let mut grants = world.lease(&["f"], 2).await;
        while grants.len() < 2 {
            grants.extend(world.lease(&["f"], 1).await);
        }
        let mut reports: Vec<_> = grants
            .iter()
            .map(|grant| report(grant, if grant.step_key == "b".into() { failed("NO") } else { single("2") }))
            .collect();
        reports.sort_by_key(|report| matches!(report.outcome, Reported::Failed(..)) != failing_first);
        for outcome in world.reports(reports).await {
            assert_eq!(outcome.refused, None);
        }
        let ended = world.ended(job.id).await;
        assert_eq!((ended.state, ended.failure.map(|failure| failure.code)), (JobState::Failed, Some("NO".to_owned())));
        let page = Page { size: 100, after: None };
        let tasks = world.coordinator.reader().list_tasks(job.id, &Filter::default(), &page).await.expect("tasks");
        assert_eq!(tasks.rows.len(), 3, "the join that no longer fires has its end too");
    }
}

#[tokio::test]
async fn a_sub_plan_is_a_child_job_whose_result_goes_on() {
    let world = World::new().await;
    world.publish("child", r#"{"step_key":"x","function":"f"}"#).await;
    world
        .publish("p", r#"{"step_key":"a","sub_plan":{"plan":"child"},"next":["b"]},{"step_key":"b","function":"g"}"#)
        .await;
    let job = world.start("p", "1").await;
    let inner = world.lease(&["f"], 1).await.remove(0);
    assert_ne!(inner.lease.job, job.id);
    world.complete(&inner, "5").await;
    let outer = world.lease(&["g"], 1).await.remove(0);
    assert_eq!(outer.input.as_json(), Some("5"));
    world.complete(&outer, "6").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    let child = world.job(inner.lease.job).await;
    assert_eq!(child.lineage.parent.map(|(parent, _)| parent), Some(job.id));
}

#[tokio::test]
async fn a_failure_is_tried_again_and_then_fails_the_job() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","retry":{"max_attempts":2,"initial_backoff":"1ms"}}"#).await;
    let job = world.start("p", "1").await;
    for attempt in 1..=2 {
        let grant = world.lease(&["f"], 1).await.remove(0);
        assert_eq!(grant.attempt, attempt);
        let result = world.report(&grant, failed("BROKEN")).await;
        assert_eq!(result.retry_in.is_some(), attempt == 1);
    }
    let ended = world.ended(job.id).await;
    assert_eq!(ended.state, JobState::Failed);
    assert_eq!(ended.failure.map(|failure| failure.code), Some("BROKEN".into()));
}

/// INV-REPLAY, INV-FENCE.
#[tokio::test]
async fn inv_replay_a_repeat_gets_the_same_answer_and_has_no_second_effect() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let started = world.try_start("p", "1", Some("r1")).await.expect("it starts");
    let again = world.try_start("p", "1", Some("r1")).await.expect("the same answer");
    assert_eq!((again.job.id, again.deduplicated), (started.job.id, true));
    let other = world.try_start("p", "2", Some("r1")).await.expect_err("another request");
    assert_eq!(other.reason, Reason::RequestIdReused);
    let grant = world.lease(&["f"], 5).await;
    assert_eq!(grant.len(), 1, "one job, one task");
    world.complete(&grant[0], "2").await;
    assert!(world.report(&grant[0], single("2")).await.already_applied);
    assert_eq!(
        world.report(&grant[0], single("3")).await.refused.map(|(reason, _)| reason),
        Some(Reason::ResultConflict)
    );
}

/// The leases themselves: how long they still last differs from call to call.
fn tokens(grants: &[esteira_coordinator::Grant]) -> Vec<&str> {
    grants.iter().map(|grant| grant.token.as_str()).collect()
}

/// INV-REPLAY.
#[tokio::test]
async fn inv_replay_a_start_sent_again_gets_its_first_answer_whatever_became_of_the_plan() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let first = world.try_start("p", "1", Some("r1")).await.expect("it starts");

    world.retire(first.job.plan_version).await;
    let again = world.try_start("p", "1", Some("r1")).await.expect("the first answer");
    assert!(again.deduplicated);
    assert_eq!(again.job.id, first.job.id);

    let other = world.try_start("p", "2", Some("r1")).await.expect_err("another request under the same id");
    assert_eq!(other.reason, Reason::RequestIdReused);
    let new = world.try_start("p", "1", Some("r2")).await.expect_err("a request that was not answered");
    assert_eq!(new.reason, Reason::VersionRetired);
}

/// INV-POLL.
#[tokio::test]
async fn inv_poll_the_same_poll_gets_the_same_leases_also_after_a_restart() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let job = world.start("p", "1").await;
    let poll = |world: &World| esteira_coordinator::lease_tasks::LeaseTasks {
        request_id: "poll-1".into(),
        ..world.poll("w", &["f"], 1, world::PATIENCE)
    };
    let first = world.coordinator.lease_tasks(&world.principal, poll(&world)).await.expect("a lease").grants;
    let again = world.coordinator.lease_tasks(&world.principal, poll(&world)).await.expect("a lease").grants;
    assert_eq!(tokens(&first), tokens(&again));
    let world = world.restart().await;
    let after = world.coordinator.lease_tasks(&world.principal, poll(&world)).await.expect("a lease").grants;
    assert_eq!(tokens(&first), tokens(&after));
    world.complete(&after[0], "2").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn control_pauses_resumes_and_cancels() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","next":["b"]},{"step_key":"b","function":"g"}"#).await;
    let job = world.start("p", "1").await;
    let act = |action| Control {
        account: world.principal.account.clone(),
        job: job.id,
        action,
        reason: "because".into(),
        revision: None,
        request: None,
        deed: None,
    };
    let grant = world.lease(&["f"], 1).await.remove(0);
    assert_eq!(world.coordinator.control_job(act(JobAction::Pause)).await.expect("paused").state, JobState::Paused);
    world.complete(&grant, "2").await;
    let none = world
        .coordinator
        .lease_tasks(&world.principal, world.poll("w", &["g"], 1, std::time::Duration::ZERO))
        .await
        .expect("a poll");
    assert_eq!(none.grants, []);
    assert_eq!(world.coordinator.control_job(act(JobAction::Resume)).await.expect("resumed").state, JobState::Running);
    world.lease(&["g"], 1).await;
    assert_eq!(
        world.coordinator.control_job(act(JobAction::Cancel)).await.expect("cancelling").state,
        JobState::Cancelling
    );
    assert_eq!(
        world.coordinator.control_job(act(JobAction::Terminate)).await.expect("terminated").state,
        JobState::Cancelled
    );
    let late = world.coordinator.control_job(act(JobAction::Pause)).await.expect_err("it has ended");
    assert_eq!(late.reason, Reason::JobTerminal);
}
