//! I14: every ended attempt has exactly one leaf, every job one for its start and one for its end, and the rows give back the same
//! bytes.

mod recorded;
mod world;

use esteira_coordinator::{
    Grant,
    reprocess::ReprocessJob,
    work::{Append, Control, Reported, ReportedOutput, Retry},
};
use esteira_model::{Emit, Failure, FailureKind, JobAction, JobId, JobState, Payload, Point, Verdict};
use recorded::{checked, work, worked};
use std::time::Duration;
use world::{World, completed, failed, multiple, report, single};

fn broken() -> Reported {
    let failure = Failure {
        message: "0123456789 is no number of ours".into(),
        stack_trace: "at line 1".into(),
        ..Failure::engine(FailureKind::NonRetryable, "BROKEN", "")
    };
    Reported::Failed(failure, None)
}

fn items(count: usize) -> Reported {
    completed(ReportedOutput::Multiple((0..count).map(|i| Payload::json(i.to_string())).collect()))
}

/// What each function does in these tests: the name says it.
fn by_name(grant: &Grant) -> Reported {
    let name: &str = &grant.function;
    match name.split_once('.').unwrap_or((name, "")) {
        ("one", _) => single(&format!("{{\"after\":\"{}\"}}", grant.step_key)),
        ("many", count) => items(count.parse().expect("a number of items")),
        ("none", _) => completed(ReportedOutput::None),
        ("hiccup", _) if grant.attempt == 1 => failed("HICCUP"),
        ("hiccup", _) => single("1"),
        ("fail", _) => broken(),
        ("odd", _) => match grant.input.as_json().and_then(|json| json.parse::<u32>().ok()) {
            Some(number) if number % 2 == 1 => broken(),
            _ => single("2"),
        },
        _ => panic!("{name} is no function of these tests"),
    }
}

async fn run(world: &World, steps: &str) -> JobId {
    world.publish("p", steps).await;
    let job = world.start("p", r#"{"a":1}"#).await;
    worked(&[world], job.id, by_name).await;
    job.id
}

fn control(world: &World, job: JobId, action: JobAction) -> Control {
    Control {
        account: world.principal.account.clone(),
        job,
        action,
        reason: "it is wrong".into(),
        revision: None,
        request: None,
        deed: None,
    }
}

#[tokio::test]
async fn a_line_with_conditions_and_policies() {
    let world = World::new().await;
    let document = r#"{"name":"p","policies":[{"name":"is","version":"7","condition":"has(value.after)","enforce":false}],"steps":[
        {"step_key":"a","function":"one","next":["c"],"output_policies":["is"],"input_policies":["is"]},
        {"step_key":"c","function":"condition","next":[{"step_key":"b","condition":"has(output.after)"}]},
        {"step_key":"b","function":"none","output":"none","next":["w"]},{"step_key":"w","function":"wait","config":{"duration":"1ms"},"next":["z"]},
        {"step_key":"z","function":"one","input":{"in":{"$ref":"/input"}},"next":[]}]}"#;
    world.publish_document("p", document).await;
    let job = world.start("p", "1").await;
    worked(&[&world], job.id, by_name).await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.kinds(), [("AttemptEnded", 3), ("JobEnded", 1), ("JobStarted", 1)]);
    let first = leaves.of_step("a");
    assert_eq!(first["policies"][0]["passed"], false, "{first}");
    assert_eq!(first["policies"].as_array().map(Vec::len), Some(1), "one policy, asked twice");
    assert_eq!(leaves.of_step("z")["parents"], serde_json::json!([leaves.hash_of("b")]), "through the wait");
}

/// A branch that a condition ends is the end of a line.
#[tokio::test]
async fn a_line_that_a_condition_ends() {
    let world = World::new().await;
    run(&world, r#"{"step_key":"a","function":"one","next":[{"step_key":"b","condition":"false"}]},{"step_key":"b","function":"one"}"#)
        .await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.of_kind("JobEnded")["parents"], serde_json::json!([leaves.hash_of("a")]));
}

#[tokio::test]
async fn fan_outs_of_any_width_and_their_joins() {
    for count in [0, 1, 20, 200] {
        let world = World::new().await;
        run(
            &world,
            &format!(
                r#"{{"step_key":"a","function":"many.{count}","output":"multiple","next":["b","e"]}},
                {{"step_key":"b","function":"one","next":["j"]}},{{"step_key":"j","function":"one","join":"all"}},
                {{"step_key":"e","function":"condition","next":[]}}"#
            ),
        )
        .await;
        let leaves = checked(&world).await;
        let parents = &leaves.of_step("j")["parents"];
        // A join of nothing follows from what had no items; many parents are folded.
        let expected = match count {
            0 => serde_json::json!([leaves.hash_of("a")]),
            1 => serde_json::json!([leaves.hash_of("b")]),
            _ => serde_json::json!(count.to_string()),
        };
        assert_eq!(if count > 1 { &parents["count"] } else { parents }, &expected);
        assert_eq!(leaves.kinds()[0], ("AttemptEnded", count as usize + 2));
    }
}

