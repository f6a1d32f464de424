//! Errors of functions: told apart, and tried again only where that can help.

use crate::world::World;
use esteira_sdk::{client::v1, model::Payload};
use serde_json::{Value, json};

async fn publish(world: &World, name: &str, attempts: Value) {
    let retry = json!({"max_attempts": 3, "initial_backoff": "1ms"});
    let step = json!({"step_key": "only", "function": "kit.script", "config": {"attempts": attempts}, "retry": retry});
    world.publish(name, json!([step])).await;
}

/// The only task of a job that has ended: its job's state, its attempts as kind, code and message.
async fn attempts(world: &World, plan: &str) -> (v1::JobState, Vec<(v1::FailureKind, String, String)>) {
    let job = world.begin(plan, Payload::json("null")).await;
    let ended = world.ended(&job).await;
    let said = |attempt: v1::Attempt| {
        let failure = attempt.failure.unwrap_or_default();
        (failure.kind(), failure.code, failure.message)
    };
    (ended.state(), world.task(&job).await.attempts.into_iter().map(said).collect())
}

fn failed(kind: v1::FailureKind, code: &str, message: &str) -> (v1::FailureKind, String, String) {
    (kind, code.into(), message.into())
}

pub(super) async fn kinds_of_failure(world: &World) {
    let _worker = world.worker(2).await;
    let none = || failed(v1::FailureKind::Unspecified, "", "");
    let retryable = json!({"fail": {"code": "BUSY", "message": "later", "retryable": true, "after_ms": 1}});
    publish(world, "retryable", json!([[retryable], [{"return": "1"}]])).await;
    let found = attempts(world, "retryable").await;
    assert_eq!(found, (v1::JobState::Succeeded, vec![failed(v1::FailureKind::Retryable, "BUSY", "later"), none()]));

    let final_one = json!({"fail": {"code": "NO_SUCH_ORDER", "message": "não há", "retryable": false}});
    publish(world, "final", json!([[final_one], [{"return": "1"}]])).await;
    let found = attempts(world, "final").await;
    let expected = vec![failed(v1::FailureKind::NonRetryable, "NO_SUCH_ORDER", "não há")];
    assert_eq!(found, (v1::JobState::Failed, expected));

    publish(world, "thrown", json!([[{"throw": "oh"}], [{"throw": "oh"}], [{"return": "1"}]])).await;
    let found = attempts(world, "thrown").await;
    let thrown = || failed(v1::FailureKind::Retryable, "UNHANDLED", "oh");
    assert_eq!(found, (v1::JobState::Succeeded, vec![thrown(), thrown(), none()]));

    world.publish_one("config", "kit.script", json!({"attempts": "none"})).await;
    let (state, found) = attempts(world, "config").await;
    assert_eq!((state, found.len(), found[0].1.as_str()), (v1::JobState::Failed, 1, "CONFIG_INVALID"));
}

pub(super) async fn wrong_output_type(world: &World) {
    let _worker = world.worker(1).await;
    for wrong in ["NONE", "MULTIPLE"] {
        let plan = wrong.to_lowercase();
        publish(world, &plan, json!([[{"return_type": wrong}]])).await;
        let (state, found) = attempts(world, &plan).await;
        assert_eq!((state, found.len()), (v1::JobState::Failed, 1), "{found:?}");
        assert_eq!((found[0].0, found[0].1.as_str()), (v1::FailureKind::NonRetryable, "OUTPUT_TYPE_MISMATCH"));
    }
}
