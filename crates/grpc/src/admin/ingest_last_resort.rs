//! IngestLastResort.

use crate::{convert::last_resort, edge::Edge, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn ingest_last_resort(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    _request: v1::IngestLastResortRequest,
) -> Answer<v1::IngestLastResortResponse> {
    let done = edge.coordinator.ingest_last_resort(deed).await?;
    tracing::info!(ingested = done.ingested, left = done.left, user = caller.principal.user_id, "last resort ingested");
    Ok(last_resort::ingested_out(&done))
}
