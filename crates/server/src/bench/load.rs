//! The load: callers that start jobs and await them, and workers that run no-op functions.

use super::{
    figures::{Counted, Row},
    process::{Server, used},
};
use esteira_contract::v1::{
    self, job_service_client::JobServiceClient, plan_service_client::PlanServiceClient,
    worker_service_client::WorkerServiceClient,
};
use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::task::JoinSet;
use tonic::transport::{Channel, Endpoint};

/// How workers report.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reports {
    /// One task a call; each call leases the next.
    Unary,
    /// Up to 100 tasks a call.
    Batched,
}

/// A scenario.
#[derive(Debug, Clone, Copy)]
pub struct Load {
    /// Steps of a job.
    pub steps: usize,
    /// Jobs in flight.
    pub in_flight: usize,
    /// How workers report.
    pub reports: Reports,
    /// How long to measure.
    pub measured: Duration,
}

/// Not measured: connections open, statements are prepared, caches fill.
const WARM_UP: Duration = Duration::from_secs(1);
/// About 200 bytes, as the results of the peers' published workloads.
const RESULT: &str = r#"{"order":"9007199254740993","status":"shipped","items":[{"sku":"A-1","quantity":2},{"sku":"B-7","quantity":1}],"note":"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"}"#;
const FUNCTION: &str = "bench.noop";
const PLAN: &str = "bench";

/// Latencies of jobs that ended while it was open.
#[derive(Default)]
struct Measure {
    open: AtomicBool,
    over: AtomicBool,
    latencies: Mutex<Vec<Duration>>,
}

impl Load {
    /// Runs the scenario.
    #[allow(clippy::disallowed_methods)] // a measurement
    pub async fn run(self, server: &Server) -> Result<Row, String> {
        self.publish(server).await?;
        let measure = Arc::new(Measure::default());
        let mut tasks = JoinSet::new();
        let (workers, leases) = match self.reports {
            Reports::Unary => (self.in_flight.min(128), 1),
            Reports::Batched => (4, (self.in_flight / 4).clamp(4, 100) as i32),
        };
        for worker in 0..workers {
            tasks.spawn(work(connect(server).await?, format!("bench-{worker}"), leases, measure.clone()));
        }
        for _ in 0..self.in_flight {
            tasks.spawn(call(connect(server).await?, measure.clone()));
        }
        tokio::time::sleep(WARM_UP).await;
        let before = (used(server.pid), used(std::process::id()));
        let begun = Instant::now();
        measure.open.store(true, Ordering::Relaxed);
        tokio::time::sleep(self.measured).await;
        measure.open.store(false, Ordering::Relaxed);
        let took = begun.elapsed();
        let after = (used(server.pid), used(std::process::id()));
        measure.over.store(true, Ordering::Relaxed);
        let latencies = std::mem::take(&mut *measure.latencies.lock().unwrap_or_else(PoisonError::into_inner));
        while let Some(ended) = tasks.join_next().await {
            ended
                .map_err(|error| error.to_string())?
                .map_err(|status| format!("{}: {}", status.code(), status.message()))?;
        }
        if latencies.is_empty() {
            return Err("no job ended while it was measured".into());
        }
        let counted = Counted {
            jobs: latencies.len(),
            took,
            latencies,
            server: (before.0, after.0),
            client: (before.1, after.1),
            database_bytes: server.database_bytes(),
        };
        Ok(Row::new(self.steps, self.in_flight, self.reports, counted))
    }

