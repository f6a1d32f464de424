//! A caller: starts jobs and awaits them.

use super::Plan;
use esteira_contract::v1::{self, job_service_client::JobServiceClient};
use tonic::{Status, transport::Channel};

/// How a caller gets from a start to a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Calls {
    /// StartJob that waits for the job's end.
    #[default]
    StartAndWait,
    /// StartJob, then AwaitJob.
    StartThenAwait,
}

/// How long a start may wait for the job's end.
const WAIT: prost_types::Duration = prost_types::Duration { seconds: 20, nanos: 0 };

impl Calls {
    /// A failed call in a few words.
    pub fn failed(status: &Status) -> String {
        format!("{}: {}", status.code(), status.message())
    }
}

/// A caller over one connection, which others may share.
#[derive(Clone)]
pub struct Caller {
    jobs: JobServiceClient<Channel>,
    calls: Calls,
}

impl Caller {
    /// A caller that has this connection.
    pub fn new(channel: Channel, calls: Calls) -> Self {
        Self { jobs: JobServiceClient::new(channel), calls }
    }

    async fn send(&mut self, data: &str, wait: Option<prost_types::Duration>) -> Result<v1::StartJobResponse, Status> {
        let data = v1::Payload { body: Some(v1::payload::Body::Json(data.into())), ..Default::default() };
        let request = v1::StartJobRequest {
            plan: Some(v1::start_job_request::Plan::PlanName(Plan::NAME.into())),
            packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
            wait,
            ..Default::default()
        };
        Ok(self.jobs.start_job(request).await?.into_inner())
    }

    /// Starts a job on this JSON; its id.
    pub async fn start(&mut self, data: &str) -> Result<String, Status> {
        Ok(self.send(data, None).await?.job.unwrap_or_default().job_id)
    }

    /// Waits until a job has ended well.
    pub async fn finish(&mut self, job_id: &str) -> Result<v1::Job, Status> {
        loop {
            let request = v1::AwaitJobRequest { job_id: job_id.to_owned(), wait: None };
            let answer = self.jobs.await_job(request).await?.into_inner();
            if answer.completed {
                return ended(answer.job.unwrap_or_default());
            }
        }
    }

    /// Starts a job and waits until it has ended well.
    pub async fn run(&mut self, data: &str) -> Result<v1::Job, Status> {
        let wait = (self.calls == Calls::StartAndWait).then_some(WAIT);
        let answer = self.send(data, wait).await?;
        let job = answer.job.unwrap_or_default();
        if answer.completed { ended(job) } else { self.finish(&job.job_id).await }
    }
}

/// A job that has ended, if it ended well.
fn ended(job: v1::Job) -> Result<v1::Job, Status> {
    match job.state() {
        v1::JobState::Succeeded => Ok(job),
        state => {
            let failure = job.failure.unwrap_or_default();
            let text = format!("a job ended as {}: {} {}", state.as_str_name(), failure.code, failure.message);
            Err(Status::internal(text))
        }
    }
}
