//! How workers end: asked to, or not.

use crate::{
    worker::{self, SOON},
    world::World,
};
use esteira_e2e::jobs;
use esteira_sdk::{
    client::v1::{self, FailureKind, worker_service_client::WorkerServiceClient},
    model::Payload,
};
use serde_json::json;
use std::time::Duration;
use tokio::time::Instant;

/// From SIGTERM to the end of a worker that waits for work.
const PARKED_MAX: Duration = Duration::from_secs(2);

/// Work of 2.5 s that can be seen to have begun: its checkpoint comes with a heartbeat after a third of the lease.
async fn publish_slow(world: &World) {
    let config = json!({"attempts": [[{"checkpoint": "1"}, {"sleep_ms": 2_500}, {"return": "\"done\""}]]});
    let step = json!({"step_key": "only", "function": "kit.script", "config": config, "lease_ttl": "3s"});
    world.publish("slow", json!([step])).await;
}

pub(super) async fn sigterm_parked(world: &World) {
    let mut worker = world.worker(2).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    world.run("raw", Payload::json("1")).await;
    worker.parked().await;
    let took = worker.stop(SOON).await;
    assert!(took < PARKED_MAX, "it took {took:?}");
    let drained = worker.proxy.calls().iter().any(|call| call.method == "DrainWorker");
    assert!(drained, "it did not tell the coordinator");
}

pub(super) async fn sigterm_running(world: &World) {
    let mut worker = world.worker(2).await;
    publish_slow(world).await;
    let job = world.begin("slow", Payload::json("null")).await;
    worker.runs().await;
    let told = Instant::now();
    worker.stop(SOON).await;
    done_once(world, &job).await;
    let calls = worker.proxy.calls();
    let late = calls.iter().filter(|call| call.begun > told && !worker::leases(call).is_empty()).count();
    assert_eq!(late, 0, "it leased after SIGTERM");
}

pub(super) async fn drained(world: &World) {
    let mut worker = world.worker(2).await;
    publish_slow(world).await;
    let job = world.begin("slow", Payload::json("null")).await;
    worker.runs().await;
    let url = world.server().await.url();
    let mut operator = WorkerServiceClient::connect(url).await.expect("the coordinator listens");
    let drain = v1::DrainWorkerRequest { worker_id: worker.id.clone(), reason: "a test".into(), ..Default::default() };
    operator.drain_worker(drain).await.expect("it is drained");
    worker.ends_well(SOON).await;
    done_once(world, &job).await;
}

async fn done_once(world: &World, job: &str) {
    assert_eq!(jobs::results(&world.succeeded(job).await), [json!("done")]);
    let attempts = world.task(job).await.attempts;
    assert_eq!(attempts.len(), 1, "{attempts:?}");
}

pub(super) async fn killed(world: &World) {
    let mut doomed = world.worker(1).await;
    let attempts = json!([[{"checkpoint": "{\"at\":7}"}, {"sleep_ms": 60_000}], [{"return_checkpoint": true}]]);
    let step =
        json!({"step_key": "only", "function": "kit.script", "config": {"attempts": attempts}, "lease_ttl": "2s"});
    world.publish("slow", json!([step])).await;
    let job = world.begin("slow", Payload::json("null")).await;
    doomed.runs().await;
    let other = world.worker(1).await;
    doomed.process.kill9().await;
    let ended = world.succeeded(&job).await;
    assert_eq!(jobs::results(&ended), [json!({"at": 7})]);
    let task = world.task(&job).await;
    let kinds: Vec<FailureKind> =
        task.attempts.iter().map(|it| it.failure.clone().unwrap_or_default().kind()).collect();
    assert_eq!(kinds, [FailureKind::LeaseExpired, FailureKind::Unspecified]);
    assert!(task.attempts[1].fence > task.attempts[0].fence, "{:?}", task.attempts);
    assert_eq!(task.attempts[1].worker_id, other.id);
}

pub(super) async fn spool(world: &World) {
    let mut worker = world.worker_named("spooler", 1, None).await;
    let config = json!({"attempts": [[{"checkpoint": "1"}, {"sleep_ms": 12_000}, {"return": "\"done\""}]]});
    let step = json!({"step_key": "only", "function": "kit.script", "config": config, "lease_ttl": "30s"});
    world.publish("slow", json!([step])).await;
    let job = world.begin("slow", Payload::json("null")).await;
    worker.runs().await;
    world.server().await.kill9().await;
    worker.process.terminate();
    // With what exit code a worker ends that could not deliver is its own business.
    worker.process.ended(Duration::from_secs(60)).await;
    world.server().await.restart().await;
    let mut next = world.worker_named("spooler", 1, None).await;
    done_once(world, &job).await;
    assert_eq!(next.proxy.calls().iter().flat_map(worker::leases).count(), 0, "it ran again");
    next.stop(SOON).await;
}
