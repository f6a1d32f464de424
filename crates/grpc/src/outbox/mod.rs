//! The outbox: any relay leases committed messages, delivers them, acknowledges; operators look and unpark. One file a
//! verb.

mod ack_outbox;
mod extend_outbox;
mod lease_outbox;
mod list_outbox_messages;
mod nack_outbox;
mod unpark_outbox;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, outbox_service_server::OutboxService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl OutboxService for Service {
    async fn lease_outbox(
        &self,
        request: Request<v1::LeaseOutboxRequest>,
    ) -> Result<Response<v1::LeaseOutboxResponse>, Status> {
        let call = open(request)?;
        close(lease_outbox::lease_outbox(&self.0, &call.caller, call.message).await)
    }

    async fn extend_outbox(
        &self,
        request: Request<v1::ExtendOutboxRequest>,
    ) -> Result<Response<v1::ExtendOutboxResponse>, Status> {
        let call = open(request)?;
        close(extend_outbox::extend_outbox(&self.0, &call.caller, call.message).await)
    }

    async fn ack_outbox(
        &self,
        request: Request<v1::AckOutboxRequest>,
    ) -> Result<Response<v1::AckOutboxResponse>, Status> {
        let call = open(request)?;
        close(ack_outbox::ack_outbox(&self.0, &call.caller, call.message).await)
    }

    async fn nack_outbox(
        &self,
        request: Request<v1::NackOutboxRequest>,
    ) -> Result<Response<v1::NackOutboxResponse>, Status> {
        let call = open(request)?;
        close(nack_outbox::nack_outbox(&self.0, &call.caller, call.message).await)
    }

    async fn unpark_outbox(
        &self,
        request: Request<v1::UnparkOutboxRequest>,
    ) -> Result<Response<v1::UnparkOutboxResponse>, Status> {
        let call = open_recorded(request)?;
        close(unpark_outbox::unpark_outbox(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn list_outbox_messages(
        &self,
        request: Request<v1::ListOutboxMessagesRequest>,
    ) -> Result<Response<v1::ListOutboxMessagesResponse>, Status> {
        let call = open_recorded(request)?;
        close(list_outbox_messages::list_outbox_messages(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