#[tokio::test]
async fn outputs_that_come_in_chunks() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f","output":"multiple"}"#).await;
    let job = world.start("p", "1").await;
    let grant = world.lease(&["f"], 1).await.remove(0);
    for chunk_index in 0..3 {
        let items = (0..7).map(|i| Payload::json(i.to_string())).collect();
        let append = Append { token: grant.lease, chunk_index, items };
        world.coordinator.append_outputs(append).await.expect("appended");
    }
    assert_eq!(world.report(&grant, completed(ReportedOutput::Appended(21))).await.refused, None);
    world.ended(job.id).await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.of_step("a")["outputs"]["count"], "21");
    assert_eq!(leaves.of_kind("JobEnded")["results"], leaves.of_step("a")["outputs"]);
}

#[tokio::test]
async fn sub_plans_within_sub_plans() {
    let world = World::new().await;
    world.publish("inner", r#"{"step_key":"x","function":"hiccup","retry":{"initial_backoff":"1ms"}}"#).await;
    world.publish("bad", r#"{"step_key":"x","function":"fail"}"#).await;
    world
        .publish(
            "outer",
            r#"{"step_key":"i","sub_plan":{"plan":"inner"},"next":["y"]},{"step_key":"y","function":"one"}"#,
        )
        .await;
    run(
        &world,
        r#"{"step_key":"first","sub_plan":{"plan":"outer"},"next":["many"]},
        {"step_key":"many","function":"many.3","output":"multiple","next":["each"]},
        {"step_key":"each","sub_plan":{"plan":"outer"},"next":["j"]},{"step_key":"j","function":"one","join":"all","next":["b"]},
        {"step_key":"b","sub_plan":{"plan":"bad"},"on_failure_step":"h","next":["n"]},
        {"step_key":"n","function":"one"},{"step_key":"h","function":"one"}"#,
    )
    .await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.kinds()[1..], [("JobEnded", 10), ("JobStarted", 10)]);
}

#[tokio::test]
async fn failures_retries_and_tasks_tried_again() {
    let world = World::new().await;
    let steps = r#"{"step_key":"m","function":"many.4","output":"multiple","next":["o"]},
        {"step_key":"o","function":"f","retry":{"max_attempts":2,"initial_backoff":"1ms"},"next":["j"]},
        {"step_key":"j","function":"one","join":"all"},{"step_key":"slow","function":"slow","next":["j"]}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "1").await;
    work(&[&world], &["many.4"], by_name).await;
    let mut again = Vec::new();
    for round in 0..8 {
        let grant = world.lease(&["f"], 1).await.remove(0);
        let bad = again.len() < 2 && grant.attempt <= 2 && round < 6 && grant.input.as_json() < Some("2");
        let result = world.report(&grant, if bad { failed("NO") } else { single("1") }).await;
        if bad && result.retry_in.is_none() {
            again.push(grant.lease.task);
        }
        if round >= 5 && world.leases().await == 0 && again.len() == 2 {
            break;
        }
    }
    assert_eq!(again.len(), 2);
    let retry =
        Retry { account: world.principal.account.clone(), job: job.id, tasks: again, request: None, deed: None };
    world.coordinator.retry_tasks(retry).await.expect("tried again");
    let retried = world.lease(&["f"], 2).await;
    for grant in &retried {
        world.complete(grant, "3").await;
    }
    if retried.len() < 2 {
        let grant = world.lease(&["f"], 1).await.remove(0);
        world.complete(&grant, "3").await;
    }
    let slow = world.lease(&["slow"], 1).await.remove(0);
    world.complete(&slow, "9").await;
    worked(&[&world], job.id, by_name).await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.of_step("j")["parents"].as_array().map(Vec::len), Some(5));
    assert_eq!(leaves.kinds()[0], ("AttemptEnded", 1 + 2 + 4 + 2 + 1 + 1));
}

#[tokio::test]
async fn what_fails_without_an_attempt() {
    let world = World::new().await;
    run(
        &world,
        r#"{"step_key":"a","function":"one","next":["t"]},
        {"step_key":"t","function":"one","input":{"$ref":"/input/nothing/there"},"on_failure_step":"h","next":["n"]},
        {"step_key":"n","function":"one"},{"step_key":"h","function":"fail"}"#,
    )
    .await;
    let leaves = checked(&world).await;
    assert_eq!(leaves.of_step("h")["parents"], serde_json::json!([leaves.hash_of("a")]));
    let end = leaves.of_kind("JobEnded");
    assert_eq!((end["state"].as_str(), end["failure"]["code"].as_str()), (Some("FAILED"), Some("BROKEN")));
}

