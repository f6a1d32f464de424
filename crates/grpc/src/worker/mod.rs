//! Workers: lease, heartbeat, report. One file a verb.

mod append_outputs;
mod drain_worker;
mod heartbeat_leases;
mod lease_tasks;
mod register_worker;
mod report_tasks;

mod directive;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, worker_service_server::WorkerService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl WorkerService for Service {
    async fn register_worker(
        &self,
        request: Request<v1::RegisterWorkerRequest>,
    ) -> Result<Response<v1::RegisterWorkerResponse>, Status> {
        let call = open(request)?;
        close(register_worker::register_worker(&self.0, &call.caller, call.message).await)
    }

    async fn lease_tasks(
        &self,
        request: Request<v1::LeaseTasksRequest>,
    ) -> Result<Response<v1::LeaseTasksResponse>, Status> {
        let call = open(request)?;
        close(lease_tasks::lease_tasks(&self.0, &call.caller, call.message).await)
    }

    async fn report_tasks(
        &self,
        request: Request<v1::ReportTasksRequest>,
    ) -> Result<Response<v1::ReportTasksResponse>, Status> {
        let call = open(request)?;
        close(report_tasks::report_tasks(&self.0, &call.caller, call.message).await)
    }

    async fn heartbeat_leases(
        &self,
        request: Request<v1::HeartbeatLeasesRequest>,
    ) -> Result<Response<v1::HeartbeatLeasesResponse>, Status> {
        let call = open(request)?;
        close(heartbeat_leases::heartbeat_leases(&self.0, &call.caller, call.message).await)
    }

    async fn append_outputs(
        &self,
        request: Request<v1::AppendOutputsRequest>,
    ) -> Result<Response<v1::AppendOutputsResponse>, Status> {
        let call = open(request)?;
        close(append_outputs::append_outputs(&self.0, &call.caller, call.message).await)
    }

    async fn drain_worker(
        &self,
        request: Request<v1::DrainWorkerRequest>,
    ) -> Result<Response<v1::DrainWorkerResponse>, Status> {
        let call = open_recorded(request)?;
        close(drain_worker::drain_worker(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
