//! What waits, why (INV-WHY), and what sets it free: limits, aggregates, time, lost leases, queues.

mod world;

use esteira_coordinator::{Reason, lease_tasks::LeaseTasks};
use esteira_model::{JobId, JobState, WaitReason};
use esteira_store::{Filter, LivePlace, Page, TaskRecord};
use std::time::Duration;
use world::{World, multiple, single};

/// Wait reasons of a job's parked tasks.
async fn reasons(world: &World, job: JobId) -> Vec<WaitReason> {
    let page = Page { size: 100, after: None };
    let rows = world.coordinator.reader().list_tasks(job, &Filter::default(), &page).await.expect("tasks").rows;
    let parked = |row: TaskRecord| match row {
        TaskRecord::Live(live) => match live.place {
            LivePlace::Parked { reason, .. } => Some(reason),
            _ => None,
        },
        TaskRecord::Ended(_) => None,
    };
    rows.into_iter().filter_map(parked).collect()
}

/// What a poll gets that does not wait.
async fn now(world: &World, function: &str, max: usize) -> Vec<esteira_coordinator::Grant> {
    world
        .coordinator
        .lease_tasks(&world.principal, world.poll("w", &[function], max, Duration::from_millis(50)))
        .await
        .expect("a poll")
        .grants
}

#[tokio::test]
async fn inv_why_a_join_and_a_wait_say_what_they_wait_for() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","next":["j"]},{"step_key":"w","function":"wait","config":{"duration":"1h"},"next":["j"]},
        {"step_key":"j","function":"g","join":"all"}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "1").await;
    assert_eq!(reasons(&world, job.id).await, [WaitReason::Delayed]);
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.complete(&grant, "2").await;
    let mut waiting = reasons(&world, job.id).await;
    waiting.sort();
    assert_eq!(waiting, [WaitReason::Join, WaitReason::Delayed]);
}

#[tokio::test]
async fn an_exclusive_aggregate_is_worked_on_by_one_task_at_a_time_in_order() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","exclusive_aggregate":true}"#).await;
    let (first, second, third) =
        (world.start("p", "1").await, world.start("p", "2").await, world.start("p", "3").await);
    assert_eq!(reasons(&world, second.id).await, [WaitReason::AggregateBusy]);
    let mut fence = 0;
    for (job, input) in [(&first, "1"), (&second, "2"), (&third, "3")] {
        let grants = world.lease(&["f"], 10).await;
        assert_eq!(grants.len(), 1, "one at a time");
        assert_eq!((grants[0].lease.job, grants[0].input.as_json()), (job.id, Some(input)), "first come, first served");
        assert!(grants[0].lease.fence > fence, "INV-FENCE: strictly rising on the aggregate");
        fence = grants[0].lease.fence;
        world.complete(&grants[0], "0").await;
    }
    assert_eq!(world.ended(third.id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn max_in_flight_holds_over_all_jobs_and_frees_with_each_end() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":["b"]},{"step_key":"b","function":"g","max_in_flight":2}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.report(&grant, multiple(&["1", "2", "3", "4", "5"])).await;
    let mut running = world.lease(&["g"], 10).await;
    assert_eq!(running.len(), 2);
    assert_eq!(now(&world, "g", 10).await, [], "the limit is used up");
    let mut done = 0;
    while let Some(grant) = running.pop() {
        world.complete(&grant, "0").await;
        done += 1;
        if done + running.len() < 5 {
            running.extend(world.lease(&["g"], 10).await);
        }
        assert!(running.len() <= 2);
    }
    assert_eq!((done, world.ended(job.id).await.state), (5, JobState::Succeeded));
}

#[tokio::test]
async fn inv_fence_a_lost_lease_is_granted_again_and_the_old_one_is_refused() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","lease_ttl":"1s"}"#).await;
    let job = world.start("p", "1").await;
    let lost = world.lease(&["f"], 1).await.remove(0);
    let again = world.lease(&["f"], 1).await.remove(0);
    assert_eq!((again.lease.task, again.attempt), (lost.lease.task, 2));
    assert!(again.lease.fence > lost.lease.fence);
    assert_eq!(world.report(&lost, single("1")).await.refused.map(|(reason, _)| reason), Some(Reason::LeaseLost));
    world.complete(&again, "2").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    assert_eq!(world.results(job.id).await, ["2"]);
}

#[tokio::test]
async fn a_lease_that_ran_out_and_was_not_granted_again_is_still_accepted() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","lease_ttl":"1s"}"#).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let mut changes = world.coordinator.hub().listen(job.id);
    let attempts = || async { world.coordinator.reader().attempts(job.id, grant.lease.task).await.expect("attempts") };
    // The grant itself may be the first change that is heard.
    while attempts().await.is_empty() {
        tokio::time::timeout(world::PATIENCE, changes.recv()).await.expect("the lease runs out").expect("it is told");
    }
    world.complete(&grant, "2").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    assert_eq!(
        attempts().await.iter().map(|attempt| (attempt.number, attempt.failure.is_some())).collect::<Vec<_>>(),
        [(1, true), (2, false)]
    );
}

#[tokio::test]
async fn a_paused_queue_gives_nothing_until_it_is_opened() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    world.coordinator.pause_queue(&world.principal, "f".into(), true).await.expect("paused");
    world.start("p", "1").await;
    assert_eq!(now(&world, "f", 1).await, []);
    let world = world.restart().await;
    assert_eq!(now(&world, "f", 1).await, [], "also after a restart");
    world.coordinator.pause_queue(&world.principal, "f".into(), false).await.expect("opened");
    assert_eq!(world.lease(&["f"], 1).await.len(), 1);
}

#[tokio::test]
async fn a_step_can_ask_for_a_queue_and_a_version_of_its_function() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","queue":"gpu","function_version":"2"}"#).await;
    world.start("p", "1").await;
    assert_eq!(now(&world, "f", 1).await, [], "another queue");
    let served = |version: &str| esteira_coordinator::workers::Served {
        name: "f".into(),
        version: version.into(),
        output_type: None,
        summary: String::new(),
    };
    let poll = |worker: &str, wait| LeaseTasks { queues: vec!["gpu".into()], ..world.poll(worker, &["f"], 1, wait) };
    for (worker, version) in [("old", "1"), ("new", "2")] {
        let info = esteira_coordinator::workers::Info {
            worker_id: worker.into(),
            functions: vec![served(version)],
            ..Default::default()
        };
        world.coordinator.register_worker(&world.principal, info);
    }
    let old =
        world.coordinator.lease_tasks(&world.principal, poll("old", Duration::from_millis(50))).await.expect("a poll");
    assert_eq!(old.grants, [], "another version");
    let new = world.coordinator.lease_tasks(&world.principal, poll("new", world::PATIENCE)).await.expect("a poll");
    assert_eq!(new.grants.len(), 1);
}
