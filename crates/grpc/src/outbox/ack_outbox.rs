//! AckOutbox.

use crate::{
    convert::{at::At, outbox},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn ack_outbox(edge: &Edge, caller: &Caller, request: v1::AckOutboxRequest) -> Answer<v1::AckOutboxResponse> {
    let through = outbox::sequence(request.through_sequence, At::Top("through_sequence"))?;
    let lease = outbox::lease(edge.coordinator.tokens(), &caller.principal, &request.lease_token)?;
    let acked = edge.coordinator.ack_outbox(lease, through).await?;
    Ok(v1::AckOutboxResponse { acked: acked as i32, already_applied: acked == 0 })
}
