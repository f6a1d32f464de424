//! The chain of what happened: each start, attempt and end has its leaf, all of it verifies, and data is found by its digest.

use crate::world::World;
use esteira_e2e::jobs;
use esteira_sdk::client::{
    Client,
    v1::{self, Verdict, payload::Body},
};
use esteira_vectors::{case::TraceCase, distributed, run::trace};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use std::{thread, time::Duration};

/// How long the job may take.
const JOB_MAX: Duration = Duration::from_secs(60);
/// Verdicts of what is as it was recorded; an anchor comes with the next checkpoint.
const CLEAN: [Verdict; 2] = [Verdict::Valid, Verdict::ValidNotAnchored];

pub(super) async fn chain(world: &World) {
    let _worker = world.worker(4).await;
    let case = case();
    let found = distributed::run_all(&world.client, std::slice::from_ref(&case), JOB_MAX).await;
    assert!(found.wrong.is_empty() && found.tasks == 8, "the embedded trace is another: {found:?}");
    let listed = world.client.jobs().list_jobs(v1::ListJobsRequest::default()).await.expect("the job is listed").jobs;
    assert_eq!(listed.len(), 1, "{listed:?}");
    let job = world.ended(&listed[0].job_id).await;

    let attempts = verified(&world.client, &job.job_id).await;
    assert_eq!(attempts, 11, "three items of two attempts each, and five tasks of one");
    artifact(&world.client, &job).await;
    store(&world.client, attempts).await;
}

/// A fan-out with a failure that passes in each item, a condition, a join and an aggregate.
fn case() -> TraceCase {
    let busy = json!({"fail": {"code": "BUSY", "message": "later", "retryable": true, "after_ms": 1}});
    let document = json!({"name": "chained", "aggregate_type": "counter", "steps": [
        {"step_key": "fan", "function": "kit.fan", "config": {"items": ["1", "[2.50]", "9007199254740993"]},
         "output": "multiple", "next": ["each"]},
        {"step_key": "each", "function": "kit.script", "config": {"attempts": [[busy], [{"return_input": true}]]},
         "retry": {"initial_backoff": "5ms"}, "next": ["all"]},
        {"step_key": "all", "function": "kit.raw", "join": "all", "next": ["count"]},
        {"step_key": "count", "function": "kit.counter", "config": {"add": 2},
         "input": {"id": "c", "version": 0, "count": 0}, "next": ["none", "last"]},
        {"step_key": "none", "function": "kit.none", "output": "none"},
        {"step_key": "last", "function": "kit.raw"},
    ]});
    let start = json!({"input": {"json": "null"}});
    let case = json!({"name": "chained", "plan": document.to_string(), "start": start});
    let case: TraceCase = serde_json::from_value(case).expect("it is a case");
    // On a thread of its own: it blocks, and a runtime is under way here.
    let run = || trace::run(&case).expect("the embedded runner runs it");
    let expected = thread::scope(|scope| scope.spawn(run).join().expect("it does not panic"));
    TraceCase { expected: Some(expected), ..case }
}

/// Insists that a job verifies and that nothing of it lacks its leaf; how many attempts it had.
pub(crate) async fn verified(client: &Client, job_id: &str) -> i64 {
    let request = v1::VerifyJobRequest { job_id: job_id.into() };
    let found = client.audit().verify_job(request).await.expect("it is verified").verification.expect("a finding");
    assert!(CLEAN.contains(&found.verdict()) && found.failed == 0, "{found:?}");
    let tasks = jobs::tasks(client, job_id).await;
    let attempts: usize = tasks.iter().map(|task| task.attempts.len()).sum();
    let attempts = i64::try_from(attempts).expect("few attempts");
    let request = v1::GetJobRequest { job_id: job_id.into(), ..Default::default() };
    let job = client.jobs().get_job(request).await.expect("the job is there").job.expect("a job");
    // One that goes on from another has a link to it before its start.
    let is_linked = job.lineage.is_some_and(|lineage| lineage.kind() == v1::lineage::Kind::Reprocess);
    let beside = 2 + i64::from(is_linked);
    assert_eq!(found.checked, attempts + beside, "leaves of the start, of each attempt and of the end: {found:?}");
    attempts
}

/// What the job gave is found by its digest and is verified byte for byte.
async fn artifact(client: &Client, job: &v1::Job) {
    let Some(Body::Json(text)) = job.results[0].body.clone() else { panic!("no JSON: {:?}", job.results) };
    let sha256 = bytes::Bytes::from(Sha256::digest(&text).to_vec());
    let request = v1::TraceArtifactRequest { sha256: sha256.clone(), ..Default::default() };
    let traced = client.traces().trace_artifact(request).await.expect("it is looked for");
    let mut uses = traced.artifacts.iter().flat_map(|artifact| &artifact.uses);
    assert!(uses.any(|used| used.job_id == job.job_id && used.plan_name == job.plan_name), "{traced:?}");

    let selector =
        v1::ArtifactSelector { job_id: job.job_id.clone(), body: Some(v1::artifact_selector::Body::Sha256(sha256)) };
    let verify = async |content: String| {
        let request = v1::VerifyArtifactRequest {
            artifact: Some(selector.clone()),
            content: content.into(),
            plan: job.plan_name.clone(),
            version: job.plan_version,
        };
        let answer = client.audit().verify_artifact(request).await.expect("it is verified");
        answer.verification.expect("a finding").verdict()
    };
    assert!(CLEAN.contains(&verify(text.clone()).await));
    assert_eq!(verify(format!("{text} ")).await, Verdict::MismatchContent, "one byte more");
}

/// The whole store verifies, with at least this job in it.
async fn store(client: &Client, attempts: i64) {
    let (mut request, mut checked) = (v1::VerifyStoreRequest::default(), 0);
    loop {
        let answer = client.audit().verify_store(request.clone()).await.expect("it is verified");
        let found = answer.verification.expect("a finding");
        assert!(CLEAN.contains(&found.verdict()) && found.failed == 0, "{found:?}");
        checked += found.checked;
        if answer.next_page_token.is_empty() {
            break;
        }
        request.page_token = answer.next_page_token;
    }
    assert!(checked >= attempts + 2, "only {checked} leaves");
}
