//! A worker: leases tasks, runs nothing, reports; each report leases the next.

use super::{DATA, Plan};
use esteira_contract::v1::{self, worker_service_client::WorkerServiceClient};
use std::{sync::Arc, time::Duration};
use tokio::time::Instant;
use tonic::{Code, Status, transport::Channel};

/// How one loop of a worker works. Several may share a connection and a worker's id, as the slots of one process do.
#[derive(Clone)]
pub struct Worker {
    /// The connection.
    pub channel: Channel,
    /// The process.
    pub worker_id: String,
    /// Leases that one call takes at most, and reports that one call brings.
    pub max_leases: usize,
    /// How long the first poll waits; later ones wait for [`POLL_WAIT`].
    pub first_wait: Duration,
    /// What each task brings.
    pub output: &'static str,
    /// Items that a step with many outputs makes.
    pub items: usize,
    /// Sees each lease, with the time that the call took which brought it.
    pub leased: Option<Arc<Leased>>,
}

/// What sees leases.
pub type Leased = dyn Fn(&v1::TaskLease, Duration) + Send + Sync;

/// The longest that a poll may wait.
pub const POLL_WAIT: Duration = Duration::from_secs(30);
/// Outputs of one AppendOutputs call.
const APPEND_MAX: usize = 1_000;
/// After a refusal for too much load.
const PATIENCE: Duration = Duration::from_millis(50);

impl Worker {
    /// A loop with one task at a time.
    pub fn new(channel: Channel, worker_id: String) -> Self {
        Self { channel, worker_id, max_leases: 1, first_wait: POLL_WAIT, output: DATA, items: 0, leased: None }
    }

    fn poll(&self, wait: Duration) -> v1::LeaseTasksRequest {
        let wait = prost_types::Duration { seconds: wait.as_secs() as i64, nanos: wait.subsec_nanos() as i32 };
        v1::LeaseTasksRequest {
            worker_id: self.worker_id.clone(),
            function_names: vec![Plan::FUNCTION.into()],
            max_leases: self.max_leases as i32,
            wait: Some(wait),
            ..Default::default()
        }
    }

    fn see(&self, leases: &[v1::TaskLease], took: Duration) {
        if let Some(leased) = &self.leased {
            leases.iter().for_each(|lease| leased(lease, took));
        }
    }
}

/// Works until it is dropped; ends only with what went wrong.
pub async fn work(worker: Worker) -> Result<(), Status> {
    let mut workers = WorkerServiceClient::new(worker.channel.clone());
    let mut wait = worker.first_wait;
    let mut leases = Vec::new();
    loop {
        if leases.is_empty() {
            let asked = Instant::now();
            leases = loop {
                match workers.lease_tasks(worker.poll(wait)).await {
                    Ok(answer) => break answer.into_inner().leases,
                    Err(status) => when_overloaded(status).await?,
                }
            };
            worker.see(&leases, asked.elapsed());
            wait = POLL_WAIT;
            continue;
        }
        let mut reports = Vec::with_capacity(leases.len());
        for lease in leases.drain(..) {
            let output = run(&mut workers, &lease, &worker).await?;
            let completion = v1::Completion { output: Some(output), ..Default::default() };
            let outcome = Some(v1::task_report::Outcome::Completed(completion));
            reports.push(v1::TaskReport { lease_token: lease.lease_token, outcome, ..Default::default() });
        }
        let lease = Some(worker.poll(Duration::ZERO));
        let request = v1::ReportTasksRequest { worker_id: worker.worker_id.clone(), reports, lease };
        let asked = Instant::now();
        let answer = loop {
            match workers.report_tasks(request.clone()).await {
                Ok(answer) => break answer.into_inner(),
                Err(status) => when_overloaded(status).await?,
            }
        };
        if let Some(refused) = answer.outcomes.iter().find(|outcome| !outcome.error_reason.is_empty()) {
            return Err(Status::internal(format!("a report was refused: {}", refused.error_reason)));
        }
        leases = answer.lease.unwrap_or_default().leases;
        worker.see(&leases, asked.elapsed());
    }
}

/// Waits a little where the contract asks for patience; any other error is one.
async fn when_overloaded(status: Status) -> Result<(), Status> {
    if status.code() != Code::ResourceExhausted {
        return Err(status);
    }
    tokio::time::sleep(PATIENCE).await;
    Ok(())
}

fn payload(json: String) -> v1::Payload {
    v1::Payload { body: Some(v1::payload::Body::Json(json)), ..Default::default() }
}

/// What the function makes of a task.
async fn run(
    workers: &mut WorkerServiceClient<Channel>,
    lease: &v1::TaskLease,
    worker: &Worker,
) -> Result<v1::completion::Output, Status> {
    if lease.output_type() != v1::OutputType::Multiple {
        return Ok(v1::completion::Output::Single(payload(worker.output.into())));
    }
    let numbers: Vec<usize> = (0..worker.items).collect();
    for (index, chunk) in numbers.chunks(APPEND_MAX).enumerate() {
        let request = v1::AppendOutputsRequest {
            lease_token: lease.lease_token.clone(),
            chunk_index: index as i32,
            items: chunk.iter().map(|number| payload(number.to_string())).collect(),
        };
        workers.append_outputs(request).await?;
    }
    Ok(v1::completion::Output::AppendedItems(worker.items as i64))
}
