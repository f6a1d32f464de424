//! Committed messages that wait to be delivered.

use crate::client::{
    Error,
    rpc::{Caller, mint, rpcs},
    v1::{self, outbox_service_client::OutboxServiceClient},
};

/// Calls `OutboxService`; each method is the RPC of that name, documented in `outbox.proto`.
#[derive(Clone)]
pub struct OutboxClient {
    pub(crate) caller: Caller,
}

rpcs! { OutboxClient over OutboxServiceClient:
    /// Renews leases whose messages are not delivered yet.
    read extend_outbox(ExtendOutboxRequest) -> ExtendOutboxResponse;
    /// Says that the messages of a lease up to a sequence number are delivered.
    read ack_outbox(AckOutboxRequest) -> AckOutboxResponse;
    /// Says that a message of a lease could not be delivered, and ends the lease.
    read nack_outbox(NackOutboxRequest) -> NackOutboxResponse;
    /// Releases a parked key.
    read unpark_outbox(UnparkOutboxRequest) -> UnparkOutboxResponse;
    /// Lists messages that are not delivered.
    read list_outbox_messages(ListOutboxMessagesRequest) -> ListOutboxMessagesResponse;
}

impl OutboxClient {
    /// Leases messages for delivery; waits until there is one or the request's `wait` is over.
    pub async fn lease_outbox(&self, mut request: v1::LeaseOutboxRequest) -> Result<v1::LeaseOutboxResponse, Error> {
        mint(&mut request.request_id);
        self.caller
            .send_waiting(
                request.wait,
                request,
                |channel, request| async move { stub(channel).lease_outbox(request).await },
            )
            .await
    }
}
