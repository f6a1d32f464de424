//! Against what is verified: the newest checkpoint, signed now when the log has grown, and the newest anchor.

use crate::{
    coordinator::Coordinator,
    error::{Reason, Result},
    log::{begin, proofs, signing::Signing},
};
use esteira_ledger::{
    Checkpoint, Failing, Finding, Hash, Place, Verdict, leaf_hash,
    proof::{self, places_of_inclusion, root_from_inclusion, verify_consistency},
};
use esteira_store::{LedgerCheckpoint, Reader};
use std::collections::BTreeMap;

/// How often what others were in the way of is tried again.
const TRIES_MAX: u32 = 5;

/// A checkpoint that was opened, with how far it is anchored.
#[derive(Debug, Clone)]
pub struct Against {
    /// The head against which leaves are verified; none when nothing was signed, or nobody who is trusted signed.
    pub checkpoint: Option<Checkpoint>,
    /// The checkpoint as it is kept.
    pub stored: Option<LedgerCheckpoint>,
    /// How many leaves are anchored, or what is wrong with the anchor.
    pub anchored: std::result::Result<u64, Failing>,
    /// The newest anchor's note, and the proof between it and the checkpoint.
    pub anchor: Option<(String, Vec<Hash>)>,
}

impl Against {
    /// Size and root of the checkpoint; those of an empty log when there is none.
    pub fn head(&self) -> (u64, Hash) {
        self.checkpoint.as_ref().map_or((0, Hash::of_bytes(&[])), |checkpoint| (checkpoint.size, checkpoint.root))
    }

    /// What the log says of a leaf that has this index.
    pub fn find(&self, leaf: &[u8], index: Option<u64>, nodes: &BTreeMap<Place, Hash>) -> Finding {
        let not_included = |failing| Finding { verdict: Verdict::NotIncluded, failing: Some(failing) };
        let Some(checkpoint) = &self.checkpoint else { return not_included(Failing::Checkpoint) };
        let is_in = index.is_some_and(|index| {
            let path = proof::inclusion(nodes, index, checkpoint.size).ok();
            let root = path.and_then(|path| root_from_inclusion(&leaf_hash(leaf), index, checkpoint.size, &path));
            root == Some(checkpoint.root)
        });
        match (is_in, &self.anchored, index) {
            (true, Ok(anchored), Some(index)) if index < *anchored => {
                Finding { verdict: Verdict::Valid, failing: None }
            }
            (true, Ok(_), _) => Finding { verdict: Verdict::ValidNotAnchored, failing: None },
            (true, Err(failing), _) => not_included(*failing),
            (false, ..) => not_included(Failing::Inclusion),
        }
    }

    /// What the proofs of these leaves are made of.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn nodes(&self, reader: &dyn Reader, indices: &[u64]) -> Result<BTreeMap<Place, Hash>> {
        let size = self.head().0;
        let places = indices.iter().filter_map(|index| places_of_inclusion(*index, size).ok()).flatten().collect();
        proofs::nodes(reader, &places).await
    }
}

impl Coordinator {
    /// The newest checkpoint, with all that waited before it and a signature of now when the log has grown.
    ///
    /// # Errors
    /// When the store cannot be read. A checkpoint that cannot be signed is a finding, and no error.
    pub async fn stand(&self) -> Result<Against> {
        let reader = &*self.shared.reader;
        for _ in 0..TRIES_MAX {
            match self.place_waiting(None).await {
                Err(error) if error.reason == Reason::StoreUnavailable && error.overtaken => continue,
                // What is wrong with the log is for the verification to find.
                Err(error) if error.reason == Reason::LogRefused => {
                    tracing::warn!(%error, "leaves wait for their places");
                    break;
                }
                done => {
                    done?;
                    break;
                }
            }
        }
        let Some(signing) = self.shared.log.signing.clone() else {
            return Ok(Against { checkpoint: None, stored: None, anchored: Ok(0), anchor: None });
        };
        if is_behind(reader, &signing).await? {
            for _ in 0..TRIES_MAX {
                match self.checkpoint(&signing, None).await {
                    Err(error) if error.overtaken => continue,
                    Err(error) => {
                        tracing::warn!(%error, "no checkpoint of now: what is verified is verified against the last one");
                        break;
                    }
                    Ok(_) => break,
                }
            }
        }
        stand_on(reader, &signing).await
    }
}

/// Whether the newest checkpoint says less than the log has.
async fn is_behind(reader: &dyn Reader, signing: &Signing) -> Result<bool> {
    let head = reader.ledger_head().await?;
    let newest = reader.checkpoints(1).await?.into_iter().next();
    let is_anchored = signing.anchors().newest().map(|anchor| anchor.note.clone());
    Ok(newest.is_none_or(|newest| {
        (newest.epoch, newest.size) < (head.epoch, head.size) || is_anchored.as_ref() != Some(&newest.note)
    }))
}

async fn stand_on(reader: &dyn Reader, signing: &Signing) -> Result<Against> {
    let stored = reader.checkpoints(1).await?.into_iter().next();
    let checkpoint = stored.as_ref().and_then(|stored| signing.open(stored.epoch, &stored.note).ok());
    let note = signing.anchors().newest().map(|anchor| anchor.note.clone());
    let (mut anchored, mut anchor) = (Ok(0), None);
    if let (Some(checkpoint), Some(note), Some(stored)) = (&checkpoint, note, &stored) {
        match begin::newest_anchor(signing) {
            Err(_) => anchored = Err(Failing::Anchor),
            // One of an earlier epoch reaches no leaf of this one.
            Ok(Some(newest)) if newest.epoch < stored.epoch => {}
            Ok(Some(newest)) => {
                let (old, new) = match newest.checkpoint.size < checkpoint.size {
                    true => (&newest.checkpoint, checkpoint),
                    false => (checkpoint, &newest.checkpoint),
                };
                let path = proofs::consistency(reader, old.size, new.size).await?.unwrap_or_default();
                let agrees =
                    newest.epoch == stored.epoch && verify_consistency(old.size, &old.root, new.size, &new.root, &path);
                anchored = if agrees { Ok(newest.checkpoint.size) } else { Err(Failing::Consistency) };
                anchor = Some((note, path));
            }
            Ok(None) => {}
        }
    }
    Ok(Against { checkpoint, stored, anchored, anchor })
}
