//! The calls that a worker makes. All can be sent again, and are.

use crate::client::{Answer, Call, Link};
use esteira_contract::v1::{self, worker_service_client::WorkerServiceClient};
use std::time::Duration;
use tonic::{Status, transport::Channel};

/// Longest wait for an answer that the coordinator gives at once.
const TIMEOUT: Duration = Duration::from_secs(10);

#[derive(Clone)]
pub(crate) struct Rpc {
    link: Link,
}

fn stub(channel: Channel) -> WorkerServiceClient<Channel> {
    WorkerServiceClient::new(channel).max_decoding_message_size(2 * esteira_model::limits::MESSAGE_BYTES_MAX)
}

impl Rpc {
    pub(crate) fn new(link: Link) -> Self {
        Self { link }
    }

    /// The same over a connection of its own, for another runtime.
    pub(crate) fn apart(&self) -> Self {
        Self { link: self.link.apart() }
    }

    pub(crate) async fn register(
        &self,
        request: v1::RegisterWorkerRequest,
    ) -> Result<Answer<v1::RegisterWorkerResponse>, Status> {
        let call = Call { timeout: TIMEOUT, patience: None };
        call.send(&self.link, &request, |channel, request| async move { stub(channel).register_worker(request).await })
            .await
    }

    pub(crate) async fn lease(
        &self,
        request: v1::LeaseTasksRequest,
        wait: Duration,
    ) -> Result<Answer<v1::LeaseTasksResponse>, Status> {
        let call = Call { timeout: wait + TIMEOUT, patience: None };
        call.send(&self.link, &request, |channel, request| async move { stub(channel).lease_tasks(request).await })
            .await
    }

    pub(crate) async fn report(
        &self,
        request: &v1::ReportTasksRequest,
    ) -> Result<Answer<v1::ReportTasksResponse>, Status> {
        self.report_by(Call { timeout: TIMEOUT, patience: None }, request).await
    }

    /// Gives up after a while.
    pub(crate) async fn report_within(
        &self,
        request: &v1::ReportTasksRequest,
        patience: Duration,
    ) -> Result<Answer<v1::ReportTasksResponse>, Status> {
        self.report_by(Call { timeout: patience.min(TIMEOUT), patience: Some(patience) }, request).await
    }

    async fn report_by(
        &self,
        call: Call,
        request: &v1::ReportTasksRequest,
    ) -> Result<Answer<v1::ReportTasksResponse>, Status> {
        call.send(&self.link, request, |channel, request| async move { stub(channel).report_tasks(request).await })
            .await
    }

    pub(crate) async fn append(
        &self,
        request: v1::AppendOutputsRequest,
    ) -> Result<Answer<v1::AppendOutputsResponse>, Status> {
        let call = Call { timeout: TIMEOUT, patience: None };
        call.send(&self.link, &request, |channel, request| async move { stub(channel).append_outputs(request).await })
            .await
    }

    /// Sent once: the next beat carries what this one did not.
    pub(crate) async fn heartbeat(
        &self,
        request: v1::HeartbeatLeasesRequest,
        timeout: Duration,
    ) -> Result<Answer<v1::HeartbeatLeasesResponse>, Status> {
        let call = Call { timeout, patience: Some(Duration::ZERO) };
        call.send(&self.link, &request, |channel, request| async move { stub(channel).heartbeat_leases(request).await })
            .await
    }

    pub(crate) async fn drain(
        &self,
        request: v1::DrainWorkerRequest,
    ) -> Result<Answer<v1::DrainWorkerResponse>, Status> {
        let call = Call { timeout: Duration::from_secs(2), patience: Some(Duration::from_secs(4)) };
        call.send(&self.link, &request, |channel, request| async move { stub(channel).drain_worker(request).await })
            .await
    }
}
