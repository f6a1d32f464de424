//! GetLedger.

use crate::{
    convert::{time, verification::count},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn get_ledger(
    edge: &Edge,
    _caller: &Caller,
    _request: v1::GetLedgerRequest,
) -> Answer<v1::GetLedgerResponse> {
    let state = edge.coordinator.log_state().await?;
    let (checkpoint_size, checkpoint) = state.checkpoint.map(|kept| (kept.size, kept.note)).unwrap_or_default();
    Ok(v1::GetLedgerResponse {
        origin: state.origin,
        epoch: count(state.head.epoch),
        size: count(state.head.size),
        waiting_pages: count(state.waiting_pages as u64),
        checkpoint,
        checkpoint_size: count(checkpoint_size),
        sign_time: state.head.sign_time.map(time::instant_out),
        anchor: state.anchor.as_ref().map(|anchor| anchor.note.clone()).unwrap_or_default(),
        anchor_time: state.anchor.map(|anchor| time::instant_out(anchor.time)),
        anchor_file: state.anchor_file,
        verifier_keys: state.verifier_keys,
    })
}
