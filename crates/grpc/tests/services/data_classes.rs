//! Data classes over the wire: what a caller is shown by default, and what is removed.

use crate::harness::*;
use esteira_contract::v1::{self, DataClass, audit_service_client::AuditServiceClient};
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"}]"#;

/// A job of another class than the operator's own.
async fn start_as(server: &Harness, class: DataClass) -> String {
    let start = v1::StartJobRequest { data_class: class as i32, ..start_of("one", "1") };
    server.jobs().start_job(start).await.expect("started").into_inner().job.expect("a job").job_id
}

async fn listed(server: &Harness, filter: &str) -> Vec<String> {
    let request = v1::ListJobsRequest { filter: filter.into(), ..Default::default() };
    let jobs = server.jobs().list_jobs(request).await.expect("listed").into_inner().jobs;
    jobs.into_iter().map(|job| job.job_id).collect()
}

/// INV-LABEL: lists are about the caller's own class, unless they say another or ask for relatives of a job.
#[tokio::test]
async fn a_list_shows_the_callers_own_class() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let own = server.start_job("one", "1").await;
    let qa = start_as(&server, DataClass::Qa).await;
    let production = start_as(&server, DataClass::Production).await;
    assert_eq!(listed(&server, "").await, [own.as_str()]);
    assert_eq!(listed(&server, "plan_name = \"one\"").await, [own.as_str()]);
    assert_eq!(listed(&server, "data_class = QA").await, [qa.as_str()]);
    assert_eq!(listed(&server, "state = RUNNING AND data_class = PRODUCTION").await, [production.as_str()]);
    assert_eq!(listed(&server, "data_class != DEVTEST").await, [production.clone(), qa.clone()]);
    assert_eq!(listed(&server, &format!("root_job_id = \"{qa}\"")).await, [qa]);
    assert_eq!(server.job(&production).await.data_class(), DataClass::Production, "who knows the id is shown the job");
    server.stop().await;
}

/// What is tried out is in no bill: usage counts production, and says what it left out.
#[tokio::test]
async fn usage_counts_production() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    server.start_job("one", "1").await;
    start_as(&server, DataClass::Qa).await;
    start_as(&server, DataClass::Production).await;
    let usage = async |data_classes: Vec<i32>| {
        let day = |seconds| Some(prost_types::Timestamp { seconds, nanos: 0 });
        let range = v1::ReportRange { start_time: day(1_700_000_000), end_time: day(4_000_000_000), data_classes };
        let request = v1::ReportUsageRequest { range: Some(range), ..Default::default() };
        let answer =
            AuditServiceClient::new(server.channel()).report_usage(request).await.expect("counted").into_inner();
        let starts = answer.rows.iter().filter(|row| row.action == "StartJob").map(|row| row.count).sum::<i64>();
        (starts, answer.scope.expect("a scope").other_class_jobs)
    };
    assert_eq!(usage(Vec::new()).await, (1, 2));
    assert_eq!(usage(vec![DataClass::Qa as i32, DataClass::Devtest as i32]).await, (2, 1));
    server.stop().await;
}

fn purge(data_class: DataClass) -> v1::PurgeJobsRequest {
    v1::PurgeJobsRequest {
        data_class: data_class as i32,
        filter: "plan_name = \"one\"".into(),
        reason: "tried out".into(),
        dry_run: true,
        ..Default::default()
    }
}

/// A job of this class that has ended.
async fn ended_as(server: &Harness, class: DataClass) -> String {
    let job = start_as(server, class).await;
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, "2").await;
    server.await_job(&job).await;
    job
}

async fn records(server: &Harness, filter: &str) -> Vec<v1::AuditRecord> {
    let request = v1::ListAuditRecordsRequest { filter: filter.into(), ..Default::default() };
    AuditServiceClient::new(server.channel()).list_audit_records(request).await.expect("listed").into_inner().records
}

/// INV-LABEL: what goes is what the dry run has counted, and nothing of another class.
#[tokio::test]
async fn a_purge_removes_what_its_dry_run_counted() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let production = ended_as(&server, DataClass::Production).await;
    let mut qa = Vec::new();
    for _ in 0..3 {
        qa.push(ended_as(&server, DataClass::Qa).await);
    }
    let open = start_as(&server, DataClass::Qa).await;
    let ask = async |request| server.admin().purge_jobs(request).await.map(tonic::Response::into_inner);
    let first = ask(v1::PurgeJobsRequest { page_size: 2, ..purge(DataClass::Qa) }).await.expect("counted");
    assert_eq!((first.jobs, first.held_open, first.artifacts), (1, 1, 2), "{first:?}");
    let page_token = first.next_page_token.clone();
    let second = ask(v1::PurgeJobsRequest { page_size: 2, page_token, ..purge(DataClass::Qa) }).await.expect("counted");
    assert_eq!((second.jobs, second.next_page_token.as_str()), (2, ""));
    // One more that nobody has counted.
    let late = ended_as_open(&server, &open).await;

    let confirmed = |confirmation: &str| v1::PurgeJobsRequest {
        dry_run: false,
        confirmation: confirmation.into(),
        ..purge(DataClass::Qa)
    };
    let gone = ask(confirmed(&second.confirmation)).await.expect("purged");
    assert_eq!((gone.jobs, gone.artifacts, gone.certificates.len()), (2, second.artifacts, 2), "{gone:?}");
    for certificate in &gone.certificates {
        assert!(qa.contains(&certificate.job_id) && certificate.cause == "PURGE" && certificate.leaf_hash.len() == 32);
    }
    let again = ask(confirmed(&second.confirmation)).await.expect("sent again");
    assert_eq!((again.jobs, again.certificates), (0, gone.certificates));
    let left = listed(&server, "data_class != DEVTEST").await;
    assert_eq!(left.len(), 3, "the production job, and the first page");
    assert!(left.contains(&production) && left.contains(&late));

    let on = |records: Vec<v1::AuditRecord>| {
        records.into_iter().map(|record| (record.reason, record.data_class)).collect::<Vec<_>>()
    };
    let expected = ("tried out".to_owned(), DataClass::Qa as i32);
    assert_eq!(on(records(&server, "action = \"PurgeJobs/DRY_RUN\"").await), [expected.clone(), expected.clone()]);
    assert_eq!(on(records(&server, "action = \"PurgeJobs\"").await), [expected.clone(), expected]);
    server.stop().await;
}

