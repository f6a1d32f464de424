//! What an operator sees of a last resort, and has it do: while the store takes nothing, and when it is back.

use crate::harness::*;
use async_trait::async_trait;
use esteira_contract::v1::{
    self, Durability,
    audit_service_client::AuditServiceClient,
    last_resort_record::{Kind, State},
};
use esteira_coordinator::{
    Settings,
    last_resort::{Folder, LastResort},
};
use esteira_grpc::Options;
use esteira_model::{DataClass, Time};
use esteira_store::{Error, Unit, Writer};
use std::{
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};
use tonic::Code;

const ONE: &str = r#"[{"step_key":"a","function":"kit.a"}]"#;
/// In all data and texts of this test, and nowhere else.
const CANARY: &str = "canary";
const RESERVE_BYTES: u64 = 16 << 20;

/// A store behind a door.
struct Behind {
    shut: Arc<AtomicBool>,
    writer: Box<dyn Writer>,
}

#[async_trait]
impl Writer for Behind {
    async fn begin(&mut self) -> esteira_store::Result<Box<dyn Unit + '_>> {
        if self.shut.load(Ordering::SeqCst) {
            return Err(Error::new(esteira_store::Kind::Unavailable, "the door is shut"));
        }
        self.writer.begin().await
    }
}

async fn harness(folder: &Path, shut: &Arc<AtomicBool>, options: Options) -> Harness {
    on("sqlite::memory:", folder, shut, options).await
}

async fn on(url: &str, folder: &Path, shut: &Arc<AtomicBool>, options: Options) -> Harness {
    let store = esteira_store_sql::open(url, esteira_store_sql::Options::default()).await.expect("a store");
    let folder = Folder { path: folder.to_owned(), in_memory: false, reserve_bytes: RESERVE_BYTES };
    let resort = LastResort::open(vec![folder], Time(1)).expect("a reserve");
    let settings = Settings { last_resort: Some(Arc::new(resort)), ..Settings::default() };
    let writer = Box::new(Behind { shut: shut.clone(), writer: store.writer });
    Harness::set(writer, store.reader, options, settings).await
}

async fn list(server: &Harness) -> Vec<v1::LastResortRecord> {
    let mut request = v1::ListLastResortRequest { page_size: 1, ..Default::default() };
    let mut records = Vec::new();
    loop {
        let page = server.admin().list_last_resort(request.clone()).await.expect("listed").into_inner();
        assert!(page.records.len() <= 1);
        records.extend(page.records);
        if page.next_page_token.is_empty() {
            return records;
        }
        request.page_token = page.next_page_token;
    }
}

async fn info(server: &Harness) -> v1::LastResortInfo {
    let info = server.admin().get_system_info(v1::GetSystemInfoRequest {}).await.expect("answered").into_inner();
    info.last_resort.expect("it has one")
}

async fn get(server: &Harness, sequence: i64) -> Result<v1::GetLastResortRecordResponse, tonic::Status> {
    let request = v1::GetLastResortRecordRequest { sequence };
    server.admin().get_last_resort_record(request).await.map(tonic::Response::into_inner)
}

fn failed(lease: &v1::TaskLease) -> v1::TaskReport {
    let failure = v1::Failure {
        kind: v1::FailureKind::NonRetryable as i32,
        code: "E".into(),
        message: CANARY.into(),
        stack_trace: CANARY.into(),
        ..Default::default()
    };
    let outcome = v1::task_report::Outcome::Failed(v1::Failing { failure: Some(failure), checkpoint: None });
    v1::TaskReport { lease_token: lease.lease_token.clone(), outcome: Some(outcome), ..Default::default() }
}

