//! Work that outlasts its lease many times.

use crate::{worker, world::World};
use esteira_e2e::jobs;
use esteira_sdk::model::Payload;
use serde_json::{Value, json};

pub(super) async fn long_work(world: &World) {
    granted_once(world, json!({"sleep_ms": 5_000})).await;
}

pub(super) async fn blocked_thread(world: &World) {
    granted_once(world, json!({"block_ms": 5_000})).await;
}

/// Five lease times of one second, while another worker would take the task.
async fn granted_once(world: &World, work: Value) {
    let _workers = (world.worker(1).await, world.worker(1).await);
    let config = json!({"attempts": [[work, {"return": "\"done\""}]]});
    let step = json!({"step_key": "only", "function": "kit.script", "config": config, "lease_ttl": "1s"});
    world.publish("long", json!([step])).await;
    let job = world.begin("long", Payload::json("null")).await;
    assert_eq!(jobs::results(&world.succeeded(&job).await), [json!("done")]);
    let task = world.task(&job).await;
    assert_eq!(task.attempts.len(), 1, "granted again: {:?}", task.attempts);
    let (first, second) = &_workers;
    let calls = [first.proxy.calls(), second.proxy.calls()].concat();
    let beats = calls.iter().filter(|call| call.method == "HeartbeatLeases").count();
    assert!(beats >= 5, "{beats} heartbeats");
    assert_eq!(calls.iter().flat_map(worker::leases).count(), 1);
}
