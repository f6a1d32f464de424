//! NackOutbox.

use crate::{convert::outbox, edge::Edge, principal::Caller, status::Answer};
use esteira_contract::v1;

pub async fn nack_outbox(
    edge: &Edge,
    caller: &Caller,
    request: v1::NackOutboxRequest,
) -> Answer<v1::NackOutboxResponse> {
    let nack = outbox::nack(edge.coordinator.tokens(), &caller.principal, request)?;
    let parked = nack.park;
    edge.coordinator.nack_outbox(nack).await?;
    Ok(v1::NackOutboxResponse { parked })
}
