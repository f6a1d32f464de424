//! Jobs processed again, over the wire.

use crate::harness::*;
use esteira_contract::v1::{self, JobState, lineage::Kind};
use tonic::Code;

const LINE: &str = r#"[{"step_key":"a","function":"kit.a","next":[{"step_key":"b"}]},
    {"step_key":"b","function":"kit.b","retry":{"max_attempts":1}}]"#;

fn again(job_id: &str) -> v1::ReprocessJobRequest {
    v1::ReprocessJobRequest { job_id: job_id.into(), reason: "repaired".into(), ..Default::default() }
}

/// A job whose second step failed.
async fn failed_job(server: &Harness, input: &str) -> String {
    let job = server.start_job("line", input).await;
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, r#"{"x":9007199254740993}"#).await;
    let lease = server.lease_one("kit.b").await;
    server.report(failed(&lease, v1::FailureKind::NonRetryable, "BROKEN")).await;
    assert_eq!(server.await_job(&job).await.state(), JobState::Failed);
    job
}

#[tokio::test]
async fn a_new_job_shows_where_it_comes_from() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    let old = failed_job(&server, "1").await;
    let dry = v1::ReprocessJobRequest { validate_only: true, ..again(&old) };
    let dry = server.jobs().reprocess_job(dry).await.expect("it would").into_inner();
    assert!(dry.job.is_none());
    let step = |key: &str, carried, begins| v1::ReprocessStep { step_key: key.into(), carried, begins, inside: 0 };
    assert_eq!(dry.steps, [step("a", 1, 0), step("b", 0, 1)]);

    let keyed = v1::ReprocessJobRequest { request_id: "r".into(), ..again(&old) };
    let first = server.jobs().reprocess_job(keyed.clone()).await.expect("it goes on").into_inner();
    assert_eq!((first.deduplicated, first.steps), (false, dry.steps));
    let new = first.job.expect("a job");
    let repeat = server.jobs().reprocess_job(keyed.clone()).await.expect("the same").into_inner();
    assert_eq!((repeat.deduplicated, repeat.job.expect("a job").job_id), (true, new.job_id.clone()));
    let reused = v1::ReprocessJobRequest { reason: "another".into(), ..keyed };
    check_refused(
        server.jobs().reprocess_job(reused).await,
        Code::FailedPrecondition,
        "REQUEST_ID_REUSED",
        "request_id",
    );
    let lineage = new.lineage.expect("lineage");
    assert_eq!(
        (lineage.kind(), lineage.source_job_id, lineage.reason),
        (Kind::Reprocess, old.clone(), "repaired".into())
    );
    let tasks = server.tasks(&new.job_id).await;
    let carried = tasks.iter().find(|task| task.step_key == "a").expect("it stands there");
    assert_eq!(carried.carried_from.as_ref().map(|from| from.job_id.clone()), Some(old));
    assert!(tasks.iter().filter(|task| task.step_key == "b").all(|task| task.carried_from.is_none()));
    let lease = server.lease_one("kit.b").await;
    server.complete(&lease, "2").await;
    assert_eq!(server.await_job(&new.job_id).await.state(), JobState::Succeeded);
    server.stop().await;
}

#[tokio::test]
async fn what_is_asked_for_wrongly_names_its_field() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    let old = failed_job(&server, "1").await;
    let base = || again(&old);
    let cases = [
        (v1::ReprocessJobRequest { reason: "  ".into(), ..base() }, "FIELD_INVALID", "reason"),
        (v1::ReprocessJobRequest { job_id: "x".into(), ..base() }, "FIELD_INVALID", "job_id"),
        (v1::ReprocessJobRequest { version: -1, ..base() }, "FIELD_INVALID", "version"),
        (v1::ReprocessJobRequest { from_step_keys: vec!["zz".into()], ..base() }, "FIELD_INVALID", "from_step_keys"),
        (
            v1::ReprocessJobRequest { from_step_keys: vec!["a".into(), "a".into()], ..base() },
            "FIELD_INVALID",
            "from_step_keys[1]",
        ),
        (
            v1::ReprocessJobRequest { from_step_keys: vec!["a".into()], failed_items: true, ..base() },
            "FIELD_INVALID",
            "failed_items",
        ),
    ];
    for (request, reason, field) in cases {
        check_refused(server.jobs().reprocess_job(request).await, Code::InvalidArgument, reason, field);
    }
    let bulk = v1::ReprocessJobsRequest { reason: "r".into(), ..Default::default() };
    check_refused(server.jobs().reprocess_jobs(bulk).await, Code::InvalidArgument, "FIELD_INVALID", "filter");
    server.stop().await;
}

#[tokio::test]
async fn jobs_of_a_filter_come_in_pages_each_with_its_outcome() {
    let server = Harness::start().await;
    server.publish("line", LINE).await;
    let mut old = Vec::new();
    for input in ["1", "2", "3"] {
        old.insert(0, failed_job(&server, input).await);
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let request = v1::ReprocessJobsRequest {
            request_id: format!("bulk/{page_token}"),
            filter: "state = FAILED".into(),
            reason: "repaired".into(),
            failed_items: true,
            page_size: 2,
            page_token,
            ..Default::default()
        };
        let answer = server.jobs().reprocess_jobs(request).await.expect("outcomes").into_inner();
        found.extend(answer.outcomes);
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found.iter().map(|outcome| outcome.source_job_id.clone()).collect::<Vec<_>>(), old);
    assert!(found.iter().all(|outcome| !outcome.job_id.is_empty() && outcome.error_reason.is_empty()), "{found:?}");
    server.stop().await;
}
