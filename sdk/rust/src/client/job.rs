//! Jobs and the tasks that they consist of.

use crate::{
    client::{
        Error,
        rpc::{Caller, mint, rpcs},
        v1::{self, job_service_client::JobServiceClient, start_job_request::Plan as Target},
        wire,
    },
    model::Payload,
};
use esteira_model::limits;

/// Calls `JobService`; each method is the RPC of that name, documented in `job.proto`.
#[derive(Clone)]
pub struct JobClient {
    pub(crate) caller: Caller,
}

rpcs! { JobClient over JobServiceClient:
    /// Reads one job.
    read get_job(GetJobRequest) -> GetJobResponse;
    /// Lists jobs, payloads omitted.
    read list_jobs(ListJobsRequest) -> ListJobsResponse;
    /// Pauses, resumes, cancels or terminates a job.
    write control_job(ControlJobRequest) -> ControlJobResponse;
    /// Makes failed tasks ready again.
    write retry_tasks(RetryTasksRequest) -> RetryTasksResponse;
    /// Processes a job again that has ended, as a new job.
    write reprocess_job(ReprocessJobRequest) -> ReprocessJobResponse;
    /// Processes a page of jobs again.
    write reprocess_jobs(ReprocessJobsRequest) -> ReprocessJobsResponse;
    /// Reads one task with its attempts.
    read get_task(GetTaskRequest) -> GetTaskResponse;
    /// Lists the tasks of one job.
    read list_tasks(ListTasksRequest) -> ListTasksResponse;
}

impl JobClient {
    /// Starts one execution of a plan version; with `wait`, answers when it has ended or that time is over.
    pub async fn start_job(&self, mut request: v1::StartJobRequest) -> Result<v1::StartJobResponse, Error> {
        mint(&mut request.request_id);
        let wait = request.wait.unwrap_or_default();
        self.caller
            .send_waiting(Some(wait), request, |channel, request| async move { stub(channel).start_job(request).await })
            .await
    }

    /// Starts a job of a plan's default version on one payload and waits until it ends, as long as that takes.
    pub async fn run(&self, plan_name: impl Into<String>, data: Payload) -> Result<v1::Job, Error> {
        let wait = wire::duration_out(limits::WAIT_DEFAULT);
        let request = v1::StartJobRequest { wait: Some(wait), ..start_of(plan_name, &data) };
        let answer = self.start_job(request).await?;
        let job = answer.job.unwrap_or_default();
        if answer.completed { Ok(job) } else { self.wait(&job.job_id).await }
    }

    /// Starts a job of a plan's default version on one payload.
    pub async fn start(&self, plan_name: impl Into<String>, data: Payload) -> Result<v1::Job, Error> {
        Ok(self.start_job(start_of(plan_name, &data)).await?.job.unwrap_or_default())
    }

    /// Waits once until the job ends or the request's `wait` is over.
    pub async fn await_job(&self, request: v1::AwaitJobRequest) -> Result<v1::AwaitJobResponse, Error> {
        self.caller
            .send_waiting(
                request.wait,
                request,
                |channel, request| async move { stub(channel).await_job(request).await },
            )
            .await
    }

    /// Waits until the job ends, as long as that takes.
    pub async fn wait(&self, job_id: &str) -> Result<v1::Job, Error> {
        loop {
            let answer = self.await_job(v1::AwaitJobRequest { job_id: job_id.into(), wait: None }).await?;
            if answer.completed {
                return Ok(answer.job.unwrap_or_default());
            }
        }
    }

    /// Lets running tasks end and starts nothing new.
    pub async fn pause(&self, job_id: &str, reason: &str) -> Result<v1::Job, Error> {
        self.control(job_id, v1::JobAction::Pause, reason).await
    }

    /// Undoes a pause.
    pub async fn resume(&self, job_id: &str, reason: &str) -> Result<v1::Job, Error> {
        self.control(job_id, v1::JobAction::Resume, reason).await
    }

    /// Asks running tasks to stop and starts nothing new.
    pub async fn cancel(&self, job_id: &str, reason: &str) -> Result<v1::Job, Error> {
        self.control(job_id, v1::JobAction::Cancel, reason).await
    }

    /// Ends the job now; running tasks lose their leases.
    pub async fn terminate(&self, job_id: &str, reason: &str) -> Result<v1::Job, Error> {
        self.control(job_id, v1::JobAction::Terminate, reason).await
    }

    /// Shows jobs live, for consoles; not sent again when it breaks. Programs that must not miss anything use [`JobClient::wait`].
    pub async fn watch_jobs(
        &self,
        request: v1::WatchJobsRequest,
    ) -> Result<tonic::Streaming<v1::WatchJobsResponse>, Error> {
        let (_, channel) = self.caller.link.channel();
        Ok(stub(channel).watch_jobs(self.caller.link.request(request)).await?.into_inner())
    }

    async fn control(&self, job_id: &str, action: v1::JobAction, reason: &str) -> Result<v1::Job, Error> {
        let request = v1::ControlJobRequest {
            job_id: job_id.into(),
            action: action.into(),
            reason: reason.into(),
            ..Default::default()
        };
        Ok(self.control_job(request).await?.job.unwrap_or_default())
    }
}

fn start_of(plan_name: impl Into<String>, data: &Payload) -> v1::StartJobRequest {
    v1::StartJobRequest {
        plan: Some(Target::PlanName(plan_name.into())),
        packet: Some(v1::DataPacket { data: Some(wire::payload_out(data)), ..Default::default() }),
        ..Default::default()
    }
}
