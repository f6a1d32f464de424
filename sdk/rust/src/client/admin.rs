//! The coordinator itself, its workers and queues.

use crate::client::{
    rpc::{Caller, rpcs},
    v1::admin_service_client::AdminServiceClient,
};

/// Calls `AdminService`; each method is the RPC of that name, documented in `admin.proto`.
#[derive(Clone)]
pub struct AdminClient {
    pub(crate) caller: Caller,
}

rpcs! { AdminClient over AdminServiceClient:
    /// Tells what the coordinator is and which limits it has.
    read get_system_info(GetSystemInfoRequest) -> GetSystemInfoResponse;
    /// Lists the workers that were heard from within the last hour.
    read list_workers(ListWorkersRequest) -> ListWorkersResponse;
    /// Lists the queues that hold tasks or are paused.
    read list_queues(ListQueuesRequest) -> ListQueuesResponse;
    /// Pauses a queue or lets it go on.
    read update_queue(UpdateQueueRequest) -> UpdateQueueResponse;
    /// Takes all leases from a worker now.
    read evict_worker(EvictWorkerRequest) -> EvictWorkerResponse;
    /// Lists how long jobs are kept after their end.
    read list_retention(ListRetentionRequest) -> ListRetentionResponse;
    /// Sets how long the jobs of a project and data class are kept.
    read set_retention(SetRetentionRequest) -> SetRetentionResponse;
    /// Removes, or counts, what is kept no longer. A token in the answer says that there is more to do.
    read apply_retention(ApplyRetentionRequest) -> ApplyRetentionResponse;
    /// Counts QA or DEVTEST jobs of a filter, or removes those that a dry run has counted.
    read purge_jobs(PurgeJobsRequest) -> PurgeJobsResponse;
    /// Erases the data of a job that has ended.
    read erase_job(EraseJobRequest) -> EraseJobResponse;
    /// Lists what the last resort of the coordinator that is asked holds.
    read list_last_resort(ListLastResortRequest) -> ListLastResortResponse;
    /// Reads one of its records.
    read get_last_resort_record(GetLastResortRecordRequest) -> GetLastResortRecordResponse;
    /// Has it bring back now what waits.
    read ingest_last_resort(IngestLastResortRequest) -> IngestLastResortResponse;
}
