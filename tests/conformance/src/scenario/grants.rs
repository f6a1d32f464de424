//! Which tasks a worker takes, and how many at once.

use crate::{variant::Variant, worker, world::World};
use esteira_sdk::{
    client::v1::{self, TaskState},
    model::Payload,
};
use serde_json::json;
use std::collections::BTreeSet;

pub(super) async fn unknown_function(world: &World) {
    let worker = world.worker(2).await;
    world.publish_one("unknown", "kit.unknown", json!(null)).await;
    world.publish_one("raw", "kit.raw", json!(null)).await;
    let unknown = world.begin("unknown", Payload::json("1")).await;
    // Begun later and done: the worker looked for work while the other task was ready.
    world.run("raw", Payload::json("2")).await;
    let task = world.task(&unknown).await;
    assert_eq!((task.state(), task.wait_reason()), (TaskState::Ready, v1::WaitReason::NoWorker));
    assert!(task.attempts.is_empty(), "{task:?}");
    let calls = worker.proxy.calls();
    assert!(calls.iter().flat_map(worker::leases).all(|lease| lease.function_name == "kit.raw"));
}

pub(super) async fn slots(world: &World) {
    const SLOTS: usize = 3;
    let worker = world.worker(SLOTS).await;
    let allowed = if world.variant() == Variant::OneSlot { 1 } else { SLOTS };
    world.publish_one("slow", "kit.script", json!({"attempts": [[{"sleep_ms": 150}]]})).await;
    let mut jobs = Vec::new();
    for _ in 0..4 * SLOTS {
        jobs.push(world.begin("slow", Payload::json("null")).await);
    }
    for job in &jobs {
        world.succeeded(job).await;
    }
    let most = most_held(&worker.proxy.calls());
    assert_eq!(most, allowed, "leases held at once");
}

/// The most leases that were held at once, as the coordinator saw it.
pub(super) fn most_held(calls: &[crate::proxy::Call]) -> usize {
    let granted = calls
        .iter()
        .flat_map(|call| worker::leases(call).into_iter().map(move |lease| (call.ended, true, lease.lease_token)));
    let reported = calls.iter().filter(|call| call.method == "ReportTasks").flat_map(|call| {
        let reports = call.request::<v1::ReportTasksRequest>().reports;
        reports.into_iter().map(move |report| (call.begun, false, report.lease_token))
    });
    let mut events: Vec<_> = granted.chain(reported).collect();
    events.sort_by_key(|(at, ..)| *at);
    let (mut held, mut ended, mut most) = (BTreeSet::new(), BTreeSet::new(), 0);
    for (_, is_granted, token) in events {
        if !is_granted {
            held.remove(&token);
            ended.insert(token);
        } else if !ended.contains(&token) {
            held.insert(token);
            most = most.max(held.len());
        }
    }
    most
}
