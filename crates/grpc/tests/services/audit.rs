//! Who did what (INV-AUDIT): one record a change or a read of data, the read's before its answer leaves (I18).

use crate::{authentication, harness::*};
use async_trait::async_trait;
use esteira_contract::v1::{self, JobAction, audit_service_client::AuditServiceClient};
use esteira_grpc::Options;
use esteira_model::{AccountId, JobId, JobState};
use esteira_store::{Error, Filter, Kind, News, Page, Reader, Result, Unit, Writer};
use esteira_store_sql::open;
use esteira_testkit::Postgres;
use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tonic::{Code, Status};

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"}]"#;
/// In all data and texts of these tests, and nowhere else.
const CANARY: &str = "canary";
const UNKNOWN: &str = "01932c07-209b-7e9a-8b2c-ffeeddccbbaa";

async fn records(server: &Harness, filter: &str) -> Vec<v1::AuditRecord> {
    let request = v1::ListAuditRecordsRequest { page_size: 500, filter: filter.into(), ..Default::default() };
    AuditServiceClient::new(server.channel()).list_audit_records(request).await.expect("listed").into_inner().records
}

fn control(job_id: &str, action: JobAction, reason: &str) -> v1::ControlJobRequest {
    v1::ControlJobRequest { job_id: job_id.into(), action: action as i32, reason: reason.into(), ..Default::default() }
}

/// What an answer was, as the record should have it, and how many records it should leave.
struct Done {
    action: &'static str,
    result: String,
    records: usize,
}

fn result_of<T: std::fmt::Debug>(answer: &std::result::Result<T, Status>) -> String {
    match answer {
        Ok(_) => "OK".into(),
        Err(status) => refusal(Err::<(), _>(status.clone())).1,
    }
}

/// A change leaves one, whatever became of it.
fn change<T: std::fmt::Debug>(action: &'static str, answer: std::result::Result<T, Status>) -> Done {
    Done { action, result: result_of(&answer), records: 1 }
}

/// A read leaves one when it showed data, or was refused.
fn read<T: std::fmt::Debug>(action: &'static str, answer: std::result::Result<T, Status>) -> Done {
    let shows = answer.as_ref().map_or(true, |shown| format!("{shown:?}").contains(CANARY));
    Done { action, result: result_of(&answer), records: usize::from(shows) }
}

/// What workers do, and starts that are granted, leave none.
fn silent<T: std::fmt::Debug>(answer: std::result::Result<T, Status>) -> Done {
    assert_eq!(result_of(&answer), "OK");
    Done { action: "", result: String::new(), records: 0 }
}

