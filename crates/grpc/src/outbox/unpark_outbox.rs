//! UnparkOutbox.

use crate::{convert::outbox, edge::Edge, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn unpark_outbox(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::UnparkOutboxRequest,
) -> Answer<v1::UnparkOutboxResponse> {
    let key = outbox::key(&caller.principal, request)?;
    let topic = key.topic.clone();
    deed.on(format!("outbox/{topic}/{}", key.key));
    let unparked = edge.coordinator.recording(deed).unpark_outbox(key).await?;
    if unparked {
        tracing::info!(topic, user = caller.principal.user_id, "outbox key unparked");
    }
    Ok(v1::UnparkOutboxResponse { unparked })
}