/// The open job ends.
async fn ended_as_open(server: &Harness, job: &str) -> String {
    let lease = server.lease_one("kit.a").await;
    server.complete(&lease, "2").await;
    server.await_job(job).await;
    job.to_owned()
}

#[tokio::test]
async fn a_purge_that_is_asked_for_wrongly_names_its_field() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    ended_as(&server, DataClass::Qa).await;
    let base = || purge(DataClass::Qa);
    let dry = server.admin().purge_jobs(base()).await.expect("counted").into_inner();
    let confirmed = v1::PurgeJobsRequest { dry_run: false, confirmation: dry.confirmation, ..base() };
    for (request, field) in [
        (purge(DataClass::Production), "data_class"),
        (v1::PurgeJobsRequest { confirmation: String::new(), dry_run: false, ..base() }, "confirmation"),
        (purge(DataClass::Unspecified), "data_class"),
        (v1::PurgeJobsRequest { reason: " ".into(), ..base() }, "reason"),
        (v1::PurgeJobsRequest { filter: " ".into(), ..base() }, "filter"),
        (v1::PurgeJobsRequest { filter: "order = 1".into(), ..base() }, "filter"),
        // A confirmation is of one class and filter.
        (v1::PurgeJobsRequest { filter: "state = SUCCEEDED".into(), ..confirmed.clone() }, "confirmation"),
        (v1::PurgeJobsRequest { data_class: DataClass::Devtest as i32, ..confirmed.clone() }, "confirmation"),
    ] {
        check_refused(server.admin().purge_jobs(request).await, Code::InvalidArgument, "FIELD_INVALID", field);
    }
    let class = v1::PurgeJobsRequest { data_class: DataClass::Production as i32, ..confirmed.clone() };
    check_refused(server.admin().purge_jobs(class).await, Code::InvalidArgument, "FIELD_INVALID", "data_class");
    assert_eq!(server.admin().purge_jobs(confirmed).await.expect("purged").into_inner().jobs, 1);
    server.stop().await;
}

#[tokio::test]
async fn an_erasure_is_recorded_with_its_certificates() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let open = start_as(&server, DataClass::Production).await;
    let request = |job_id: &str, reason: &str| v1::EraseJobRequest { job_id: job_id.into(), reason: reason.into() };
    let ask = async |request| server.admin().erase_job(request).await.map(tonic::Response::into_inner);
    check_refused(ask(request(&open, " ")).await, Code::InvalidArgument, "FIELD_INVALID", "reason");
    check_refused(ask(request("x", "r")).await, Code::InvalidArgument, "FIELD_INVALID", "job_id");
    check_refused(ask(request(&open, "r")).await, Code::FailedPrecondition, "JOB_STATE_CONFLICT", "job_id");
    let unknown = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";
    check_refused(ask(request(unknown, "r")).await, Code::NotFound, "JOB_NOT_FOUND", "job_id");
    let job = ended_as_open(&server, &open).await;
    assert!(server.job(&job).await.results[0].body.is_some());
    let erased = ask(request(&job, "as asked")).await.expect("erased");
    assert_eq!((erased.jobs, erased.artifacts, erased.certificates.len()), (1, 2, 1));
    let certificate = &erased.certificates[0];
    assert_eq!((certificate.job_id.as_str(), certificate.cause.as_str(), certificate.bodies), (&*job, "ERASURE", 2));
    let again = ask(request(&job, "once more")).await.expect("erased before");
    assert_eq!((again.artifacts, again.certificates), (0, erased.certificates));
    let left = server.job(&job).await;
    assert_eq!(left.state(), v1::JobState::Succeeded);
    assert!(left.results.is_empty() && left.input.and_then(|input| input.data).is_none_or(|data| data.body.is_none()));
    let recorded = records(&server, &format!("resource = \"jobs/{job}\" AND action = \"EraseJob\"")).await;
    let told: Vec<_> = recorded.iter().map(|record| (record.reason.as_str(), record.result.as_str())).collect();
    assert_eq!(told, [("once more", "OK"), ("as asked", "OK"), ("r", "JOB_STATE_CONFLICT"), ("", "FIELD_INVALID")]);
    server.stop().await;
}
