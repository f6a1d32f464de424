//! Traces: jobs of every kind, told as a whole; jobs that live, that failed, that are unknown, that are another's.

mod shapes;

use crate::{harness::*, tenants::ByAccount};
use esteira_contract::v1::{self, trace_service_client::TraceServiceClient};
use esteira_grpc::Options;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tonic::{Code, Request, transport::Channel};

const INNER: &str = r#"[{"step_key":"only","function":"kit.only"}]"#;

pub fn traces(server: &Harness) -> TraceServiceClient<Channel> {
    TraceServiceClient::new(server.channel())
}

async fn trace(server: &Harness, job_id: &str) -> v1::JobTrace {
    let request = v1::TraceJobRequest { job_id: job_id.into() };
    traces(server).trace_job(request).await.expect("traced").into_inner().trace.expect("a trace")
}

/// All tasks, a few at a time.
async fn tasks(server: &Harness, job_id: &str, page_size: i32) -> Vec<v1::TaskTrace> {
    let (mut tasks, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ListTaskTracesRequest { job_id: job_id.into(), page_size, page_token, filter: String::new() };
        let answer = traces(server).list_task_traces(request).await.expect("listed").into_inner();
        assert!(answer.tasks.len() <= page_size as usize);
        tasks.extend(answer.tasks);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            return tasks;
        }
    }
}

async fn reports(server: &Harness, job_id: &str) -> Vec<v1::ErrorReport> {
    let request = v1::ListErrorReportsRequest { job_id: job_id.into(), ..Default::default() };
    traces(server).list_error_reports(request).await.expect("listed").into_inner().reports
}

