//! Who did what. One file a verb.

mod export_evidence;
mod get_consistency_proof;
mod get_ledger;
mod list_audit_records;
mod progress;
mod report_errors;
mod report_performance;
mod report_usage;
mod selector;
mod verify_artifact;
mod verify_job;
mod verify_range;
mod verify_store;

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

    async fn get_ledger(
        &self,
        request: Request<v1::GetLedgerRequest>,
    ) -> Result<Response<v1::GetLedgerResponse>, Status> {
        let call = open(request)?;
        close(get_ledger::get_ledger(&self.0, &call.caller, call.message).await)
    }

    async fn verify_artifact(
        &self,
        request: Request<v1::VerifyArtifactRequest>,
    ) -> Result<Response<v1::VerifyArtifactResponse>, Status> {
        let call = open(request)?;
        close(verify_artifact::verify_artifact(&self.0, &call.caller, call.message).await)
    }

    async fn verify_job(
        &self,
        request: Request<v1::VerifyJobRequest>,
    ) -> Result<Response<v1::VerifyJobResponse>, Status> {
        let call = open(request)?;
        close(verify_job::verify_job(&self.0, &call.caller, call.message).await)
    }

    async fn verify_range(
        &self,
        request: Request<v1::VerifyRangeRequest>,
    ) -> Result<Response<v1::VerifyRangeResponse>, Status> {
        let call = open(request)?;
        close(verify_range::verify_range(&self.0, &call.caller, call.message).await)
    }

    async fn verify_store(
        &self,
        request: Request<v1::VerifyStoreRequest>,
    ) -> Result<Response<v1::VerifyStoreResponse>, Status> {
        let call = open(request)?;
        close(verify_store::verify_store(&self.0, &call.caller, call.message).await)
    }

    async fn get_consistency_proof(
        &self,
        request: Request<v1::GetConsistencyProofRequest>,
    ) -> Result<Response<v1::GetConsistencyProofResponse>, Status> {
        let call = open(request)?;
        close(get_consistency_proof::get_consistency_proof(&self.0, &call.caller, call.message).await)
    }

    async fn export_evidence(
        &self,
        request: Request<v1::ExportEvidenceRequest>,
    ) -> Result<Response<v1::ExportEvidenceResponse>, Status> {
        let call = open_recorded(request)?;
        close(export_evidence::export_evidence(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