#[tokio::test]
async fn jobs_that_are_stopped() {
    let steps = r#"{"step_key":"a","function":"f","next":["j"]},{"step_key":"s","sub_plan":{"plan":"child"},"next":["j"]},
        {"step_key":"l","function":"g","next":["j"]},{"step_key":"j","function":"one","join":"all"}"#;
    for action in [JobAction::Terminate, JobAction::Cancel] {
        let world = World::new().await;
        world.publish("child", r#"{"step_key":"x","function":"g"}"#).await;
        world.publish("p", steps).await;
        let job = world.start("p", "1").await;
        let first = world.lease(&["f"], 1).await.remove(0);
        world.complete(&first, "1").await;
        let held = world.lease(&["g"], 1).await;
        world.coordinator.control_job(control(&world, job.id, action)).await.expect("stopped");
        if action == JobAction::Cancel {
            assert_eq!(world.report(&held[0], single("1")).await.refused, None);
        }
        assert_eq!(world.ended(job.id).await.state, JobState::Cancelled);
        let leaves = checked(&world).await;
        assert_eq!(leaves.kinds()[0].1, 2, "what ran and what was stopped while it ran");
        assert!(!leaves.of_kind("JobEnded")["texts"].is_null(), "why it was stopped");
    }
}

#[tokio::test]
async fn times_that_run_out() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"f","execution_timeout":"1s","retry":{"max_attempts":2,"initial_backoff":"1ms"},"next":["b"]},
        {"step_key":"b","function":"g","lease_ttl":"1s"}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "1").await;
    world.lease(&["f"], 1).await;
    let second = world.lease(&["f"], 1).await.remove(0);
    assert_eq!(second.attempt, 2);
    world.complete(&second, "1").await;
    let lost = world.lease(&["g"], 1).await.remove(0);
    world.until(async || world.leases().await == 0).await;
    // The lease is lost and recorded as such; the report that comes late is a further attempt.
    let late = report(
        &lost,
        Reported::Completed {
            output: ReportedOutput::Single(Payload::json("2")),
            aggregate_after: None,
            emits: vec![Emit {
                topic: "t".into(),
                key: "k".into(),
                payload: Payload::json("3"),
                headers: Default::default(),
            }],
            verdicts: vec![Verdict { policy: "own".into(), version: "1".into(), passed: true, detail: "fine".into() }],
        },
    );
    assert_eq!(world.reports(vec![late]).await[0].refused, None);
    assert_eq!(world.ended(job.id).await.state, JobState::Succeeded);
    let timed_out = world.start_with_timeout("p", Duration::from_secs(1)).await;
    world.lease(&["f"], 1).await;
    assert_eq!(world.ended(timed_out.id).await.state, JobState::TimedOut);
    let leaves = checked(&world).await;
    assert_eq!(leaves.kinds(), [("AttemptEnded", 5), ("JobEnded", 2), ("JobStarted", 2)]);
}

