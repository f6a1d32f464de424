//! GetConsistencyProof.

use crate::{
    convert::{at::At, check, verification::count},
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;

pub async fn get_consistency_proof(
    edge: &Edge,
    _caller: &Caller,
    request: v1::GetConsistencyProofRequest,
) -> Answer<v1::GetConsistencyProofResponse> {
    let old = check::int::<u64>(request.old_size, At::Top("old_size"), 0, i64::MAX)?;
    let new = check::int::<u64>(request.new_size, At::Top("new_size"), 0, i64::MAX)?;
    let proof = edge.coordinator.consistency_proof(old, new).await?;
    Ok(v1::GetConsistencyProofResponse {
        hashes: proof.hashes.iter().map(|hash| hash.0.to_vec().into()).collect(),
        old_checkpoint: proof.old.map(|kept| kept.note).unwrap_or_default(),
        new_checkpoint: proof.new.map(|kept| kept.note).unwrap_or_default(),
        new_size: count(proof.new_size),
    })
}
