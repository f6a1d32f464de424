//! What workers and relays do besides the plain report: heartbeats, checkpoints, chunks, releases, retries, outbox leases.

mod world;

use esteira_coordinator::{
    Reason,
    lane::Lane,
    lease_tasks::LeaseTasks,
    outbox::{LeaseOutbox, NackOutbox},
    work::{Append, BeatVerdict, Control, HeartBeat, Reported, ReportedOutput, Retry},
};
use esteira_model::{Emit, Headers, JobAction, JobState, Payload, limits};
use esteira_store::{Live, LivePlace, TaskRecord};
use std::time::Duration;
use world::{World, failed, multiple, single};

#[tokio::test]
async fn a_heartbeat_extends_saves_and_tells_of_a_cancel() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","retry":{"max_attempts":3,"initial_backoff":"1ms"}}"#).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let beat = |checkpoint: Option<&str>| {
        vec![HeartBeat {
            token: grant.lease,
            checkpoint: checkpoint.map(Payload::json),
            ttl: Some(Duration::from_secs(7)),
        }]
    };
    let send = |beats| world.coordinator.heartbeat_leases(&world.principal, "w", beats);
    assert_eq!(send(beat(Some("42"))).await.expect("a verdict").0, [BeatVerdict::Active(Duration::from_secs(7))]);
    world.report(&grant, failed("AGAIN")).await;
    assert_eq!(send(beat(None)).await.expect("a verdict").0, [BeatVerdict::Lost]);
    let next = world.lease(&["f"], 1).await.remove(0);
    assert_eq!(next.checkpoint.as_ref().and_then(Payload::as_json), Some("42"), "the next attempt goes on from there");
    let cancel = Control {
        account: world.principal.account.clone(),
        job: job.id,
        action: JobAction::Cancel,
        reason: "enough".into(),
        revision: None,
        request: None,
        deed: None,
    };
    world.coordinator.control_job(cancel).await.expect("cancelling");
    let beats = vec![HeartBeat { token: next.lease, checkpoint: None, ttl: None }];
    assert!(matches!(send(beats).await.expect("a verdict").0[..], [BeatVerdict::CancelRequested(_)]));
    world.complete(&next, "0").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Cancelled, "what ran may end, and nothing follows");
}

#[tokio::test]
async fn a_large_fan_out_comes_in_chunks_that_may_be_sent_again() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":["j"]},{"step_key":"j","function":"g","join":"all"}"#;
    world.publish("p", steps).await;
    world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let chunk = |index, items: &[&str]| Append {
        token: grant.lease,
        chunk_index: index,
        items: items.iter().map(|item| Payload::json(*item)).collect(),
    };
    let send = |append| world.coordinator.append_outputs(append);
    assert_eq!(send(chunk(0, &["1", "2"])).await.expect("appended"), 2);
    assert_eq!(send(chunk(0, &["1", "2"])).await.expect("INV-REPLAY"), 2);
    assert_eq!(send(chunk(2, &["9"])).await.expect_err("a gap").reason, Reason::ChunkGap);
    assert_eq!(send(chunk(1, &["3"])).await.expect("appended"), 3);
    let short = world.report(&grant, world::completed(ReportedOutput::Appended(2))).await;
    assert_eq!(short.refused.map(|(reason, _)| reason), Some(Reason::ChunkGap));
    assert_eq!(world.report(&grant, world::completed(ReportedOutput::Appended(3))).await.refused, None);
    assert_eq!(world.lease(&["g"], 1).await[0].input.as_json(), Some("[1,2,3]"));
}

#[tokio::test]
async fn a_released_task_costs_no_attempt_and_a_wrong_output_type_changes_nothing() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let wrong = world.report(&grant, multiple(&["1"])).await;
    assert_eq!(wrong.refused.map(|(reason, _)| reason), Some(Reason::OutputTypeMismatch));
    world.report(&grant, Reported::Released).await;
    let again = world.lease(&["f"], 1).await.remove(0);
    assert_eq!((again.attempt, again.lease.fence), (1, 2));
    world.complete(&again, "2").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn a_failed_item_is_tried_again_and_the_join_that_waited_for_it_fires() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":["b"]},{"step_key":"b","function":"g","retry":{"max_attempts":1},"next":["j"]},
        {"step_key":"hold","function":"h","next":["j"]},{"step_key":"j","function":"k","join":"all"}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "0").await;
    let first = world.lease(&["f"], 1).await.remove(0);
    world.report(&first, multiple(&["1", "2"])).await;
    let held = world.lease(&["h"], 1).await.remove(0);
    let mut items = world.lease(&["g"], 2).await;
    while items.len() < 2 {
        items.extend(world.lease(&["g"], 2).await);
    }
    world.report(&items[0], failed("BROKEN")).await;
    world.complete(&items[1], "20").await;
    let retry = Retry {
        account: world.principal.account.clone(),
        job: job.id,
        tasks: vec![items[0].lease.task],
        request: None,
        deed: None,
    };
    assert_eq!(world.coordinator.retry_tasks(retry.clone()).await.expect("tried again").len(), 1);
    assert_eq!(
        world.coordinator.retry_tasks(retry).await.expect_err("no failed task is left").reason,
        Reason::JobStateConflict
    );
    let again = world.lease(&["g"], 1).await.remove(0);
    world.complete(&again, "10").await;
    world.complete(&held, "30").await;
    let join = world.lease(&["k"], 1).await.remove(0);
    assert_eq!(join.input.as_json(), Some("[30,10,20]"), "by item path, then by step");
    world.complete(&join, "0").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
}

