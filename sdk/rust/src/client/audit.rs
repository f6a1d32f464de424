//! Who did what, and whether what is recorded is what happened.

use crate::client::{
    rpc::{Caller, rpcs},
    v1::audit_service_client::AuditServiceClient,
};

/// Calls `AuditService`; each method is the RPC of that name, documented in `audit.proto`.
#[derive(Clone)]
pub struct AuditClient {
    pub(crate) caller: Caller,
}

rpcs! { AuditClient over AuditServiceClient:
    /// Lists records of operators' calls, the newest first.
    read list_audit_records(ListAuditRecordsRequest) -> ListAuditRecordsResponse;
    /// Counts who did what.
    read report_usage(ReportUsageRequest) -> ReportUsageResponse;
    /// Counts the attempts that failed.
    read report_errors(ReportErrorsRequest) -> ReportErrorsResponse;
    /// Tells how long attempts waited and ran and what they used.
    read report_performance(ReportPerformanceRequest) -> ReportPerformanceResponse;
    /// Tells the state of the ledger's log.
    read get_ledger(GetLedgerRequest) -> GetLedgerResponse;
    /// Verifies one body.
    read verify_artifact(VerifyArtifactRequest) -> VerifyArtifactResponse;
    /// Verifies all that is recorded of a job.
    read verify_job(VerifyJobRequest) -> VerifyJobResponse;
    /// Verifies leaves by their index. A token in the answer says that there is more to do.
    read verify_range(VerifyRangeRequest) -> VerifyRangeResponse;
    /// Verifies everything. A token in the answer says that there is more to do.
    read verify_store(VerifyStoreRequest) -> VerifyStoreResponse;
    /// Proves that the log of one size begins with the log of a smaller one.
    read get_consistency_proof(GetConsistencyProofRequest) -> GetConsistencyProofResponse;
    /// Exports the evidence on one body.
    read export_evidence(ExportEvidenceRequest) -> ExportEvidenceResponse;
}
