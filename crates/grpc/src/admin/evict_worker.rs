//! EvictWorker.

use crate::{
    convert::{at::At, check},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn evict_worker(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::EvictWorkerRequest,
) -> Answer<v1::EvictWorkerResponse> {
    let worker_id = check::chosen_id(request.worker_id, At::Top("worker_id"))?;
    let reason = check::required_reason(request.reason, At::Top("reason"))?;
    deed.on(format!("workers/{worker_id}"));
    deed.because(&reason);
    let released = edge.coordinator.recording(deed).evict_worker(&caller.principal, &worker_id).await?;
    tracing::info!(worker_id, released, user = caller.principal.user_id, reason, "worker evicted");
    Ok(v1::EvictWorkerResponse { released_leases: released as i32 })
}
