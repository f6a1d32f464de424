//! A coordinator without its store takes the result of a lease that the worker can prove.

use crate::{
    worker::{outcomes, reports},
    world::World,
};
use esteira_e2e::jobs;
use esteira_sdk::{client::v1, model::Payload};
use serde_json::json;

pub(super) async fn last_resort(world: &World) {
    let worker = world.worker(2).await;
    let work = json!({"attempts": [[{"sleep_ms": 3_000}, {"return": "9007199254740993"}]]});
    world.publish_one("kept", "kit.script", work).await;
    let job = world.begin("kept", Payload::json("null")).await;
    let token = world.leased(&job).await;
    world.take_store().await;
    let is_kept = |outcome: &v1::ReportOutcome| outcome.durability() == v1::Durability::LastResortDisk;
    worker.shows("its result is kept", |calls| outcomes(calls).iter().any(is_kept).then_some(())).await;
    let sent = reports(&worker.proxy.calls());
    let (plain, proven): (Vec<_>, Vec<_>) = sent.into_iter().partition(|report| report.capsule.is_empty());
    assert!(!plain.is_empty() && !proven.is_empty(), "the capsule is for those who ask: {plain:?} {proven:?}");
    let without = |report: &v1::TaskReport| v1::TaskReport { capsule: Default::default(), ..report.clone() };
    assert!(proven.iter().all(|report| without(report) == plain[0]), "it is another report: {plain:?} {proven:?}");
    world.give_store_back().await;

    let ended = world.succeeded(&job).await;
    assert_eq!(jobs::results(&ended), [json!(9_007_199_254_740_993_u64)]);
    let task = world.task(&job).await;
    assert_eq!((task.task_id, task.attempts.len()), (token.task_id, 1), "it ran once");
}