/// A result that is refused is reported as a failure by its worker: the data so far is there.
#[tokio::test]
async fn an_error_report_has_what_was_appended_and_saved_so_far() {
    let server = Harness::start().await;
    let steps =
        r#"[{"step_key":"a","function":"kit.a","output":"multiple","retry":{"max_attempts":1},"output_policies":[]}]"#;
    server.publish("many", steps).await;
    let job_id = server.start_job("many", "\"all\"").await;
    let lease = server.lease_one("kit.a").await;
    for (chunk_index, items) in [["1", "2"], ["3", "4"]].iter().enumerate() {
        let request = v1::AppendOutputsRequest {
            lease_token: lease.lease_token.clone(),
            chunk_index: chunk_index as i32,
            items: items.iter().map(|item| json(item)).collect(),
        };
        server.workers().append_outputs(request).await.expect("appended");
    }
    let output = Some(v1::completion::Output::AppendedItems(5));
    let refused = server.report(completed_with(&lease, v1::Completion { output, ..Default::default() })).await;
    assert_eq!(refused.error_reason, "CHUNK_GAP");
    let mut report = failed(&lease, v1::FailureKind::NonRetryable, &refused.error_reason);
    if let Some(v1::task_report::Outcome::Failed(failing)) = &mut report.outcome {
        failing.checkpoint = Some(json(r#"{"at":4}"#));
    }
    assert_eq!(server.report(report).await.error_reason, "");
    assert_eq!(server.await_job(&job_id).await.state(), v1::JobState::Failed);
    let found = reports(&server, &job_id).await;
    let [report] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(report.failure.as_ref().map(|why| why.code.as_str()), Some("CHUNK_GAP"));
    assert_eq!(report.input.as_ref().map(text_of), Some("\"all\""));
    assert_eq!(report.checkpoint.as_ref().map(text_of), Some(r#"{"at":4}"#));
    let [appended] = report.appended.as_slice() else { panic!("{report:?}") };
    let digests: Vec<_> = appended.items.iter().map(|item| item.sha256.to_vec()).collect();
    assert_eq!(appended.count, 4);
    assert_eq!(digests, ["1", "2", "3", "4"].map(|item| Sha256::digest(item).to_vec()));
    server.stop().await;
}

/// A join behind a failure can never fire: its task is skipped, and says so.
#[tokio::test]
async fn a_failed_job_says_what_failed_and_what_was_skipped() {
    let server = Harness::start().await;
    let steps = r#"[{"step_key":"a","function":"kit.a","next":["c"]},{"step_key":"b","function":"kit.b","next":["c"]},
        {"step_key":"c","function":"kit.c","join":"all"}]"#;
    server.publish("two", steps).await;
    let job_id = server.start_job("two", "1").await;
    let (a, b) = (server.lease_one("kit.a").await, server.lease_one("kit.b").await);
    server.complete(&a, "1").await;
    server.report(failed(&b, v1::FailureKind::NonRetryable, "NO_LUCK")).await;
    assert_eq!(server.await_job(&job_id).await.state(), v1::JobState::Failed);
    let found = trace(&server, &job_id).await;
    let failure = found.failure.expect("a failure");
    assert_eq!((failure.code.as_str(), failure.message.as_str(), found.result_count), ("NO_LUCK", "", 0));
    let traced = tasks(&server, &job_id, 50).await;
    let skipped = traced.iter().find(|task| task.step_key == "c").expect("the join's task");
    assert_eq!((skipped.state(), skipped.skip_reason()), (v1::TaskState::Skipped, v1::SkipReason::JoinFailed));
    let failed = v1::ListTaskTracesRequest {
        job_id,
        filter: "state = FAILED AND step_key = \"b\"".into(),
        ..Default::default()
    };
    assert_eq!(traces(&server).list_task_traces(failed).await.expect("listed").into_inner().tasks.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn what_is_not_there_is_not_found_and_what_is_wrong_is_refused() {
    let server = Harness::start().await;
    server.publish("one", INNER).await;
    let job_id = server.start_job("one", "1").await;
    let by_id = |job_id: &str| v1::TraceJobRequest { job_id: job_id.into() };
    let unknown = "01900000-0000-7000-8000-000000000000";
    check_refused(traces(&server).trace_job(by_id(unknown)).await, Code::NotFound, "JOB_NOT_FOUND", "");
    check_refused(traces(&server).trace_job(by_id("x")).await, Code::InvalidArgument, "FIELD_INVALID", "job_id");
    let list = |job_id: &str, filter: &str, page_token: &str| v1::ListTaskTracesRequest {
        job_id: job_id.into(),
        filter: filter.into(),
        page_token: page_token.into(),
        page_size: 0,
    };
    check_refused(traces(&server).list_task_traces(list(unknown, "", "")).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let bytes = |sha256: Vec<u8>| v1::TraceArtifactRequest { sha256: sha256.into(), ..Default::default() };
    for wrong in [Vec::new(), vec![1; 31], vec![1; 33]] {
        let answer = traces(&server).trace_artifact(bytes(wrong)).await;
        check_refused(answer, Code::InvalidArgument, "FIELD_INVALID", "sha256");
    }
    let errors = |job_id: &str, filter: &str| v1::ListErrorReportsRequest {
        job_id: job_id.into(),
        filter: filter.into(),
        ..Default::default()
    };
    check_refused(traces(&server).list_error_reports(errors(unknown, "")).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let answer = traces(&server).list_error_reports(errors(&job_id, "state = FAILED")).await;
    check_refused(answer, Code::InvalidArgument, "FIELD_INVALID", "filter");
    for (filter, token, reason, field) in
        [("colour = \"red\"", "", "FIELD_INVALID", "filter"), ("", "AAAA", "PAGE_TOKEN_INVALID", "page_token")]
    {
        let answer = traces(&server).list_task_traces(list(&job_id, filter, token)).await;
        check_refused(answer, Code::InvalidArgument, reason, field);
    }
    server.stop().await;
}

/// What another account owns is not there (I16).
#[tokio::test]
async fn jobs_of_another_account_are_not_there() {
    let server = Harness::with(Options::new(Arc::new(ByAccount))).await;
    fn by<T>(account: &str, message: T) -> Request<T> {
        ByAccount::call(account, message)
    }
    let publish = v1::PublishPlanVersionRequest {
        plan: Some(v1::publish_plan_version_request::Plan::PlanName("one".into())),
        definition_json: format!("{{\"name\":\"one\",\"steps\":{INNER}}}"),
        ..Default::default()
    };
    server.plans().publish_plan_version(by("acme", publish)).await.expect("published");
    let started = server.jobs().start_job(by("acme", start_of("one", "1"))).await.expect("started").into_inner();
    let job_id = started.job.expect("a job").job_id;
    let request = || v1::TraceJobRequest { job_id: job_id.clone() };
    traces(&server).trace_job(by("acme", request())).await.expect("its own");
    check_refused(traces(&server).trace_job(by("other", request())).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let list = || v1::ListTaskTracesRequest { job_id: job_id.clone(), ..Default::default() };
    traces(&server).list_task_traces(by("acme", list())).await.expect("its own");
    check_refused(traces(&server).list_task_traces(by("other", list())).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let errors = || v1::ListErrorReportsRequest { job_id: job_id.clone(), ..Default::default() };
    check_refused(traces(&server).list_error_reports(by("other", errors())).await, Code::NotFound, "JOB_NOT_FOUND", "");
    let bytes = || v1::TraceArtifactRequest { sha256: Sha256::digest("1").to_vec().into(), ..Default::default() };
    let found = |account| {
        let mut client = traces(&server);
        async move { client.trace_artifact(by(account, bytes())).await.expect("answered").into_inner().artifacts.len() }
    };
    assert_eq!((found("acme").await, found("other").await), (1, 0));
    server.stop().await;
}
