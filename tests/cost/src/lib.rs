//! A workload that does the same each time, for tests that count what it costs.
//!
//! Purpose: one caller, one worker and a whole coordinator in one process and one thread, one call after the other, so that
//! counts of instructions and rows do not depend on the machine's speed.
//! Must not know: the store's tables.

use esteira_contract::v1::{
    self, job_service_client::JobServiceClient, plan_service_client::PlanServiceClient,
    worker_service_client::WorkerServiceClient,
};
use esteira_coordinator::{Coordinator, Settings, SystemClock};
use esteira_grpc::{LocalOperator, Options, serve};
use esteira_model::DataClass;
use std::{error::Error, sync::Arc};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

/// Steps of a job.
pub const STEPS: usize = 3;
/// Commits of a job: its start, and each report. The lease of its first task shares the commit of the start.
pub const COMMITS: usize = 1 + STEPS;

const PLAN: &str = "cost";
const FUNCTION: &str = "cost.noop";
/// About 200 bytes.
const DATA: &str = r#"{"order":"9007199254740993","status":"shipped","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}],"note":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;

/// Runs jobs of [`STEPS`] steps, one after the other, and stops.
///
/// # Errors
/// What any part says.
pub async fn run(database: &str, jobs: usize) -> Result<(), Box<dyn Error>> {
    let store = esteira_store_sql::open(database, esteira_store_sql::Options::default()).await?;
    let (coordinator, running) =
        Coordinator::start(store.writer, store.reader, Arc::new(SystemClock), Settings::default()).await?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let stop = CancellationToken::new();
    let operator = LocalOperator { account: "default".into(), user_id: "cost".into(), data_class: DataClass::Devtest };
    let options = Options::new(Arc::new(operator));
    let server = tokio::spawn(serve(listener, coordinator, options, stop.clone()));
    let channel = Channel::from_shared(format!("http://{address}"))?.connect().await?;
    publish(&channel).await?;
    for _ in 0..jobs {
        // The poll waits already when the job starts, so that its first task is handed off in the start's commit.
        tokio::try_join!(work(&channel), start(&channel))?;
    }
    drop(channel);
    stop.cancel();
    server.await??;
    running.drained().await;
    Ok(())
}

async fn publish(channel: &Channel) -> Result<(), tonic::Status> {
    let step = |index: usize| {
        let next = if index + 1 < STEPS { format!(r#","next":["s{}"]"#, index + 1) } else { String::new() };
        format!(r#"{{"step_key":"s{index}","function":"{FUNCTION}"{next}}}"#)
    };
    let steps: Vec<String> = (0..STEPS).map(step).collect();
    let request = v1::PublishPlanVersionRequest {
        plan: Some(v1::publish_plan_version_request::Plan::PlanName(PLAN.into())),
        definition_json: format!(r#"{{"name":"{PLAN}","steps":[{}]}}"#, steps.join(",")),
        make_default: true,
        ..Default::default()
    };
    PlanServiceClient::new(channel.clone()).publish_plan_version(request).await.map(drop)
}

fn payload() -> v1::Payload {
    v1::Payload { body: Some(v1::payload::Body::Json(DATA.into())), ..Default::default() }
}

fn seconds(seconds: i64) -> Option<prost_types::Duration> {
    Some(prost_types::Duration { seconds, nanos: 0 })
}

async fn start(channel: &Channel) -> Result<(), tonic::Status> {
    let request = v1::StartJobRequest {
        plan: Some(v1::start_job_request::Plan::PlanName(PLAN.into())),
        packet: Some(v1::DataPacket { data: Some(payload()), ..Default::default() }),
        wait: seconds(30),
        ..Default::default()
    };
    let answer = JobServiceClient::new(channel.clone()).start_job(request).await?.into_inner();
    if answer.completed { Ok(()) } else { Err(tonic::Status::internal("the job did not end")) }
}

async fn work(channel: &Channel) -> Result<(), tonic::Status> {
    let mut worker = WorkerServiceClient::new(channel.clone());
    let poll = |wait| v1::LeaseTasksRequest {
        worker_id: "w".into(),
        function_names: vec![FUNCTION.into()],
        wait: seconds(wait),
        ..Default::default()
    };
    let mut leases = worker.lease_tasks(poll(30)).await?.into_inner().leases;
    for _ in 0..STEPS {
        let lease = leases.pop().ok_or_else(|| tonic::Status::internal("no lease"))?;
        let completion =
            v1::Completion { output: Some(v1::completion::Output::Single(payload())), ..Default::default() };
        let report = v1::TaskReport {
            lease_token: lease.lease_token,
            outcome: Some(v1::task_report::Outcome::Completed(completion)),
            ..Default::default()
        };
        let request = v1::ReportTasksRequest { worker_id: "w".into(), reports: vec![report], lease: Some(poll(0)) };
        leases = worker.report_tasks(request).await?.into_inner().lease.unwrap_or_default().leases;
    }
    Ok(())
}
