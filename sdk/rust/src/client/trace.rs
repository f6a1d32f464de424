//! Where jobs and data come from, and what became of them.

use crate::client::{
    rpc::{Caller, rpcs},
    v1::trace_service_client::TraceServiceClient,
};

/// Calls `TraceService`; each method is the RPC of that name, documented in `trace.proto`.
#[derive(Clone)]
pub struct TraceClient {
    pub(crate) caller: Caller,
}

rpcs! { TraceClient over TraceServiceClient:
    /// Tells where a job comes from and what became of each step of its plan.
    read trace_job(TraceJobRequest) -> TraceJobResponse;
    /// Lists the tasks of a job with their attempts and the artifacts that they read and produced.
    read list_task_traces(ListTaskTracesRequest) -> ListTaskTracesResponse;
    /// Finds artifacts by their digest, with the tasks that read or made them.
    read trace_artifact(TraceArtifactRequest) -> TraceArtifactResponse;
    /// Tells the trace of a job as a signed statement of in-toto.
    read export_statement(ExportStatementRequest) -> ExportStatementResponse;
    /// Lists what is known of the tasks of a job that failed, with the data so far.
    read list_error_reports(ListErrorReportsRequest) -> ListErrorReportsResponse;
}