/// The next call of a walk: numbers choose it and its object.
async fn call(server: &Harness, jobs: &mut Vec<String>, which: u32, of: u32) -> Done {
    let job = jobs.get(of as usize % jobs.len().max(1)).cloned().unwrap_or_else(|| UNKNOWN.into());
    let get = |job_id: &str, omit_payloads| v1::GetJobRequest { job_id: job_id.into(), omit_payloads };
    let mut client = server.jobs();
    match which % 18 {
        0 | 1 => {
            let answer = client.start_job(start_of("one", &format!("\"{CANARY} {of}\""))).await;
            jobs.extend(answer.iter().filter_map(|answer| answer.get_ref().job.as_ref()).map(|job| job.job_id.clone()));
            silent(answer)
        }
        2 => read("GetJob", client.get_job(get(&job, false)).await),
        3 => read("GetJob", client.get_job(get(&job, true)).await),
        4 => read("GetJob", client.get_job(get(UNKNOWN, false)).await),
        5 => read("AwaitJob", client.await_job(v1::AwaitJobRequest { job_id: job, wait: seconds(0) }).await),
        6 => read("ListTasks", client.list_tasks(v1::ListTasksRequest { job_id: job, ..Default::default() }).await),
        7 => read("ListJobs", client.list_jobs(v1::ListJobsRequest::default()).await),
        8 => change("ControlJob/PAUSE", client.control_job(control(&job, JobAction::Pause, "")).await),
        9 => change("ControlJob/CANCEL", client.control_job(control(&job, JobAction::Cancel, CANARY)).await),
        10 => {
            let answer = client.control_job(control(&job, JobAction::Terminate, " ")).await.map(drop);
            assert_eq!(refusal(answer.clone()).2, "reason");
            change("ControlJob", answer)
        }
        11 => {
            let queue = Some(v1::Queue { name: "kit.a".into(), paused: false, ..Default::default() });
            let update_mask = Some(prost_types::FieldMask { paths: vec!["paused".into()] });
            change(
                "UpdateQueue/RESUME",
                server.admin().update_queue(v1::UpdateQueueRequest { queue, update_mask }).await,
            )
        }
        12 => {
            let plan = Some(v1::Plan { name: format!("p{}", of % 3), ..Default::default() });
            change("CreatePlan", server.plans().create_plan(v1::CreatePlanRequest { plan, ..Default::default() }).await)
        }
        13 => change("StartJob", client.start_job(start_of("none", "1")).await),
        14 => {
            let evict = v1::EvictWorkerRequest { worker_id: "nobody".into(), reason: "gone".into() };
            change("EvictWorker", server.admin().evict_worker(evict).await)
        }
        15 => {
            let watch = v1::WatchJobsRequest { job_ids: vec![job] };
            change("WatchJobs", client.watch_jobs(watch).await.map(drop))
        }
        16 => {
            let poll = v1::LeaseTasksRequest { wait: seconds(0), ..poll_of("w", "kit.a") };
            let answer = server.workers().lease_tasks(poll).await;
            for lease in answer.iter().flat_map(|answer| &answer.get_ref().leases) {
                server.complete(lease, &format!("\"{CANARY}\"")).await;
            }
            silent(answer)
        }
        _ => {
            let dry_run = v1::ApplyRetentionRequest { dry_run: true, ..Default::default() };
            change("ApplyRetention/DRY_RUN", server.admin().apply_retention(dry_run).await)
        }
    }
}

/// I18 along a walk of calls that numbers choose.
async fn one_record_each(url: &str) {
    let store = open(url, esteira_store_sql::Options::default()).await.expect("a store");
    let server = Harness::over(store.writer, store.reader, Options::new(Arc::new(operator()))).await;
    server.publish("one", ONE).await;
    let (mut jobs, mut number, mut expected) = (Vec::new(), 7_u32, 1);
    for step in 0..160 {
        number = number.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let done = call(&server, &mut jobs, number >> 16, number >> 8).await;
        let found = records(&server, "").await;
        expected += done.records;
        assert_eq!(found.len(), expected, "step {step}: {} {}, then {:?}", done.action, done.result, found.first());
        if done.records == 1 {
            let newest = &found[0];
            assert_eq!((newest.action.as_str(), newest.result.as_str()), (done.action, done.result.as_str()));
            assert_eq!((newest.user_id.as_str(), newest.credential_id.as_str()), ("ana", "local"));
            assert_eq!((newest.client_address.as_str(), newest.decision()), ("127.0.0.1", v1::AuditDecision::Allowed));
            assert_eq!(newest.request_digest.len(), 32, "{newest:?}");
            assert!(newest.start_time.is_some() && newest.latency.is_some());
        }
    }
    let actions: std::collections::BTreeSet<String> =
        records(&server, "").await.into_iter().map(|record| record.action).collect();
    assert!(actions.len() >= 13, "the walk went nowhere: {actions:?}");
    server.stop().await;
}

#[tokio::test]
async fn inv_audit_one_record_each_on_sqlite() {
    one_record_each("sqlite::memory:").await;
}

#[tokio::test]
async fn inv_audit_one_record_each_on_postgres() {
    let postgres = Postgres::shared();
    let name = postgres.fresh_name();
    postgres.run("postgres", &format!("CREATE DATABASE {name}"));
    one_record_each(&postgres.url(&name)).await;
}

