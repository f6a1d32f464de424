//! Traces: where a job comes from and what became of it. One file a verb.

mod export_statement;
mod list_error_reports;
mod list_task_traces;
mod trace_artifact;
mod trace_job;

mod heads;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, trace_service_server::TraceService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn trace_job(&self, request: Request<v1::TraceJobRequest>) -> Result<Response<v1::TraceJobResponse>, Status> {
        let call = open_recorded(request)?;
        close(trace_job::trace_job(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_task_traces(
        &self,
        request: Request<v1::ListTaskTracesRequest>,
    ) -> Result<Response<v1::ListTaskTracesResponse>, Status> {
        let call = open_recorded(request)?;
        close(list_task_traces::list_task_traces(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn trace_artifact(
        &self,
        request: Request<v1::TraceArtifactRequest>,
    ) -> Result<Response<v1::TraceArtifactResponse>, Status> {
        let call = open(request)?;
        close(trace_artifact::trace_artifact(&self.0, &call.caller, call.message).await)
    }

    async fn export_statement(
        &self,
        request: Request<v1::ExportStatementRequest>,
    ) -> Result<Response<v1::ExportStatementResponse>, Status> {
        let call = open(request)?;
        close(export_statement::export_statement(&self.0, &call.caller, call.message).await)
    }

    async fn list_error_reports(
        &self,
        request: Request<v1::ListErrorReportsRequest>,
    ) -> Result<Response<v1::ListErrorReportsResponse>, Status> {
        let call = open_recorded(request)?;
        close(list_error_reports::list_error_reports(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
