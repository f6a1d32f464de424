//! Who did what. One file a verb.

mod list_audit_records;
mod report_errors;
mod report_performance;
mod report_usage;

mod report;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, audit_service_server::AuditService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl AuditService for Service {
    async fn list_audit_records(
        &self,
        request: Request<v1::ListAuditRecordsRequest>,
    ) -> Result<Response<v1::ListAuditRecordsResponse>, Status> {
        let call = open(request)?;
        close(list_audit_records::list_audit_records(&self.0, &call.caller, call.message).await)
    }

    async fn report_usage(
        &self,
        request: Request<v1::ReportUsageRequest>,
    ) -> Result<Response<v1::ReportUsageResponse>, Status> {
        let call = open(request)?;
        close(report_usage::report_usage(&self.0, &call.caller, call.message).await)
    }

    async fn report_errors(
        &self,
        request: Request<v1::ReportErrorsRequest>,
    ) -> Result<Response<v1::ReportErrorsResponse>, Status> {
        let call = open_recorded(request)?;
        close(report_errors::report_errors(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn report_performance(
        &self,
        request: Request<v1::ReportPerformanceRequest>,
    ) -> Result<Response<v1::ReportPerformanceResponse>, Status> {
        let call = open(request)?;
        close(report_performance::report_performance(&self.0, &call.caller, call.message).await)
    }
}
