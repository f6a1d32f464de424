//! Work that must stop.

use crate::{worker, world::World};
use esteira_e2e::{until, within};
use esteira_sdk::{
    client::v1::{JobState, TaskState},
    model::Payload,
};
use serde_json::json;
use std::time::Duration;

/// From the order to the end of the job: the next beat, a third of the lease of 6 s away, with its jitter and its answer.
const STOPPED_MAX: Duration = Duration::from_secs(4);
/// Until a slot is free whose work lost its lease of 2 s.
const FREE_MAX: Duration = Duration::from_secs(12);

async fn publish(world: &World, lease_ttl: &str) {
    let config = json!({"attempts": [[{"wait_cancel": true}]]});
    let step = json!({"step_key": "only", "function": "kit.script", "config": config, "lease_ttl": lease_ttl});
    world.publish("waits", json!([step])).await;
}

pub(super) async fn cancel(world: &World) {
    let _worker = world.worker(1).await;
    publish(world, "6s").await;
    let job = world.begin("waits", Payload::json("null")).await;
    world.leased(&job).await;
    world.client.jobs().cancel(&job, "a test").await.expect("it is cancelled");
    let ended = within(STOPPED_MAX, "the code is told", world.client.jobs().wait(&job)).await.expect("it is awaited");
    assert_eq!(ended.state(), JobState::Cancelled, "{:?}", ended.failure);
    assert_eq!(world.task(&job).await.state(), TaskState::Cancelled);
}

pub(super) async fn lost_lease(world: &World) {
    let worker = world.worker(1).await;
    publish(world, "2s").await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    let job = world.begin("waits", Payload::json("null")).await;
    world.leased(&job).await;
    let token =
        worker.shows("the lease is granted", |calls| calls.iter().flat_map(worker::leases).next()).await.lease_token;
    world.client.jobs().terminate(&job, "a test").await.expect("it is terminated");
    // The only slot is free again, or nobody would do this.
    let next = world.begin("raw", Payload::json("1")).await;
    let free = until(FREE_MAX, "the slot is free", async || {
        let task = world.task(&next).await;
        (task.state() == TaskState::Succeeded).then_some(())
    });
    free.await;
    let reported = worker::reports(&worker.proxy.calls()).into_iter().find(|report| report.lease_token == token);
    assert_eq!(reported, None, "reported under a lease that was lost");
    assert_eq!(world.ended(&job).await.state(), JobState::Cancelled);
}
