//! Administration: what there is, and tools for incidents. One file a verb.

mod apply_retention;
mod erase_job;
mod evict_worker;
mod get_last_resort_record;
mod get_system_info;
mod ingest_last_resort;
mod list_last_resort;
mod list_queues;
mod list_retention;
mod list_workers;
mod purge_jobs;
mod set_retention;
mod update_queue;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, admin_service_server::AdminService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl AdminService for Service {
    async fn get_system_info(
        &self,
        request: Request<v1::GetSystemInfoRequest>,
    ) -> Result<Response<v1::GetSystemInfoResponse>, Status> {
        let call = open(request)?;
        close(get_system_info::get_system_info(&self.0, &call.caller, call.message).await)
    }

    async fn list_workers(
        &self,
        request: Request<v1::ListWorkersRequest>,
    ) -> Result<Response<v1::ListWorkersResponse>, Status> {
        let call = open(request)?;
        close(list_workers::list_workers(&self.0, &call.caller, call.message).await)
    }

    async fn list_queues(
        &self,
        request: Request<v1::ListQueuesRequest>,
    ) -> Result<Response<v1::ListQueuesResponse>, Status> {
        let call = open(request)?;
        close(list_queues::list_queues(&self.0, &call.caller, call.message).await)
    }

    async fn update_queue(
        &self,
        request: Request<v1::UpdateQueueRequest>,
    ) -> Result<Response<v1::UpdateQueueResponse>, Status> {
        let call = open_recorded(request)?;
        close(update_queue::update_queue(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn evict_worker(
        &self,
        request: Request<v1::EvictWorkerRequest>,
    ) -> Result<Response<v1::EvictWorkerResponse>, Status> {
        let call = open_recorded(request)?;
        close(evict_worker::evict_worker(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_retention(
        &self,
        request: Request<v1::ListRetentionRequest>,
    ) -> Result<Response<v1::ListRetentionResponse>, Status> {
        let call = open(request)?;
        close(list_retention::list_retention(&self.0, &call.caller, call.message).await)
    }

    async fn set_retention(
        &self,
        request: Request<v1::SetRetentionRequest>,
    ) -> Result<Response<v1::SetRetentionResponse>, Status> {
        let call = open_recorded(request)?;
        close(set_retention::set_retention(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn apply_retention(
        &self,
        request: Request<v1::ApplyRetentionRequest>,
    ) -> Result<Response<v1::ApplyRetentionResponse>, Status> {
        let call = open_recorded(request)?;
        close(apply_retention::apply_retention(&self.0, &call.caller, &call.deed, call.message).await)
    }
    async fn purge_jobs(
        &self,
        request: Request<v1::PurgeJobsRequest>,
    ) -> Result<Response<v1::PurgeJobsResponse>, Status> {
        let call = open_recorded(request)?;
        close(purge_jobs::purge_jobs(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn erase_job(&self, request: Request<v1::EraseJobRequest>) -> Result<Response<v1::EraseJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(erase_job::erase_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_last_resort(
        &self,
        request: Request<v1::ListLastResortRequest>,
    ) -> Result<Response<v1::ListLastResortResponse>, Status> {
        let call = open(request)?;
        close(list_last_resort::list_last_resort(&self.0, &call.caller, call.message).await)
    }

    async fn get_last_resort_record(
        &self,
        request: Request<v1::GetLastResortRecordRequest>,
    ) -> Result<Response<v1::GetLastResortRecordResponse>, Status> {
        let call = open(request)?;
        close(get_last_resort_record::get_last_resort_record(&self.0, &call.caller, call.message).await)
    }

    async fn ingest_last_resort(
        &self,
        request: Request<v1::IngestLastResortRequest>,
    ) -> Result<Response<v1::IngestLastResortResponse>, Status> {
        let call = open_recorded(request)?;
        close(ingest_last_resort::ingest_last_resort(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
