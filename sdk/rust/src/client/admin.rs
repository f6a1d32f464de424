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
}
