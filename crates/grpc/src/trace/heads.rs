//! Artifacts of a page, read in one set.

use crate::{edge::Edge, status::Answer};
use esteira_contract::v1;
use esteira_model::ArtifactId;
use esteira_store::ArtifactHead;
use std::collections::HashMap;

/// What is known of artifacts without their bytes, by id.
pub struct Heads(HashMap<ArtifactId, ArtifactHead>);

impl Heads {
    /// Reads them.
    pub async fn read(edge: &Edge, ids: &[ArtifactId]) -> Answer<Self> {
        let heads = edge.coordinator.reader().artifact_heads(ids).await?;
        Ok(Self(heads.into_iter().map(|head| (head.id, head)).collect()))
    }

    /// On the wire. One whose row is gone went with what is kept no longer.
    pub fn out(&self, id: ArtifactId) -> v1::TracedArtifact {
        let gone = || v1::TracedArtifact { removed: true, ..v1::TracedArtifact::default() };
        self.0.get(&id).map_or_else(gone, crate::convert::trace::artifact_out)
    }
}