#[tokio::test]
async fn expressions_read_earlier_steps_of_the_branch() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":["b"]},
        {"step_key":"b","function":"g","next":[{"step_key":"c","condition":"steps.a.output.n == input.n && job.input > 6 && item.index == 1"}]},
        {"step_key":"c","function":"h","input":{"was":{"$ref":"/steps/a/output/n"},"now":{"$ref":"/input"},"all":{"$ref":"/job/input"}}}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "7").await;
    let first = world.lease(&["f"], 1).await.remove(0);
    world.report(&first, multiple(&[r#"{"n":1}"#, r#"{"n":2}"#])).await;
    let mut items = world.lease(&["g"], 2).await;
    while items.len() < 2 {
        items.extend(world.lease(&["g"], 2).await);
    }
    for item in &items {
        world.complete(item, "\"done\"").await;
    }
    let last = world.lease(&["h"], 2).await;
    assert_eq!(
        last.iter().map(|grant| grant.input.as_json().unwrap_or_default()).collect::<Vec<_>>(),
        [r#"{"was":2,"now":"done","all":7}"#]
    );
    world.complete(&last[0], "0").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
}

/// INV-ONE-TX, INV-OUTBOX.
#[tokio::test]
async fn inv_one_tx_messages_commit_with_their_step_and_keep_their_order() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    let emit = |key: &str, body: &str| Emit {
        topic: "t".into(),
        key: key.into(),
        payload: Payload::json(body),
        headers: Headers::new(),
    };
    let emits = vec![emit("k", "1"), emit("k", "2"), emit("other", "3")];
    let lease = |request: &str, wait| LeaseOutbox {
        worker_id: "relay".into(),
        request_id: request.into(),
        topics: vec!["t".into()],
        max_messages: 10,
        wait,
        ttl: None,
    };
    let early =
        world.coordinator.lease_outbox(&world.principal, lease("r0", Duration::ZERO)).await.expect("nothing yet");
    assert_eq!(early, []);
    let output = Reported::Completed {
        output: ReportedOutput::Single(Payload::json("0")),
        aggregate_after: None,
        emits,
        verdicts: Vec::new(),
    };
    assert_eq!(world.report(&grant, output).await.refused, None);
    let mut runs =
        world.coordinator.lease_outbox(&world.principal, lease("r1", world::PATIENCE)).await.expect("messages");
    let again = world.coordinator.lease_outbox(&world.principal, lease("r1", Duration::ZERO)).await.expect("INV-POLL");
    assert_eq!(
        runs.iter().map(|run| &run.token).collect::<Vec<_>>(),
        again.iter().map(|run| &run.token).collect::<Vec<_>>()
    );
    runs.sort_by(|a, b| a.run.key.cmp(&b.run.key));
    assert_eq!(runs.iter().map(|run| run.run.messages.len()).collect::<Vec<_>>(), [2, 1]);
    let key = (runs[0].run.key.clone(), runs[0].run.fence);
    let [first, second] = &runs[0].run.messages[..] else { panic!("two messages") };
    assert_eq!(world.coordinator.ack_outbox(key.clone(), first.sequence).await.expect("acked"), 1);
    let nack = NackOutbox {
        lease: key.clone(),
        from_sequence: second.sequence,
        retry_after: Duration::ZERO,
        park: false,
        failure: "no route".into(),
    };
    world.coordinator.nack_outbox(nack).await.expect("nacked");
    assert_eq!(
        world.coordinator.ack_outbox(key, second.sequence).await.expect_err("the lease has ended").reason,
        Reason::LeaseLost
    );
    let retried =
        world.coordinator.lease_outbox(&world.principal, lease("r2", world::PATIENCE)).await.expect("it comes again");
    assert_eq!((retried[0].run.messages.len(), retried[0].run.messages[0].sequence), (1, second.sequence));
}

#[tokio::test]
async fn a_failure_handler_gets_the_failure_and_a_finished_job_takes_no_retry() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","retry":{"max_attempts":1},"on_failure_step":"h"},{"step_key":"h","function":"g"}"#).await;
    let job = world.start("p", "{\"k\":1}").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.report(&grant, failed("BROKEN")).await;
    let handler = world.lease(&["g"], 1).await.remove(0);
    let document: serde_json::Value =
        serde_json::from_str(handler.input.as_json().unwrap_or_default()).expect("a document");
    assert_eq!((&document["failure"]["code"], &document["input"]["k"]), (&"BROKEN".into(), &1.into()));
    assert_eq!(world.report(&handler, single("\"handled\"")).await.refused, None);
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    let retry = Retry {
        account: world.principal.account.clone(),
        job: job.id,
        tasks: vec![grant.lease.task],
        request: None,
        deed: None,
    };
    assert_eq!(world.coordinator.retry_tasks(retry).await.expect_err("it has ended").reason, Reason::JobTerminal);
}

#[tokio::test]
async fn a_failed_task_is_tried_again_once() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","output":"multiple","next":["b"]},{"step_key":"b","function":"g","retry":{"max_attempts":1}}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "0").await;
    let fan = world.lease(&["f"], 1).await.remove(0);
    world.report(&fan, multiple(&["1", "2", "3"])).await;
    let mut items = world.lease(&["g"], 3).await;
    while items.len() < 3 {
        items.extend(world.lease(&["g"], 3).await);
    }
    world.report(&items[0], failed("BROKEN")).await;
    world.report(&items[1], failed("BROKEN")).await;
    let retry = |tasks: &[usize]| {
        let tasks = tasks.iter().map(|&item| items[item].lease.task).collect();
        world.coordinator.retry_tasks(Retry {
            account: world.principal.account.clone(),
            job: job.id,
            tasks,
            request: None,
            deed: None,
        })
    };
    let refused = |error: esteira_coordinator::Error| (error.reason, error.field);
    assert_eq!(retry(&[0]).await.expect("tried again").len(), 1);
    for tasks in [&[0][..], &[1, 0], &[1, 1]] {
        let last = format!("task_ids[{}]", tasks.len() - 1);
        assert_eq!(retry(tasks).await.map_err(refused), Err((Reason::JobStateConflict, last)), "{tasks:?}");
    }
    assert_eq!(retry(&[2]).await.map_err(refused), Err((Reason::TaskNotFound, "task_ids[0]".into())), "it runs");
    let again = world.lease(&["g"], 1).await.remove(0);
    world.complete(&again, "10").await;
    assert_eq!(retry(&[0]).await.map_err(refused).unwrap_err().0, Reason::JobStateConflict, "also when that one ended");
    // At once: one of the two is first.
    let (one, other) = tokio::join!(retry(&[1]), retry(&[1]));
    assert_eq!(one.is_ok() as u8 + other.is_ok() as u8, 1);
    let again = world.lease(&["g"], 1).await.remove(0);
    world.complete(&again, "20").await;
    world.complete(&items[2], "30").await;
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    assert_eq!(world.results(job.id).await, ["10", "20", "30"]);
}