#[tokio::test]
async fn what_is_kept_is_seen_and_brought_back() {
    let folder = tempfile::tempdir().expect("a directory");
    let shut = Arc::new(AtomicBool::new(false));
    let server = harness(folder.path(), &shut, Options::new(Arc::new(operator()))).await;
    server.publish("p", ONE).await;
    assert_eq!(list(&server).await, []);
    let job = server.start_job("p", "1").await;
    let lease = server.lease_one("kit.a").await;
    shut.store(true, Ordering::SeqCst);
    let outcome = server.report(failed(&lease)).await;
    assert_eq!(outcome.durability(), Durability::LastResortDisk, "{outcome:?}");
    let input = format!("\"{CANARY}\"");
    let started = server.jobs().start_job(start_of("p", &input)).await.expect("kept").into_inner();
    let second = started.job.expect("a job").job_id;

    let records = list(&server).await;
    let said: Vec<_> = records.iter().map(|it| (it.sequence, it.kind(), it.state(), it.job_id.as_str())).collect();
    assert_eq!(
        said,
        [(1, Kind::Report, State::Waiting, job.as_str()), (2, Kind::Start, State::Waiting, second.as_str())]
    );
    assert_eq!((records[0].task_id.as_str(), records[0].fence), (lease.task_id.as_str(), lease.fence));
    assert_eq!((records[1].plan_name.as_str(), records[1].reason.as_str()), ("p", ""));
    let bytes = records.iter().map(|record| record.bytes).sum::<i64>();
    let held = info(&server).await;
    assert_eq!((held.records, held.bytes, held.ingested, held.folders, held.failed_folders), (2, bytes, 0, 1, 0));
    assert!(held.oldest_record_age.is_some() && held.room_bytes > 0);
    assert_eq!(held.reserve_bytes, RESERVE_BYTES as i64);

    for sequence in [1, 2] {
        let shown = get(&server, sequence).await.expect("shown");
        assert_eq!(shown.record.expect("a record"), records[sequence as usize - 1]);
        assert!(shown.said_json.contains("esteira.last-resort.v1"), "{}", shown.said_json);
        assert!(!shown.said_json.contains(CANARY), "data and texts of failures are not told: {}", shown.said_json);
    }
    check_refused(get(&server, 0).await, Code::InvalidArgument, "FIELD_INVALID", "sequence");
    check_refused(get(&server, 3).await, Code::NotFound, "LAST_RESORT_RECORD_NOT_FOUND", "");
    let ingest = || async { server.admin().ingest_last_resort(v1::IngestLastResortRequest {}).await };
    check_refused(ingest().await, Code::Unavailable, "STORE_UNAVAILABLE", "");

    shut.store(false, Ordering::SeqCst);
    let done = ingest().await.expect("brought back").into_inner();
    assert_eq!((done.already_applied, done.set_aside, done.left), (0, 0, 0));
    // A look at what is due may have brought them back just before.
    assert_eq!(info(&server).await.ingested, 2);
    assert_eq!(server.await_job(&job).await.state(), v1::JobState::Failed);
    assert_eq!(list(&server).await, []);
    let now = info(&server).await;
    assert_eq!((now.records, now.bytes, now.oldest_record_age), (0, 0, None));
    let again = ingest().await.expect("nothing to do").into_inner();
    assert_eq!(again, v1::IngestLastResortResponse::default());

    // INV-AUDIT: what the operator asked for, and what the coordinator did by itself.
    let request = v1::ListAuditRecordsRequest { page_size: 100, ..Default::default() };
    let audit =
        AuditServiceClient::new(server.channel()).list_audit_records(request).await.expect("listed").into_inner();
    let own: Vec<_> = audit.records.iter().filter(|record| record.action == "IngestLastResort").collect();
    let of = |user: &str| own.iter().filter(|record| record.user_id == user && record.result == "OK").count();
    assert_eq!((of("system"), of("ana")), (1, 2), "{own:#?}");
}

#[tokio::test]
async fn what_is_set_aside_is_shown_and_counted() {
    let (data, folder, elsewhere) = (tempfile::tempdir(), tempfile::tempdir(), tempfile::tempdir());
    let (data, folder, elsewhere) =
        (data.expect("a directory"), folder.expect("one more"), elsewhere.expect("a third"));
    let url = format!("sqlite://{}", data.path().join("esteira.db").display());

    let shut = Arc::new(AtomicBool::new(false));
    let server = on(&url, folder.path(), &shut, Options::new(Arc::new(operator()))).await;
    server.publish("p", ONE).await;
    // An id of now that no job has.
    let mut job_id = server.start_job("p", "0").await;
    let last = job_id.pop().expect("a digit");
    job_id.push(if last == '0' { '1' } else { '0' });
    let start = |input| v1::StartJobRequest { job_id: job_id.clone(), ..start_of("p", input) };
    shut.store(true, Ordering::SeqCst);
    server.jobs().start_job(start("1")).await.expect("kept");
    server.stop().await;
    shut.store(false, Ordering::SeqCst);
    // Another coordinator gives the id to another job meanwhile.
    let server = on(&url, elsewhere.path(), &shut, Options::new(Arc::new(operator()))).await;
    server.jobs().start_job(start("2")).await.expect("started");
    server.stop().await;

    let server = on(&url, folder.path(), &shut, Options::new(Arc::new(operator()))).await;
    server.admin().ingest_last_resort(v1::IngestLastResortRequest {}).await.expect("looked at");
    let records = list(&server).await;
    assert_eq!(records.len(), 1);
    assert_eq!((records[0].sequence, records[0].state()), (1, State::SetAside));
    assert!(records[0].reason.starts_with("JobIdTaken"), "{}", records[0].reason);
    let now = info(&server).await;
    assert_eq!((now.records, now.ingested, now.set_aside), (0, 0, 1));
    get(&server, 1).await.expect("shown");
    server.stop().await;

    // It is nobody else's.
    let stranger = esteira_grpc::LocalOperator {
        account: "elsewhere".into(),
        user_id: "eve".into(),
        data_class: DataClass::Devtest,
    };
    let server = on(&url, folder.path(), &shut, Options::new(Arc::new(stranger))).await;
    assert_eq!(list(&server).await, []);
    check_refused(get(&server, 1).await, Code::NotFound, "LAST_RESORT_RECORD_NOT_FOUND", "");
}

#[tokio::test]
async fn without_one_there_is_nothing_to_see() {
    let server = Harness::start().await;
    assert_eq!(list(&server).await, []);
    let answer = server.admin().get_system_info(v1::GetSystemInfoRequest {}).await.expect("answered").into_inner();
    assert_eq!(answer.last_resort, None);
    let done = server.admin().ingest_last_resort(v1::IngestLastResortRequest {}).await.expect("nothing to do");
    assert_eq!(done.into_inner(), v1::IngestLastResortResponse::default());
}
