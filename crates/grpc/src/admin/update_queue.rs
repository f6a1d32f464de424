//! UpdateQueue.

use crate::{
    convert::{at::At, check, worker},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::queues::Queue;
use std::sync::Arc;

pub async fn update_queue(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::UpdateQueueRequest,
) -> Answer<v1::UpdateQueueResponse> {
    let at = At::Top("update_mask");
    let queue = check::required(request.queue, At::Top("queue"))?;
    let mask = check::required(request.update_mask, at)?;
    check::count(mask.paths.len(), at, 1, 1)?;
    if mask.paths[0] != "paused" {
        return Err(Refusal::field(at.field("paths").index(0), "is not paused"));
    }
    let name = check::name(queue.name, At::Top("queue").field("name"))?;
    deed.on(format!("queues/{name}"));
    deed.choose(if queue.paused { "PAUSE" } else { "RESUME" });
    edge.coordinator.recording(deed).pause_queue(&caller.principal, name.clone(), queue.paused).await?;
    tracing::info!(queue = name, paused = queue.paused, user = caller.principal.user_id, "queue updated");
    let queues = edge.coordinator.list_queues(&caller.principal).await?;
    // A queue that is open and empty is in no list.
    let updated =
        queues.into_iter().find(|queue| queue.name == name).unwrap_or(Queue { name, served: true, ..Queue::default() });
    Ok(v1::UpdateQueueResponse { queue: Some(worker::queue_out(updated, edge.now())) })
}
