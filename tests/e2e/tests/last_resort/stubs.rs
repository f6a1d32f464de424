//! A worker's and a starter's calls on the generated stubs: what is sent and what is answered is in the test's hands.

use crate::HEALED_MAX;
use esteira_contract::v1::{
    self, completion::Output, job_service_client::JobServiceClient, payload::Body,
    plan_service_client::PlanServiceClient, task_report::Outcome, worker_service_client::WorkerServiceClient,
};
use esteira_e2e::{Server, jobs, until};
use esteira_sdk::client::Client;
use serde_json::json;
use std::time::Duration;
use tonic::{
    Code, Status,
    transport::{Channel, Endpoint},
};

/// How long a call may take.
const CALL_MAX: Duration = Duration::from_secs(10);
/// How long a lease is held: longer than any fault of these tests, so that nobody else gets the task.
const LEASE_SECONDS: i64 = 300;
/// The plan, and its function.
pub const PLAN: &str = "resort";
const FUNCTION: &str = "resort.mark";

pub async fn publish(client: &Client) {
    jobs::publish(client, &json!({"name": PLAN, "steps": [{"step_key": "a", "function": FUNCTION}]})).await;
}

#[derive(Clone)]
pub struct Stubs {
    worker: WorkerServiceClient<Channel>,
    job: JobServiceClient<Channel>,
}

impl Stubs {
    pub fn of(server: &Server) -> Self {
        let endpoint = Endpoint::from_shared(server.url()).expect("the address is an endpoint").timeout(CALL_MAX);
        let channel = endpoint.connect_lazy();
        Self { worker: WorkerServiceClient::new(channel.clone()), job: JobServiceClient::new(channel) }
    }

    pub async fn start(&self, request_id: &str, n: usize) -> Result<v1::StartJobResponse, Status> {
        let data = v1::Payload { body: Some(Body::Json(format!("{{\"n\": {n}}}"))), ..Default::default() };
        let request = v1::StartJobRequest {
            request_id: request_id.into(),
            plan: Some(v1::start_job_request::Plan::PlanName(PLAN.into())),
            packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
            ..Default::default()
        };
        self.job.clone().start_job(request).await.map(tonic::Response::into_inner)
    }

    pub async fn list(&self, request: v1::ListJobsRequest) -> Result<v1::ListJobsResponse, Status> {
        self.job.clone().list_jobs(request).await.map(tonic::Response::into_inner)
    }

    pub async fn lease(&self, request_id: &str, wait: bool) -> Result<Vec<v1::TaskLease>, Status> {
        let request = v1::LeaseTasksRequest {
            worker_id: "stubs".into(),
            request_id: request_id.into(),
            function_names: vec![FUNCTION.into()],
            max_leases: 100,
            wait: Some(prost_types::Duration { seconds: i64::from(wait), nanos: 0 }),
            lease_ttl: Some(prost_types::Duration { seconds: LEASE_SECONDS, nanos: 0 }),
            ..Default::default()
        };
        self.worker.clone().lease_tasks(request).await.map(|answer| answer.into_inner().leases)
    }

    /// Reports one task; sends the capsule when it is wanted.
    pub async fn report(&self, lease: &v1::TaskLease) -> Result<v1::ReportOutcome, Status> {
        let mut report = report(lease);
        let mut outcome = self.send(report.clone()).await?;
        if outcome.capsule_wanted {
            report.capsule = lease.capsule.clone();
            outcome = self.send(report).await?;
        }
        Ok(outcome)
    }

    async fn send(&self, report: v1::TaskReport) -> Result<v1::ReportOutcome, Status> {
        let request = v1::ReportTasksRequest { worker_id: "stubs".into(), reports: vec![report], ..Default::default() };
        let outcomes = self.worker.clone().report_tasks(request).await?.into_inner().outcomes;
        Ok(outcomes.into_iter().next().expect("one outcome a report"))
    }
}

fn report(lease: &v1::TaskLease) -> v1::TaskReport {
    let output = v1::Payload { body: Some(Body::Json(output(lease))), ..Default::default() };
    let completion = v1::Completion { output: Some(Output::Single(output)), ..Default::default() };
    v1::TaskReport {
        lease_token: lease.lease_token.clone(),
        outcome: Some(Outcome::Completed(completion)),
        ..Default::default()
    }
}

/// What is reported: no other lease has the same.
pub fn output(lease: &v1::TaskLease) -> String {
    format!("{{\"task\": \"{}\",  \"fence\": {}}}", lease.task_id, lease.fence)
}

/// Until the store refuses a change that the last resort does not take.
pub async fn until_store_is_away(server: &Server) {
    let endpoint = Endpoint::from_shared(server.url()).expect("the address is an endpoint").timeout(CALL_MAX);
    let plans = PlanServiceClient::new(endpoint.connect_lazy());
    let mut tries = 0;
    until(HEALED_MAX, "the store refuses what is written", async || {
        tries += 1;
        let name = format!("filler-{tries}");
        let step = json!({"step_key": "a", "function": "f", "config": {"filler": "x".repeat(4_000)}});
        let document = json!({"name": name, "steps": [step]});
        let request = v1::PublishPlanVersionRequest {
            plan: Some(v1::publish_plan_version_request::Plan::PlanName(name)),
            definition_json: document.to_string(),
            ..Default::default()
        };
        match plans.clone().publish_plan_version(request).await {
            Ok(_) => None,
            Err(status) => {
                assert_eq!(status.code(), Code::Unavailable, "{status:?}");
                Some(())
            }
        }
    })
    .await;
}
