//! A caller: starts jobs and awaits them.

use super::Plan;
use esteira_contract::v1::{self, job_service_client::JobServiceClient};
use tonic::{Status, transport::Channel};

/// How a caller gets from a start to a result.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Calls {
    /// StartJob, then AwaitJob.
    #[default]
    StartThenAwait,
}

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

    /// Starts a job on this JSON; its id.
    pub async fn start(&mut self, data: &str) -> Result<String, Status> {
        let data = v1::Payload { body: Some(v1::payload::Body::Json(data.into())), ..Default::default() };
        let request = v1::StartJobRequest {
            plan: Some(v1::start_job_request::Plan::PlanName(Plan::NAME.into())),
            packet: Some(v1::DataPacket { data: Some(data), ..Default::default() }),
            ..Default::default()
        };
        Ok(self.jobs.start_job(request).await?.into_inner().job.unwrap_or_default().job_id)
    }

    /// Waits until a job has ended well.
    pub async fn finish(&mut self, job_id: &str) -> Result<v1::Job, Status> {
        loop {
            let request = v1::AwaitJobRequest { job_id: job_id.to_owned(), wait: None };
            let answer = self.jobs.await_job(request).await?.into_inner();
            let job = answer.job.unwrap_or_default();
            match job.state() {
                _ if !answer.completed => {}
                v1::JobState::Succeeded => return Ok(job),
                state => return Err(Status::internal(format!("a job ended as {}", state.as_str_name()))),
            }
        }
    }

    /// Starts a job and waits until it has ended well.
    pub async fn run(&mut self, data: &str) -> Result<v1::Job, Status> {
        match self.calls {
            Calls::StartThenAwait => {
                let job_id = self.start(data).await?;
                self.finish(&job_id).await
            }
        }
    }
}
