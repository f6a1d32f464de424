//! A coordinator in this process, on a private database, behind a real port.

use esteira_contract::v1::{
    self, admin_service_client::AdminServiceClient, job_service_client::JobServiceClient,
    outbox_service_client::OutboxServiceClient, plan_service_client::PlanServiceClient,
    worker_service_client::WorkerServiceClient,
};
use esteira_coordinator::{Coordinator, Settings, SystemClock, coordinator::Running};
use esteira_grpc::{Error, LocalOperator, Options, serve};
use esteira_model::DataClass;
use esteira_store::{Reader, Writer};
use prost::Message;
use std::{net::SocketAddr, sync::Arc, time::Duration};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{Code, Status, transport::Channel};
use tonic_types::StatusExt;

/// No answer takes longer than this, unless something is wrong.
pub const SOON: Duration = Duration::from_secs(10);

pub struct Harness {
    pub address: SocketAddr,
    channel: Channel,
    stop: CancellationToken,
    server: JoinHandle<Result<(), Error>>,
    running: Running,
}

pub fn operator() -> LocalOperator {
    LocalOperator { account: "default".into(), user_id: "ana".into(), data_class: DataClass::Devtest }
}

impl Harness {
    pub async fn start() -> Self {
        Self::with(Options::new(Arc::new(operator()))).await
    }

    pub async fn with(options: Options) -> Self {
        Self::on("sqlite::memory:", options).await
    }

    /// On the database of this URL.
    pub async fn on(url: &str, options: Options) -> Self {
        let store = esteira_store_sql::open(url, esteira_store_sql::Options::default()).await.expect("a store");
        Self::over(store.writer, store.reader, options).await
    }

    /// Over a store of the test's own.
    pub async fn over(writer: Box<dyn Writer>, reader: Arc<dyn Reader>, options: Options) -> Self {
        Self::set(writer, reader, options, Settings::default()).await
    }

    /// With settings of the test's own.
    pub async fn set(writer: Box<dyn Writer>, reader: Arc<dyn Reader>, options: Options, settings: Settings) -> Self {
        let (coordinator, running) =
            Coordinator::start(writer, reader, Arc::new(SystemClock), settings).await.expect("starts");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let stop = CancellationToken::new();
        let server = tokio::spawn(serve(listener, coordinator, options, stop.clone()));
        let endpoint = Channel::from_shared(format!("http://{address}")).expect("an endpoint");
        let channel = endpoint.connect().await.expect("connects");
        Self { address, channel, stop, server, running }
    }

    /// Asks the server to stop.
    pub fn drain(&self) {
        self.stop.cancel();
    }

    /// Stops, and waits until everything that was accepted is done.
    pub async fn stop(self) {
        self.stop.cancel();
        drop(self.channel);
        let ended = tokio::time::timeout(SOON, self.server).await.expect("stops soon");
        ended.expect("no panic").expect("no error");
        tokio::time::timeout(SOON, self.running.drained()).await.expect("nobody holds the coordinator any more");
    }

    pub fn channel(&self) -> Channel {
        self.channel.clone()
    }

    pub fn jobs(&self) -> JobServiceClient<Channel> {
        JobServiceClient::new(self.channel())
    }

    pub fn plans(&self) -> PlanServiceClient<Channel> {
        PlanServiceClient::new(self.channel())
    }

    pub fn workers(&self) -> WorkerServiceClient<Channel> {
        WorkerServiceClient::new(self.channel())
    }

    pub fn outbox(&self) -> OutboxServiceClient<Channel> {
        OutboxServiceClient::new(self.channel())
    }

    pub fn admin(&self) -> AdminServiceClient<Channel> {
        AdminServiceClient::new(self.channel())
    }

    /// Publishes a plan with these steps, as JSON.
    pub async fn publish(&self, name: &str, steps: &str) -> v1::PlanVersion {
        self.publish_document(name, &format!("{{\"name\":\"{name}\",\"steps\":{steps}}}")).await
    }

    /// Publishes a plan.
    pub async fn publish_document(&self, name: &str, definition_json: &str) -> v1::PlanVersion {
        let request = v1::PublishPlanVersionRequest {
            plan: Some(v1::publish_plan_version_request::Plan::PlanName(name.into())),
            definition_json: definition_json.into(),
            ..Default::default()
        };
        self.plans().publish_plan_version(request).await.expect("published").into_inner().version.expect("a version")
    }

    pub async fn start_job(&self, plan: &str, input: &str) -> String {
        let started = self.jobs().start_job(start_of(plan, input)).await.expect("started").into_inner();
        started.job.expect("a job").job_id
    }

    /// Leases tasks; waits until there is one.
    pub async fn lease(&self, function: &str, max_leases: i32) -> Vec<v1::TaskLease> {
        let poll = v1::LeaseTasksRequest { max_leases, ..poll_of("w", function) };
        self.workers().lease_tasks(poll).await.expect("answered").into_inner().leases
    }