    async fn publish(self, server: &Server) -> Result<(), String> {
        let step = |index: usize| {
            let next = if index + 1 < self.steps { format!(r#","next":["s{}"]"#, index + 1) } else { String::new() };
            format!(r#"{{"step_key":"s{index}","function":"{FUNCTION}"{next}}}"#)
        };
        let steps: Vec<String> = (0..self.steps).map(step).collect();
        let request = v1::PublishPlanVersionRequest {
            plan: Some(v1::publish_plan_version_request::Plan::PlanName(PLAN.into())),
            definition_json: format!(r#"{{"name":"{PLAN}","steps":[{}]}}"#, steps.join(",")),
            make_default: true,
            ..Default::default()
        };
        let mut plans = PlanServiceClient::new(connect(server).await?);
        plans.publish_plan_version(request).await.map(drop).map_err(|status| status.message().to_owned())
    }
}

/// Each caller and worker has its own connection, as real ones do; 16 share one, as one process's would.
async fn connect(server: &Server) -> Result<Channel, String> {
    let endpoint = Endpoint::from_shared(server.endpoint.clone()).map_err(|error| error.to_string())?;
    Ok(endpoint.tcp_nodelay(true).connect_lazy())
}

#[allow(clippy::disallowed_methods)] // a measurement
async fn call(channel: Channel, measure: Arc<Measure>) -> Result<(), tonic::Status> {
    let mut jobs = JobServiceClient::new(channel);
    while !measure.over.load(Ordering::Relaxed) {
        let begun = Instant::now();
        let data = v1::Payload { body: Some(v1::payload::Body::Json(RESULT.into())), ..Default::default() };
        let start = v1::StartJobRequest {
            plan: Some(v1::start_job_request::Plan::PlanName(PLAN.into())),
            packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
            wait: Some(prost_types::Duration { seconds: 20, nanos: 0 }),
            ..Default::default()
        };
        let started = jobs.start_job(start).await?.into_inner();
        let job_id = started.job.unwrap_or_default().job_id;
        let mut completed = started.completed;
        while !completed {
            let request = v1::AwaitJobRequest { job_id: job_id.clone(), wait: None };
            completed = jobs.await_job(request).await?.into_inner().completed;
        }
        if measure.open.load(Ordering::Relaxed) {
            measure.latencies.lock().unwrap_or_else(PoisonError::into_inner).push(begun.elapsed());
        }
    }
    Ok(())
}

async fn work(
    channel: Channel,
    worker_id: String,
    max_leases: i32,
    measure: Arc<Measure>,
) -> Result<(), tonic::Status> {
    let mut workers = WorkerServiceClient::new(channel);
    let wait = |seconds| Some(prost_types::Duration { seconds, nanos: 0 });
    let poll = |seconds| v1::LeaseTasksRequest {
        worker_id: worker_id.clone(),
        function_names: vec![FUNCTION.into()],
        max_leases,
        wait: wait(seconds),
        ..Default::default()
    };
    let mut leases = Vec::new();
    loop {
        if leases.is_empty() {
            // Callers end their last jobs before they go: workers stay until nothing has come for a second.
            leases = workers.lease_tasks(poll(1)).await?.into_inner().leases;
            if leases.is_empty() && measure.over.load(Ordering::Relaxed) {
                return Ok(());
            }
            continue;
        }
        let reports = leases
            .drain(..)
            .map(|lease| v1::TaskReport { lease_token: lease.lease_token, outcome: Some(done()), ..Default::default() })
            .collect();
        let request = v1::ReportTasksRequest { worker_id: worker_id.clone(), reports, lease: Some(poll(0)) };
        let answer = workers.report_tasks(request).await?.into_inner();
        if let Some(refused) = answer.outcomes.iter().find(|outcome| !outcome.error_reason.is_empty()) {
            return Err(tonic::Status::internal(format!("a report was refused: {}", refused.error_reason)));
        }
        leases = answer.lease.unwrap_or_default().leases;
    }
}

fn done() -> v1::task_report::Outcome {
    let payload = v1::Payload { body: Some(v1::payload::Body::Json(RESULT.into())), ..Default::default() };
    v1::task_report::Outcome::Completed(v1::Completion {
        output: Some(v1::completion::Output::Single(payload)),
        ..Default::default()
    })
}
