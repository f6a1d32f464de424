//! Aggregates: one at a time, and their refusals.

use super::{grants::most_held, messages};
use crate::world::World;
use esteira_e2e::jobs;
use esteira_sdk::{
    client::{v1, wire},
    model::Payload,
};
use serde_json::{Value, json};

/// How many jobs want the one counter.
const INCREMENTS: usize = 200;

async fn begin(world: &World, plan: &str, state: &str) -> String {
    let packet = v1::DataPacket {
        aggregate: Some(v1::AggregateRef { r#type: "counter".into(), id: "c".into(), version: 0 }),
        data: Some(wire::payload_out(&Payload::json(state))),
        ..Default::default()
    };
    let plan = Some(v1::start_job_request::Plan::PlanName(plan.into()));
    let request = v1::StartJobRequest { plan, packet: Some(packet), ..Default::default() };
    world.client.jobs().start_job(request).await.expect("the job starts").job.expect("a job").job_id
}

pub(super) async fn exclusive(world: &World) {
    let worker = world.worker(8).await;
    let step =
        json!({"step_key": "only", "function": "kit.counter", "config": {"add": 1}, "exclusive_aggregate": true});
    world.publish("counts", json!([step])).await;
    let mut begun = Vec::new();
    for _ in 0..INCREMENTS {
        begun.push(begin(world, "counts", r#"{"id":"c","version":0,"count":0}"#).await);
    }
    let mut fences = Vec::new();
    for job in &begun {
        let ended = world.succeeded(job).await;
        assert_eq!(jobs::results(&ended), [json!({"id": "c", "version": 1, "count": 1})]);
        let attempts = world.task(job).await.attempts;
        assert_eq!(attempts.len(), 1);
        fences.push(attempts[0].fence);
    }
    assert_eq!(most_held(&worker.proxy.calls()), 1, "leases of one exclusive aggregate at once");
    let counted = messages::all(world, &["counter.added"]).await;
    let sum: i64 = counted.iter().map(|message| messages::value(message).as_i64().expect("a number")).sum();
    assert_eq!((counted.len(), sum), (INCREMENTS, 200));
    let order: Vec<&str> = counted.iter().map(|message| message.job_id.as_str()).collect();
    assert!(counted.iter().all(|message| message.key == "c"));
    assert_eq!(order, begun, "first come, first served");
}

pub(super) async fn refusal(world: &World) {
    let _worker = world.worker(2).await;
    let counter = |add: i64, limit: i64| json!({"add": add, "limit": limit});
    let state = r#"{"id":"c","version":4,"count":8}"#;
    for (plan, config, code) in
        [("limit", counter(3, 10), "LIMIT_REACHED"), ("amount", counter(-1, 10), "AMOUNT_INVALID")]
    {
        world.publish_one(plan, "kit.counter", config).await;
        let job = begin(world, plan, state).await;
        let ended = world.ended(&job).await;
        let failure = ended.failure.unwrap_or_default();
        assert_eq!((failure.code.as_str(), failure.kind()), (code, v1::FailureKind::NonRetryable));
        let task = world.task(&job).await;
        assert_eq!((task.attempts.len(), task.outputs.len()), (1, 0));
        let input = task.input.expect("a task has an input");
        assert_eq!(input.aggregate.map(|it| it.version), Some(0), "the aggregate of its packet is as it was");
        assert_eq!(jobs::value(&input.data.expect("it has data")), serde_json::from_str::<Value>(state).expect("JSON"));
    }
    assert!(messages::all(world, &["counter.added"]).await.is_empty());

    world.publish_one("fits", "kit.counter", counter(2, 10)).await;
    let job = begin(world, "fits", state).await;
    assert_eq!(jobs::results(&world.succeeded(&job).await), [json!({"id": "c", "version": 5, "count": 10})]);
    let said = messages::all(world, &["counter.added"]).await;
    assert_eq!(said.iter().map(messages::value).collect::<Vec<_>>(), [json!(2)]);
}