    pub async fn lease_one(&self, function: &str) -> v1::TaskLease {
        self.lease(function, 1).await.pop().expect("a lease")
    }

    pub async fn report(&self, report: v1::TaskReport) -> v1::ReportOutcome {
        let request = v1::ReportTasksRequest { worker_id: "w".into(), reports: vec![report], lease: None };
        self.workers().report_tasks(request).await.expect("answered").into_inner().outcomes.remove(0)
    }

    /// Completes a task with one JSON output.
    pub async fn complete(&self, lease: &v1::TaskLease, output: &str) {
        let outcome = self.report(completed(lease, output)).await;
        assert_eq!(
            (outcome.error_reason.as_str(), outcome.durability()),
            ("", v1::Durability::Committed),
            "{}",
            outcome.error_message
        );
    }

    pub async fn await_job(&self, job_id: &str) -> v1::Job {
        let request = v1::AwaitJobRequest { job_id: job_id.into(), wait: seconds(20) };
        let answer = self.jobs().await_job(request).await.expect("answered").into_inner();
        assert!(answer.completed, "the job has not ended");
        answer.job.expect("a job")
    }

    pub async fn job(&self, job_id: &str) -> v1::Job {
        let request = v1::GetJobRequest { job_id: job_id.into(), omit_payloads: false };
        self.jobs().get_job(request).await.expect("found").into_inner().job.expect("a job")
    }

    pub async fn tasks(&self, job_id: &str) -> Vec<v1::Task> {
        let request = v1::ListTasksRequest { job_id: job_id.into(), ..Default::default() };
        self.jobs().list_tasks(request).await.expect("listed").into_inner().tasks
    }
}

pub fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

pub fn json(text: &str) -> v1::Payload {
    v1::Payload { body: Some(v1::payload::Body::Json(text.into())), ..Default::default() }
}

pub fn text_of(payload: &v1::Payload) -> &str {
    match &payload.body {
        Some(v1::payload::Body::Json(text)) => text,
        other => panic!("not JSON: {other:?}"),
    }
}

pub fn start_of(plan: &str, input: &str) -> v1::StartJobRequest {
    v1::StartJobRequest {
        plan: Some(v1::start_job_request::Plan::PlanName(plan.into())),
        packet: Some(v1::DataPacket { data: Some(json(input)), ..Default::default() }),
        ..Default::default()
    }
}

pub fn poll_of(worker_id: &str, function: &str) -> v1::LeaseTasksRequest {
    v1::LeaseTasksRequest {
        worker_id: worker_id.into(),
        function_names: vec![function.into()],
        wait: seconds(10),
        ..Default::default()
    }
}

pub fn completed_with(lease: &v1::TaskLease, completion: v1::Completion) -> v1::TaskReport {
    let outcome = Some(v1::task_report::Outcome::Completed(completion));
    v1::TaskReport { lease_token: lease.lease_token.clone(), outcome, ..Default::default() }
}

pub fn completed(lease: &v1::TaskLease, output: &str) -> v1::TaskReport {
    let output = Some(v1::completion::Output::Single(json(output)));
    completed_with(lease, v1::Completion { output, ..Default::default() })
}

pub fn failed(lease: &v1::TaskLease, kind: v1::FailureKind, code: &str) -> v1::TaskReport {
    let failure =
        Some(v1::Failure { kind: kind as i32, code: code.into(), message: "no luck".into(), ..Default::default() });
    let outcome = Some(v1::task_report::Outcome::Failed(v1::Failing { failure, checkpoint: None }));
    v1::TaskReport { lease_token: lease.lease_token.clone(), outcome, ..Default::default() }
}

/// What an error says: its code, its reason, and the field that is wrong.
pub fn refusal<T: std::fmt::Debug>(answer: Result<T, Status>) -> (Code, String, String) {
    let status = answer.expect_err("refused");
    let details = status.get_error_details();
    let info = details.error_info().unwrap_or_else(|| panic!("no ErrorInfo: {status:?}"));
    assert_eq!(info.domain, "esteira.v1");
    let infos = tonic_types::pb::Status::decode(status.details()).expect("details").details;
    assert_eq!(infos.iter().filter(|any| any.type_url.ends_with("ErrorInfo")).count(), 1);
    let field =
        details.bad_request().and_then(|bad| bad.field_violations.first()).map(|violation| violation.field.clone());
    (status.code(), info.reason.clone(), field.unwrap_or_default())
}

/// Checks the code, the reason and the field of an error.
pub fn check_refused<T: std::fmt::Debug>(answer: Result<T, Status>, code: Code, reason: &str, field: &str) {
    assert_eq!(refusal(answer), (code, reason.to_owned(), field.to_owned()));
}
