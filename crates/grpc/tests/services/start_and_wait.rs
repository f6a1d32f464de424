//! StartJob with `wait`: one call starts a job and brings its results.

use crate::harness::*;
use esteira_contract::v1::{self, JobState};
use tonic::Code;

const LINE: &str = r#"[{"step_key":"a","function":"kit.a","next":["b"]},{"step_key":"b","function":"kit.b"}]"#;

fn start_and_wait(plan: &str, input: &str, seconds_to_wait: i64) -> v1::StartJobRequest {
    v1::StartJobRequest { wait: seconds(seconds_to_wait), ..start_of(plan, input) }
}

/// Runs a start beside a worker that completes one task of each function with its name.
async fn run(server: &Harness, start: v1::StartJobRequest, functions: &[&str]) -> v1::StartJobResponse {
    let mut jobs = server.jobs();
    let work = async {
        for function in functions {
            let lease = server.lease_one(function).await;
            server.complete(&lease, &format!("\"{function}\"")).await;
        }
    };
    let (started, ()) = tokio::join!(jobs.start_job(start), work);
    started.expect("answered").into_inner()
}

#[tokio::test]
async fn one_call_brings_the_results() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    let answer = run(&server, start_and_wait("line", "1", 20), &["kit.a", "kit.b"]).await;
    assert!(answer.completed && !answer.deduplicated);
    let job = answer.job.expect("a job");
    assert_eq!((job.state(), job.result_count), (JobState::Succeeded, 1));
    assert_eq!(text_of(&job.results[0]), "\"kit.b\"");
    // What the call shows is what the store has, but for what the contract leaves out.
    let mut stored = server.job(&job.job_id).await;
    assert!(!std::mem::take(&mut stored.task_counts).is_empty());
    assert!(stored.input.as_mut().and_then(|packet| packet.data.take()).is_some());
    assert_eq!(job, stored);
    server.stop().await;
}

#[tokio::test]
async fn results_of_several_branches_come_whole() {
    let server = Harness::start().await;
    let steps = r#"[{"step_key":"a","function":"kit.a"},{"step_key":"b","function":"kit.b"}]"#;
    server.publish("branches", steps).await;
    let answer = run(&server, start_and_wait("branches", "1", 20), &["kit.a", "kit.b"]).await;
    let job = answer.job.expect("a job");
    let results: Vec<&str> = job.results.iter().map(text_of).collect();
    assert_eq!((answer.completed, job.result_count, results), (true, 2, vec!["\"kit.a\"", "\"kit.b\""]));
    server.stop().await;
}

#[tokio::test]
async fn a_failed_job_says_why() {
    let server = Harness::start().await;
    server.publish("one", r#"[{"step_key":"a","function":"kit.a"}]"#).await;
    let mut jobs = server.jobs();
    let work = async {
        let lease = server.lease_one("kit.a").await;
        server.report(failed(&lease, v1::FailureKind::NonRetryable, "E_BAD")).await;
    };
    let (answer, ()) = tokio::join!(jobs.start_job(start_and_wait("one", "1", 20)), work);
    let answer = answer.expect("answered").into_inner();
    let job = answer.job.expect("a job");
    assert_eq!((answer.completed, job.state(), job.results.len()), (true, JobState::Failed, 0));
    assert_eq!(job.failure.expect("a failure").code, "E_BAD");
    server.stop().await;
}

/// INV-REPLAY: a call whose answer was lost, or whose time was over, goes on with the same job.
#[tokio::test]
async fn inv_replay_a_start_that_waits_can_be_sent_again() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    let start = |wait| v1::StartJobRequest { request_id: "r-1".into(), ..start_and_wait("line", "1", wait) };
    let short = v1::StartJobRequest { wait: Some(prost_types::Duration { seconds: 0, nanos: 1 }), ..start(0) };
    let first = server.jobs().start_job(short).await.expect("answered").into_inner();
    let job = first.job.expect("a job");
    assert!(!first.completed && !first.deduplicated && job.task_counts.is_empty());
    assert_eq!(job.wait_reason(), v1::WaitReason::NoWorker);
    // Another wait is the same request, and it waits for the job that is there.
    let second = run(&server, start(20), &["kit.a", "kit.b"]).await;
    let ended = second.job.expect("a job");
    assert!(second.completed && second.deduplicated);
    assert_eq!((ended.job_id.as_str(), text_of(&ended.results[0])), (job.job_id.as_str(), "\"kit.b\""));
    // And once it has ended, its results are read.
    let third = server.jobs().start_job(start(20)).await.expect("answered").into_inner();
    assert_eq!((third.completed, third.job.expect("a job").results), (true, ended.results));
    server.stop().await;
}

#[tokio::test]
async fn a_wait_has_bounds() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    for wait in [-1, 31] {
        let refused = server.jobs().start_job(start_and_wait("line", "1", wait)).await;
        check_refused(refused, Code::InvalidArgument, "FIELD_INVALID", "wait");
    }
    let jobs = server.jobs().list_jobs(v1::ListJobsRequest::default()).await.expect("listed").into_inner();
    assert!(jobs.jobs.is_empty(), "nothing was started");
    server.stop().await;
}

/// The contract shows the first 100 results and counts the others, however they became known.
#[tokio::test]
async fn many_results_are_counted_and_the_first_are_shown() {
    let server = Harness::start().await;
    server.publish("many", r#"[{"step_key":"a","function":"kit.a","output":"multiple"}]"#).await;
    let mut jobs = server.jobs();
    let work = async {
        let lease = server.lease_one("kit.a").await;
        let items = v1::Outputs { items: (0..101).map(|item| json(&item.to_string())).collect() };
        let output = Some(v1::completion::Output::Multiple(items));
        server.report(completed_with(&lease, v1::Completion { output, ..Default::default() })).await;
    };
    let (answer, ()) = tokio::join!(jobs.start_job(start_and_wait("many", "1", 20)), work);
    let job = answer.expect("answered").into_inner().job.expect("a job");
    let stored = server.job(&job.job_id).await;
    assert_eq!((job.result_count, job.results.len()), (101, 100));
    assert_eq!((job.result_count, &job.results), (stored.result_count, &stored.results));
    server.stop().await;
}
