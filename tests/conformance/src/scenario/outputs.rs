//! Many outputs, and outputs that are too large.

use crate::world::World;
use esteira_e2e::jobs;
use esteira_sdk::{
    client::v1::{self, FailureKind, JobState, TaskState},
    model::Payload,
};
use serde_json::{Value, json};

pub(super) async fn fan_out(world: &World) {
    let _worker = world.worker(8).await;
    for count in [0, 1, 1_000] {
        let plan = format!("fan-{count}");
        world
            .publish(
                &plan,
                json!([
                    {"step_key": "fan", "function": "kit.fan", "config": {"count": count}, "output": "multiple", "next": ["each"]},
                    {"step_key": "each", "function": "kit.raw", "next": ["join"]},
                    {"step_key": "join", "function": "kit.raw", "join": "all"},
                ]),
            )
            .await;
        let job = world.begin(&plan, Payload::json("null")).await;
        let ended = world.succeeded(&job).await;
        let expected: Vec<Value> = (0..count).map(|number| json!(number)).collect();
        assert_eq!(jobs::results(&ended), [json!(expected)]);
        let tasks = jobs::tasks(&world.client, &job).await;
        let done = tasks.iter().filter(|task| task.step_key == "each" && task.state() == TaskState::Succeeded).count();
        assert_eq!(done, expected.len());
    }
    world
        .publish(
            "verbatim",
            json!([{"step_key": "fan", "function": "kit.fan", "output": "multiple",
                    "config": {"items": ["1.0", " [ ] ", "9007199254740993", "\"\\u0000\""]}}]),
        )
        .await;
    let ended = world.run("verbatim", Payload::json("null")).await;
    let texts: Vec<&str> = ended.results.iter().map(text).collect();
    assert_eq!(texts, ["1.0", " [ ] ", "9007199254740993", "\"\\u0000\""]);
}

fn text(payload: &v1::Payload) -> &str {
    match &payload.body {
        Some(v1::payload::Body::Json(text)) => text,
        other => panic!("no JSON: {other:?}"),
    }
}

pub(super) async fn large_fan_out(world: &World) {
    const ITEMS: usize = 50_000;
    let worker = world.worker(1).await;
    world
        .publish(
            "large",
            json!([
                {"step_key": "fan", "function": "kit.fan", "config": {"count": ITEMS}, "output": "multiple", "next": ["join"]},
                {"step_key": "join", "function": "kit.raw", "join": "all"},
            ]),
        )
        .await;
    let ended = world.run("large", Payload::json("null")).await;
    let list: Vec<usize> = serde_json::from_str(text(&ended.results[0])).expect("numbers");
    assert!(list.len() == ITEMS && list.iter().enumerate().all(|(place, number)| place == *number), "{}", list.len());
    let chunks = worker.proxy.calls().iter().filter(|call| call.method == "AppendOutputs").count();
    assert!(chunks >= ITEMS / 1_000, "{chunks} chunks of at most 1,000 items");
}

pub(super) async fn oversize(world: &World) {
    let worker = world.worker(1).await;
    // A result of more than 1 MiB: a configuration that just fits into its plan, and headers around it.
    let config = json!({"text": "x".repeat(1_044_000)});
    world.publish_one("single", "kit.ctx", config).await;
    let headers = (0..30).map(|number| (format!("h{number}"), "v".repeat(256))).collect();
    let packet = v1::DataPacket { headers, ..Default::default() };
    let plan = Some(v1::start_job_request::Plan::PlanName("single".into()));
    let request = v1::StartJobRequest { plan, packet: Some(packet), ..Default::default() };
    let single = world.client.jobs().start_job(request).await.expect("the job starts").job.expect("a job").job_id;
    // One item more than a task may have.
    world
        .publish(
            "multiple",
            json!([{"step_key": "fan", "function": "kit.fan", "config": {"count": 100_001}, "output": "multiple"}]),
        )
        .await;
    let multiple = world.begin("multiple", Payload::json("null")).await;
    for job in [single, multiple] {
        let ended = world.ended(&job).await;
        let failure = ended.failure.clone().unwrap_or_default();
        assert_eq!((ended.state(), failure.code.as_str()), (JobState::Failed, "RESULT_TOO_LARGE"));
        let attempts = world.task(&job).await.attempts;
        let kinds: Vec<FailureKind> = attempts.iter().map(|it| it.failure.clone().unwrap_or_default().kind()).collect();
        assert_eq!(kinds, [FailureKind::NonRetryable]);
    }
    let largest = worker.proxy.calls().iter().map(|call| call.request.len()).max();
    assert!(largest < Some(1 << 20), "{largest:?} bytes were sent");
}