/// After a restart nothing is kept in memory: what leaves refer to is read from the rows, and they are the same.
#[tokio::test]
async fn a_coordinator_that_knows_nothing_records_the_same() {
    let mut world = World::new().await;
    world.publish("child", r#"{"step_key":"x","function":"one"}"#).await;
    let steps = r#"{"step_key":"a","function":"many.30","output":"multiple","next":["c"]},
        {"step_key":"c","function":"condition","next":[{"step_key":"b","condition":"output != 3"}]},
        {"step_key":"b","function":"hiccup","retry":{"initial_backoff":"1ms"},"next":["j"]},
        {"step_key":"j","function":"none","output":"none","join":"all","next":["s"]},{"step_key":"s","sub_plan":{"plan":"child"},"next":["z"]},
        {"step_key":"z","function":"one"}"#;
    world.publish("p", steps).await;
    let job = world.start("p", "1").await;
    while !world.job(job.id).await.state.is_terminal() {
        let functions = ["many.30", "hiccup", "none", "one"];
        let grants =
            world.coordinator.lease_tasks(&world.principal, world.poll("w", &functions, 100, world::PATIENCE)).await;
        let grants = grants.expect("a poll").grants;
        world = world.restart().await;
        let reports = grants.iter().map(|grant| report(grant, by_name(grant))).collect();
        world.reports(reports).await;
    }
    let leaves = checked(&world).await;
    assert_eq!(leaves.kinds()[0].1, 1 + 2 * 29 + 1 + 1 + 1);
    assert_eq!(leaves.of_step("j")["parents"]["count"], "29");
}

/// INV-ONE-TX: what is refused with its batch, or answered again, has no leaf.
#[tokio::test]
async fn what_is_refused_or_repeated_has_no_leaf() {
    let world = World::new().await;
    world.publish("p", r#"{"step_key":"a","function":"f"}"#).await;
    let job = world.try_start("p", "1", Some("r")).await.expect("started").job;
    world.try_start("p", "1", Some("r")).await.expect("the same");
    world.try_start("p", "2", Some("r")).await.expect_err("another request");
    let grant = world.lease(&["f"], 1).await.remove(0);
    assert!(world.report(&grant, multiple(&["1"])).await.refused.is_some(), "of another type");
    world.complete(&grant, "1").await;
    assert!(world.report(&grant, single("1")).await.already_applied);
    world.ended(job.id).await;
    assert_eq!(checked(&world).await.kinds(), [("AttemptEnded", 1), ("JobEnded", 1), ("JobStarted", 1)]);
}

/// What ends an attempt and what ends its job may come at one moment: two rounds of one batch.
#[tokio::test]
async fn an_attempt_and_its_job_run_out_of_time_together() {
    let world = World::new().await;
    let step = r#"{"step_key":"a","function":"f","execution_timeout":"1s","retry":{"max_attempts":2,"initial_backoff":"1h","max_backoff":"1h"}}"#;
    world.publish("p", step).await;
    let jobs = [
        world.start_with_timeout("p", Duration::from_secs(1)).await,
        world.start_with_timeout("p", Duration::from_secs(1)).await,
    ];
    world.lease(&["f"], 2).await;
    for job in jobs {
        assert_eq!(world.ended(job.id).await.state, JobState::TimedOut);
    }
    checked(&world).await;
}

/// A job that goes on carries bodies of another tree of jobs: its leaves hide them with its own seed, whatever is in memory.
#[tokio::test]
async fn what_a_job_carries_is_committed_with_its_own_seed() {
    let world = World::new().await;
    let steps = r#"{"step_key":"a","function":"one","next":["z"]},{"step_key":"z","function":"fail"}"#;
    let job = run(&world, steps).await;
    for point in [Point::LastStep, Point::Steps(vec!["a".into()])] {
        let ask = ReprocessJob {
            request: None,
            job,
            point,
            version: 0,
            input: None,
            reason: "repaired".into(),
            dry_run: false,
        };
        let new = world.coordinator.reprocess_job(&world.principal, ask).await.expect("it goes on");
        worked(&[&world], new.started.expect("started").job.id, by_name).await;
    }
    checked(&world).await;
}

/// The first leaf of a job that goes on from another follows from that one's last leaf, and its start follows from the link.
#[tokio::test]
async fn a_job_that_goes_on_is_linked_to_the_old_one() {
    let keys = |keys: &[&str]| Point::Steps(keys.iter().map(|key| (*key).into()).collect());
    let points = [
        (Point::LastStep, None, ""),
        (Point::FailedItems, None, "*"),
        (keys(&["z"]), Some("7"), "z"),
        (keys(&["a"]), Some("8"), "a"),
        (keys(&["b", "s"]), None, "b,s"),
    ];
    let both = points.into_iter().flat_map(|one| [(one.clone(), false), (one, true)]);
    for ((point, input, from_step), is_known) in both {
        let mut world = World::new().await;
        world.publish("child", r#"{"step_key":"x","function":"one"}"#).await;
        let steps = r#"{"step_key":"a","function":"one","next":["b","s"]},{"step_key":"b","function":"one","next":["z"]},
            {"step_key":"s","sub_plan":{"plan":"child"},"next":["z"]},{"step_key":"z","function":"fail","join":"all"}"#;
        let old = run(&world, steps).await;
        // The old job is in memory, with commitments under another seed, or is read from its rows.
        if !is_known {
            world = world.restart().await;
        }
        let ask = ReprocessJob {
            request: None,
            job: old,
            point,
            version: 0,
            input: input.map(|text| Payload::json(text.to_owned())),
            reason: "repaired".into(),
            dry_run: false,
        };
        let new = world.coordinator.reprocess_job(&world.principal, ask).await.expect("it goes on");
        let new = new.started.expect("started").job.id;
        worked(&[&world], new, by_name).await;
        let leaves = checked(&world).await;
        let link = leaves.of_kind("JobReprocessed");
        assert_eq!(
            link["parents"],
            serde_json::json!([leaves.of_job("JobEnded", old).0]),
            "the last leaf of the old job"
        );
        assert_eq!((&link["source_job"], &link["from_step"]), (&old.to_string().into(), &from_step.into()));
        assert_eq!(link["overrides"].as_array().map(Vec::len), Some(usize::from(input.is_some())));
        let start = &leaves.of_job("JobStarted", new).1;
        assert_eq!(start["parents"], serde_json::json!([leaves.of_job("JobReprocessed", new).0]));
        assert_eq!(start["lineage"], "REPROCESS");
        assert_eq!(leaves.of_job("JobStarted", old).1["parents"], serde_json::json!([]));
    }
}
