//! Answers that get lost: the same question again, and nothing happens twice.

use crate::{
    proxy::{By, Call, Loss},
    worker,
    world::World,
};
use esteira_e2e::jobs;
use esteira_sdk::{
    client::v1::{self, FailureKind},
    model::Payload,
};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::time::Instant;

/// From a lost answer to the end of its job: less than the lease of 30 s, or the task was granted twice.
const RESENT_MAX: Duration = Duration::from_secs(20);

pub(super) async fn lost_lease_answer(world: &World) {
    let worker = world.worker(2).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    world.run("raw", Payload::json("0")).await;
    worker.proxy.lose(Loss::of_leases());
    let begun = Instant::now();
    let job = world.begin("raw", Payload::json("1")).await;
    world.succeeded(&job).await;
    assert!(worker.proxy.all_lost(), "no answer with leases was lost");
    assert!(begun.elapsed() < RESENT_MAX, "the leases came again only after {:?}", begun.elapsed());
    assert_eq!(world.task(&job).await.attempts.len(), 1, "it was granted once");

    let calls = worker.proxy.calls();
    let lost = calls.iter().position(|call| call.lost).expect("one is lost");
    assert_repeated(&calls, lost);
}

pub(super) async fn lost_report_answer(world: &World) {
    let worker = world.worker(2).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    worker.proxy.lose(Loss::of("ReportTasks"));
    let job = world.begin("raw", Payload::json("1")).await;
    world.succeeded(&job).await;
    let applied = |calls: &[Call]| worker::outcomes(calls).iter().any(|it| it.already_applied).then_some(());
    worker.shows("a report is answered with `already_applied`", applied).await;
    let calls = worker.proxy.calls();
    let lost = calls.iter().position(|call| call.lost).expect("one is lost");
    assert_repeated(&calls, lost);
    assert_eq!(world.task(&job).await.attempts.len(), 1);
    world.run("raw", Payload::json("2")).await;
}

pub(super) async fn reset_streams(world: &World) {
    let worker = world.worker(1).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    for loss in [Loss::of_leases(), Loss::of("ReportTasks")] {
        let since = worker.proxy.calls().len();
        worker.proxy.lose(loss.by(By::Stream));
        let begun = Instant::now();
        let job = world.begin("raw", Payload::json("1")).await;
        world.succeeded(&job).await;
        let again = |calls: &[Call]| {
            let lost = since + calls[since..].iter().position(|call| call.lost)?;
            calls[lost + 1..].iter().any(|call| call.request == calls[lost].request).then_some(lost)
        };
        let lost = worker.shows("it is asked again", again).await;
        assert!(begun.elapsed() < RESENT_MAX, "it was done only after {:?}", begun.elapsed());
        assert_repeated(&worker.proxy.calls(), lost);
        assert_eq!(world.task(&job).await.attempts.len(), 1);
    }
}

/// The call after the lost one of the same kind is the same, byte for byte.
fn assert_repeated(calls: &[Call], lost: usize) {
    let same = |call: &&Call| call.method == calls[lost].method;
    let again = calls[lost + 1..].iter().find(same).expect("it is sent again");
    assert_eq!(again.request, calls[lost].request, "{} is sent again with other bytes", again.method);
    let tokens = |call: &Call| -> Vec<String> { worker::leases(call).into_iter().map(|it| it.lease_token).collect() };
    if again.method == "LeaseTasks" {
        assert_eq!(tokens(again), tokens(&calls[lost]), "other leases");
    }
}

pub(super) async fn stale_token(world: &World) {
    let mut late = world.worker(1).await;
    let emit = |json: &str| json!({"emit": {"topic": "said", "key": "k", "json": json}});
    let attempts = json!([[{"sleep_ms": 1200}, emit("1"), {"return": "1"}], [emit("2"), {"return": "2"}]]);
    let step =
        json!({"step_key": "only", "function": "kit.script", "config": {"attempts": attempts}, "lease_ttl": "1s"});
    world.publish("slow", json!([step])).await;
    let job = world.begin("slow", Payload::json("null")).await;
    world.leased(&job).await;
    late.process.pause();
    let mut other = world.worker(1).await;
    let ended = world.succeeded(&job).await;
    late.process.resume();
    assert_eq!(jobs::results(&ended), [json!(2)]);

    other.stop(worker::SOON).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    world.run("raw", Payload::json("3")).await;
    let task = world.task(&job).await;
    let ends: Vec<(FailureKind, &str)> = task
        .attempts
        .iter()
        .map(|it| (it.failure.as_ref().map_or(FailureKind::Unspecified, v1::Failure::kind), it.worker_id.as_str()))
        .collect();
    assert_eq!(ends, [(FailureKind::LeaseExpired, late.id.as_str()), (FailureKind::Unspecified, other.id.as_str())]);
    assert!(task.attempts[1].fence > task.attempts[0].fence);
    let said: Vec<Value> = super::messages::all(world, &["said"]).await.iter().map(super::messages::value).collect();
    assert_eq!(said, [json!(2)]);
    late.stop(worker::SOON).await;
}
