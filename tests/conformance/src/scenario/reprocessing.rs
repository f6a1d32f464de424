//! A job that has failed is processed again: a new id, lineage, and nothing is run twice.

use super::chain;
use crate::world::World;
use esteira_e2e::jobs::tasks;
use esteira_sdk::{client::v1, model::Payload};
use serde_json::json;

/// What is sent in, a number that no double can hold among it.
const INPUT: &str = r#"{"n":9007199254740993}"#;

pub(super) async fn reprocess(world: &World) {
    let _worker = world.worker(2).await;
    let first = json!({"step_key": "a", "function": "kit.raw", "next": [{"step_key": "b"}]});
    let broken = json!({"fail": {"code": "BROKEN", "message": "not yet", "retryable": false}});
    let second = |attempts| json!({"step_key": "b", "function": "kit.script", "config": {"attempts": attempts}});
    world.publish("repaired", json!([first, second(json!([[broken]]))])).await;
    let old = world.begin("repaired", Payload::json(INPUT)).await;
    let failed = world.ended(&old).await;
    assert_eq!(failed.state(), v1::JobState::Failed);
    let before = (failed, tasks(&world.client, &old).await);

    world.publish("repaired", json!([first, second(json!([[{"return": "1"}]]))])).await;
    let request = v1::ReprocessJobRequest {
        request_id: "again".into(),
        job_id: old.clone(),
        reason: "version 2 mends it".into(),
        version: 2,
        ..Default::default()
    };
    let started = world.client.jobs().reprocess_job(request.clone()).await.expect("it goes on").job.expect("a job");
    let again = world.client.jobs().reprocess_job(request).await.expect("the same").job.expect("a job");
    assert_eq!(again.job_id, started.job_id, "sent again it is the same job");
    let new = world.succeeded(&started.job_id).await;
    let lineage = new.lineage.expect("lineage");
    assert_eq!((lineage.kind(), lineage.source_job_id.as_str()), (v1::lineage::Kind::Reprocess, old.as_str()));
    assert_eq!((lineage.root_job_id.as_str(), lineage.reason.as_str()), (new.job_id.as_str(), "version 2 mends it"));
    assert_eq!((new.plan_version, new.result_count), (2, 1));

    let carried = tasks(&world.client, &new.job_id).await.into_iter().find(|task| task.step_key == "a");
    let carried = carried.expect("the first step stands in the new job");
    let executed = before.1.iter().find(|task| task.step_key == "a").expect("it ran in the old one");
    let from = carried.carried_from.expect("it was executed elsewhere");
    assert_eq!((from.job_id.as_str(), from.task_id.as_str()), (old.as_str(), executed.task_id.as_str()));
    assert!(carried.attempts.is_empty(), "nothing is run twice");
    assert_eq!(carried.outputs, executed.outputs, "the very bytes, with their digests");
    let after = (world.ended(&old).await, tasks(&world.client, &old).await);
    assert_eq!(after, before, "the old job is as it was");
    chain::verified(&world.client, &old).await;
    chain::verified(&world.client, &new.job_id).await;
}
