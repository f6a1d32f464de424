//! What is told of who did what, what failed, and how long it took.

use crate::harness::*;
use esteira_contract::v1::{self, audit_service_client::AuditServiceClient};
use tonic::{Code, transport::Channel};

const ONE: &str = r#"[{"step_key":"a","function":"kit.a","retry":{"max_attempts":1}}]"#;

fn audit(server: &Harness) -> AuditServiceClient<Channel> {
    AuditServiceClient::new(server.channel())
}

fn devtest() -> Option<v1::ReportRange> {
    Some(v1::ReportRange { data_classes: vec![v1::DataClass::Devtest as i32], ..Default::default() })
}

/// Five jobs: three succeed, two fail.
async fn five() -> Harness {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    for n in 0..5 {
        let job = server.start_job("one", "1").await;
        let lease = server.lease_one("kit.a").await;
        match n % 2 {
            0 => server.complete(&lease, "2").await,
            _ => drop(server.report(failed(&lease, v1::FailureKind::NonRetryable, "NO_FUNDS")).await),
        }
        server.await_job(&job).await;
    }
    server
}

#[tokio::test]
async fn usage_counts_records_and_starts() {
    let server = five().await;
    let ask = |filter: &str, page_size, page_token: String| v1::ReportUsageRequest {
        range: devtest(),
        filter: filter.into(),
        page_size,
        page_token,
    };
    let all = audit(&server).report_usage(ask("", 0, String::new())).await.expect("told").into_inner();
    let shown: Vec<_> = all.rows.iter().map(|row| (row.action.as_str(), row.result.as_str(), row.count)).collect();
    assert_eq!(shown, [("AwaitJob", "OK", 5), ("StartJob", "OK", 5), ("PublishPlanVersion", "OK", 1)]);
    assert_eq!(all.total_count, 11);
    let scope = all.scope.expect("a scope");
    assert!(scope.complete && scope.jobs == 5 && scope.records == 6, "{scope:?}");
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let page = audit(&server).report_usage(ask("", 1, token)).await.expect("told").into_inner();
        assert_eq!(page.total_count, 11);
        paged.extend(page.rows);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, all.rows);
    let starts = audit(&server).report_usage(ask("action = \"StartJob\"", 0, String::new())).await.expect("told");
    assert_eq!(starts.into_inner().total_count, 5);
    let refused = audit(&server).report_usage(ask("count > 1", 0, String::new())).await;
    check_refused(refused, Code::InvalidArgument, "FIELD_INVALID", "filter");
    let next = audit(&server).report_usage(ask("", 1, String::new())).await.expect("told").into_inner().next_page_token;
    let other = v1::ReportUsageRequest { page_token: next, page_size: 1, ..Default::default() };
    let refused = audit(&server).report_usage(other).await;
    check_refused(refused, Code::InvalidArgument, "PAGE_TOKEN_INVALID", "page_token");
    server.stop().await;
}

#[tokio::test]
async fn errors_have_their_newest_example() {
    let server = five().await;
    let ask = v1::ReportErrorsRequest { range: devtest(), ..Default::default() };
    let told = audit(&server).report_errors(ask.clone()).await.expect("told").into_inner();
    assert_eq!((told.rows.len(), told.total_count), (1, 2));
    let row = &told.rows[0];
    assert_eq!(
        (row.plan_name.as_str(), row.step_key.as_str(), row.code.as_str(), row.count),
        ("one", "a", "NO_FUNDS", 2)
    );
    assert_eq!((row.last_message.as_str(), row.kind()), ("no luck", v1::FailureKind::NonRetryable));
    let newest = server.job(&row.last_job_id).await;
    assert!(newest.state() == v1::JobState::Failed && newest.end_time == row.last_time);
    let silent = v1::ReportErrorsRequest { omit_messages: true, ..ask.clone() };
    let told = audit(&server).report_errors(silent).await.expect("told").into_inner();
    assert_eq!(told.rows[0].last_message, "");
    let none = v1::ReportErrorsRequest { filter: "code = \"OTHER\"".into(), ..ask };
    assert_eq!(audit(&server).report_errors(none).await.expect("told").into_inner().total_count, 0);
    // INV-AUDIT: the one call that showed a text.
    let filter = "action = \"ReportErrors\"".into();
    let records = v1::ListAuditRecordsRequest { filter, ..Default::default() };
    assert_eq!(audit(&server).list_audit_records(records).await.expect("listed").into_inner().records.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn performance_puts_attempts_together() {
    let server = five().await;
    let ask = v1::ReportPerformanceRequest { range: devtest(), ..Default::default() };
    let told = audit(&server).report_performance(ask.clone()).await.expect("told").into_inner();
    let row = &told.rows[0];
    assert_eq!((told.rows.len(), row.attempts, row.failures), (1, 5, 2));
    assert_eq!((row.plan_name.as_str(), row.step_key.as_str(), row.worker_id.as_str()), ("one", "a", ""));
    let total = told.total.expect("a total");
    assert_eq!((total.attempts, &total.run, &total.wait), (5, &row.run, &row.wait));
    let run = row.run.expect("a spread");
    let micros = |time: &Option<prost_types::Duration>| time.map(|time| (time.seconds, time.nanos));
    assert!(micros(&run.p50) <= micros(&run.p90) && micros(&run.p99) <= micros(&run.max));
    let by_worker = v1::ReportPerformanceRequest { group_by: vec![v1::ReportGroup::Worker as i32], ..ask };
    let told = audit(&server).report_performance(by_worker).await.expect("told").into_inner();
    assert_eq!((told.rows[0].worker_id.as_str(), told.rows[0].plan_name.as_str()), ("w", ""));
    // Real work is what is asked for unless somebody says otherwise.
    let production = audit(&server).report_performance(v1::ReportPerformanceRequest::default()).await.expect("told");
    let production = production.into_inner();
    assert!(production.rows.is_empty());
    assert_eq!(production.scope.expect("a scope").other_class_jobs, 5);
    server.stop().await;
}