#[tokio::test]
async fn a_record_says_on_what_and_why() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", "1").await;
    server.jobs().control_job(control(&job, JobAction::Cancel, "the customer asked")).await.expect("cancelled");
    let found = records(&server, "action = \"ControlJob/CANCEL\" AND decision = ALLOWED").await;
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].resource.as_str(), found[0].reason.as_str()), (&*format!("jobs/{job}"), "the customer asked"));
    assert_eq!(found[0].data_class(), v1::DataClass::Devtest);
    let published = records(&server, "action = \"PublishPlanVersion\"").await;
    assert_eq!((published.len(), published[0].resource.as_str()), (1, "plans/one"));
    assert!(records(&server, "result != \"OK\"").await.is_empty());
    let list = v1::ListAuditRecordsRequest { filter: "reason = \"x\"".into(), ..Default::default() };
    let refused = AuditServiceClient::new(server.channel()).list_audit_records(list).await;
    check_refused(refused, Code::InvalidArgument, "FIELD_INVALID", "filter");
    server.stop().await;
}

#[tokio::test]
async fn a_change_that_is_sent_again_leaves_a_record_again() {
    let server = Harness::start().await;
    let plan = Some(v1::Plan { name: "p".into(), ..Default::default() });
    let request = v1::CreatePlanRequest { request_id: "r1".into(), plan };
    for _ in 0..2 {
        server.plans().create_plan(request.clone()).await.expect("created");
    }
    let found = records(&server, "action = \"CreatePlan\"").await;
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].request_digest, found[1].request_digest);
    server.stop().await;
}

/// A start brings its own results; the same request that comes later finds another's.
#[tokio::test]
async fn results_that_a_repeated_start_finds_are_a_read() {
    let server = Harness::start().await;
    server.publish("one", ONE).await;
    let start = v1::StartJobRequest { request_id: "r1".into(), wait: seconds(10), ..start_of("one", "1") };
    let mut client = server.jobs();
    let first = tokio::spawn({
        let start = start.clone();
        async move { client.start_job(start).await.expect("started").into_inner() }
    });
    server.complete(&server.lease_one("kit.a").await, "2").await;
    assert!(first.await.expect("no panic").completed);
    assert!(records(&server, "action = \"StartJob\"").await.is_empty());
    assert!(server.jobs().start_job(start).await.expect("found").into_inner().deduplicated);
    assert_eq!(records(&server, "action = \"StartJob\" AND result = \"OK\"").await.len(), 1);
    server.stop().await;
}

#[tokio::test]
async fn who_may_not_is_recorded() {
    let server = Harness::with(Options::new(Arc::new(authentication::ByHeader))).await;
    use authentication::by;
    let poll = || v1::LeaseTasksRequest { wait: seconds(0), ..poll_of("w", "kit.b") };
    for answer in [
        server.jobs().list_jobs(by("runner", v1::ListJobsRequest::default())).await.map(drop),
        server.workers().lease_tasks(by("runner", poll())).await.map(drop),
        server.jobs().start_job(by("reader", start_of("one", "1"))).await.map(drop),
        server.jobs().list_jobs(v1::ListJobsRequest::default()).await.map(drop),
    ] {
        answer.expect_err("refused");
    }
    let list = v1::ListAuditRecordsRequest { filter: "decision = DENIED".into(), ..Default::default() };
    let mut audit = AuditServiceClient::new(server.channel());
    let found = audit.list_audit_records(by("admin", list)).await.expect("listed").into_inner().records;
    let shown: Vec<_> = found
        .iter()
        .map(|r| (r.user_id.as_str(), r.credential_id.as_str(), r.action.as_str(), r.result.as_str()))
        .collect();
    // Of whom nobody knows the account, no account sees the record.
    let expected = [
        ("reader", "reader-key", "StartJob", "ROLE_MISSING"),
        ("runner", "runner-key", "LeaseTasks", "FUNCTION_NOT_ALLOWED"),
        ("runner", "runner-key", "ListJobs", "ROLE_MISSING"),
    ];
    assert_eq!(shown, expected);
    let denied = audit.list_audit_records(by("runner", v1::ListAuditRecordsRequest::default())).await;
    check_refused(denied, Code::PermissionDenied, "ROLE_MISSING", "");
    server.stop().await;
}

/// A writer that can be told to fail.
struct Switched {
    inner: Box<dyn Writer>,
    off: Arc<AtomicBool>,
}

