//! Who did what.

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
}
