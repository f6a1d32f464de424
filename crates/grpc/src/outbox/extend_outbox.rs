//! ExtendOutbox: one verdict a lease.

use crate::{
    convert::{at::At, check, outbox},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_model::limits;

pub async fn extend_outbox(
    edge: &Edge,
    caller: &Caller,
    request: v1::ExtendOutboxRequest,
) -> Answer<v1::ExtendOutboxResponse> {
    let at = At::Top("beats");
    check::chosen_id(request.worker_id, At::Top("worker_id"))?;
    check::count(request.beats.len(), at, 1, limits::BATCH_MAX)?;
    let (tokens, principal) = (edge.coordinator.tokens(), &caller.principal);
    let read = |(index, beat)| outbox::beat(tokens, principal, beat, at.index(index));
    let beats = request.beats.iter().enumerate().map(read).collect::<Answer<Vec<_>>>()?;
    let held = edge.coordinator.extend_outbox(beats).await?;
    let verdicts =
        request.beats.into_iter().zip(held).map(|(beat, held)| outbox::verdict_out(beat.lease_token, held)).collect();
    Ok(v1::ExtendOutboxResponse { verdicts })
}