#[async_trait]
impl Writer for Switched {
    async fn begin(&mut self) -> Result<Box<dyn Unit + '_>> {
        if self.off.load(Ordering::Relaxed) {
            return Err(Error::new(Kind::Unavailable, "switched off"));
        }
        self.inner.begin().await
    }

    fn holds_thread(&self) -> bool {
        self.inner.holds_thread()
    }

    fn news(&self) -> Option<News> {
        self.inner.news()
    }
}

/// I18: what cannot be recorded is not shown, although it could be read.
#[tokio::test]
async fn inv_audit_nothing_leaves_unrecorded() {
    let store = open("sqlite::memory:", esteira_store_sql::Options::default()).await.expect("a store");
    let off = Arc::new(AtomicBool::new(false));
    let writer = Box::new(Switched { inner: store.writer, off: off.clone() });
    let server = Harness::over(writer, store.reader, Options::new(Arc::new(operator()))).await;
    server.publish("one", ONE).await;
    let job = server.start_job("one", &format!("\"{CANARY}\"")).await;
    off.store(true, Ordering::Relaxed);
    let request = v1::GetJobRequest { job_id: job.clone(), omit_payloads: false };
    let refused = server.jobs().get_job(request.clone()).await.expect_err("not recorded");
    assert!(!format!("{refused:?}").contains(CANARY));
    assert_eq!(refusal(Err::<(), _>(refused)).0, Code::Unavailable);
    let shown = server.jobs().get_job(v1::GetJobRequest { omit_payloads: true, ..request.clone() }).await;
    assert!(!format!("{:?}", shown.expect("no data, no record")).contains(CANARY));
    let tasks = server.jobs().list_tasks(v1::ListTasksRequest { job_id: job, ..Default::default() }).await;
    assert_eq!(refusal(tasks).0, Code::Unavailable);
    off.store(false, Ordering::Relaxed);
    assert!(format!("{:?}", server.jobs().get_job(request).await.expect("shown")).contains(CANARY));
    assert_eq!(records(&server, "action = \"GetJob\"").await.len(), 1);
    server.stop().await;
}

/// INV-ONE-TX: whenever a caller goes away, the job is cancelled and that is recorded, or neither is so.
#[tokio::test]
async fn inv_audit_a_call_that_its_caller_drops_is_whole_or_nothing() {
    let store = open("sqlite::memory:", esteira_store_sql::Options::default()).await.expect("a store");
    let reader: Arc<dyn Reader> = store.reader.clone();
    let server = Harness::over(store.writer, store.reader, Options::new(Arc::new(operator()))).await;
    server.publish("one", ONE).await;
    let mut jobs = Vec::new();
    for patience in 0..60 {
        let job = server.start_job("one", "1").await;
        let mut client = server.jobs();
        let call = client.control_job(control(&job, JobAction::Cancel, "a test"));
        // Dropped at another moment each time.
        let _ = tokio::time::timeout(Duration::from_micros(patience * 25), call).await;
        jobs.push(job);
    }
    server.stop().await;
    let page = Page { size: 500, after: None };
    let account = AccountId::new("default");
    let found = reader.list_audit_records(&account, &Filter::default(), &page).await.expect("read").rows;
    // Each has its leaf, and the leaf is what its row gives again.
    for record in &found {
        let at = record.leaf_at.expect("an address");
        let pages = reader.ledger_pages(&[at.page]).await.expect("read");
        let expected = esteira_coordinator::audit::leaf(record).encode().expect("a leaf");
        assert_eq!(pages[0].leaf(at.ordinal), Some(&*expected), "{record:?}");
    }
    let mut cancelled = 0;
    for id in jobs {
        let job: JobId = id.parse().expect("an id");
        let job = reader.job(&account, job).await.expect("read").expect("a job");
        let resource = format!("jobs/{id}");
        let recorded = found.iter().filter(|record| record.resource == resource && record.result == "OK").count();
        assert_eq!(recorded, usize::from(job.state == JobState::Cancelled), "{job:?}");
        cancelled += recorded;
    }
    assert!(cancelled > 0, "no call arrived");
}
