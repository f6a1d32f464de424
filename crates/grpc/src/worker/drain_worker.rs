//! DrainWorker.

use crate::{
    convert::{at::At, check, time},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::{Deed, OK};
use esteira_model::{Decision, limits};
use std::sync::Arc;
use std::time::Duration;

pub async fn drain_worker(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::DrainWorkerRequest,
) -> Answer<v1::DrainWorkerResponse> {
    let v1::DrainWorkerRequest { worker_id, grace, reason } = request;
    let worker_id = check::chosen_id(worker_id, At::Top("worker_id"))?;
    let grace = time::duration(grace, At::Top("grace"), Duration::ZERO, limits::RETRY_AFTER_MAX)?;
    let reason = check::reason(reason, At::Top("reason"))?;
    deed.on(format!("workers/{worker_id}"));
    deed.because(&reason);
    edge.coordinator.record(deed, Decision::Allowed, OK).await?;
    let outstanding = edge.coordinator.drain_worker(&caller.principal, &worker_id, grace).await?;
    tracing::info!(worker_id, outstanding, user = caller.principal.user_id, reason, "worker drains");
    Ok(v1::DrainWorkerResponse { outstanding_leases: outstanding as i32 })
}
