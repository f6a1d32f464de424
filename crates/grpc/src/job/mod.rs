//! Jobs and their tasks: start, watch, steer. One file a verb.

mod await_job;
mod control_job;
mod get_job;
mod get_task;
pub mod list_jobs;
pub mod list_tasks;
mod reprocess_job;
mod reprocess_jobs;
mod retry_tasks;
mod start_job;
mod watch_jobs;

mod task_view;
pub mod view;
pub mod waiting;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, job_service_server::JobService};
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::Stream;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl JobService for Service {
    async fn start_job(&self, request: Request<v1::StartJobRequest>) -> Result<Response<v1::StartJobResponse>, Status> {
        let call = open(request)?;
        close(start_job::start_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn await_job(&self, request: Request<v1::AwaitJobRequest>) -> Result<Response<v1::AwaitJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(await_job::await_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn get_job(&self, request: Request<v1::GetJobRequest>) -> Result<Response<v1::GetJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(get_job::get_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_jobs(&self, request: Request<v1::ListJobsRequest>) -> Result<Response<v1::ListJobsResponse>, Status> {
        let call = open_recorded(request)?;
        close(list_jobs::list_jobs(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn control_job(
        &self,
        request: Request<v1::ControlJobRequest>,
    ) -> Result<Response<v1::ControlJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(control_job::control_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn retry_tasks(
        &self,
        request: Request<v1::RetryTasksRequest>,
    ) -> Result<Response<v1::RetryTasksResponse>, Status> {
        let call = open_recorded(request)?;
        close(retry_tasks::retry_tasks(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn reprocess_job(
        &self,
        request: Request<v1::ReprocessJobRequest>,
    ) -> Result<Response<v1::ReprocessJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(reprocess_job::reprocess_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn reprocess_jobs(
        &self,
        request: Request<v1::ReprocessJobsRequest>,
    ) -> Result<Response<v1::ReprocessJobsResponse>, Status> {
        let call = open_recorded(request)?;
        close(reprocess_jobs::reprocess_jobs(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn get_task(&self, request: Request<v1::GetTaskRequest>) -> Result<Response<v1::GetTaskResponse>, Status> {
        let call = open_recorded(request)?;
        close(get_task::get_task(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_tasks(
        &self,
        request: Request<v1::ListTasksRequest>,
    ) -> Result<Response<v1::ListTasksResponse>, Status> {
        let call = open_recorded(request)?;
        close(list_tasks::list_tasks(&self.0, &call.caller, &call.deed, call.message).await)
    }

    type WatchJobsStream = Pin<Box<dyn Stream<Item = Result<v1::WatchJobsResponse, Status>> + Send>>;

    async fn watch_jobs(
        &self,
        request: Request<v1::WatchJobsRequest>,
    ) -> Result<Response<Self::WatchJobsStream>, Status> {
        let call = open_recorded(request)?;
        close(watch_jobs::watch_jobs(self.0.clone(), call.caller, call.deed, call.message).await)
    }
}