/// INV-POLL: the worker counts the lease from when it sent the poll, so a poll that is sent again begins it anew.
#[tokio::test]
async fn a_poll_that_is_sent_again_begins_its_leases_anew() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let job = world.start("p", "1").await;
    let send = || {
        let poll = LeaseTasks { request_id: "r".into(), ..world.poll("w", &["f"], 1, world::PATIENCE) };
        async { world.coordinator.lease_tasks(&world.principal, poll).await.expect("an answer").grants.remove(0) }
    };
    let first = send().await;
    world.pass(limits::LEASE_TTL_DEFAULT / 2);
    let again = send().await;
    assert_eq!((&again.token, again.ttl >= limits::LEASE_TTL_DEFAULT), (&first.token, true));
    let task = world.coordinator.reader().task(job.id, first.lease.task).await.expect("a task");
    let Some(TaskRecord::Live(Live { place: LivePlace::Leased(leased), .. })) = task else { panic!("{task:?}") };
    assert!(leased.expire_time.since(leased.grant_time) >= limits::LEASE_TTL_DEFAULT * 3 / 2);
}

#[tokio::test]
async fn a_worker_serves_while_it_polls_or_runs_something_and_a_moment_longer() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let text = |text: &str| text.to_owned();
    let lane = Lane { account: text("default"), queue: text("f"), function: text("f"), version: text(""), limit: None };
    let is_served = || world.coordinator.is_served(&world.principal, &lane);
    assert!(!is_served(), "nobody was ever here");
    world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    world.pass(Duration::from_secs(20));
    assert!(is_served(), "it holds a lease");
    world.complete(&grant, "1").await;
    assert!(!is_served(), "it has not called for a while");
    let poll = world.poll("w", &["f"], 1, Duration::ZERO);
    world.coordinator.lease_tasks(&world.principal, poll).await.expect("an empty answer");
    assert!(is_served(), "it called a moment ago");
    world.pass(Duration::from_secs(20));
    assert!(!is_served());
    let poll = world.poll("w", &["f"], 1, world::PATIENCE);
    let (polled, ()) = tokio::join!(world.coordinator.lease_tasks(&world.principal, poll), async {
        world.pass(Duration::from_secs(20));
        assert!(is_served(), "it polls");
        world.start("p", "2").await;
    });
    assert_eq!(polled.expect("a lease").grants.len(), 1);
}
