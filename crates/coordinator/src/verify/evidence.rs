//! Evidence for somebody else: a leaf with all that a verifier needs who has neither the store nor this code.

use super::{
    artifact::{Located, VerifyArtifact, locate},
    job::{Bodies, Left},
};
use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    leaves::{rebuild::Rebuilt, salt},
    log::proofs,
    removal::certificate::in_order,
};
use esteira_ledger::{
    Bundle, Hash, Hashes, Leaf,
    bundle::{BundleAnchor, BundleBody, BundleCertificate, BundleHeld, BundleIncluded, BundleRows, FORMAT, Hex},
    leaf_hash, proof,
};
use esteira_model::{AccountId, ArtifactId, JobId};
use esteira_store::Reader;
use hashbrown::HashMap;

impl Coordinator {
    /// The evidence on a body, as JSON of the form `esteira-evidence-v1`: with its bytes, or with its digest alone. It shows the salt of this body, never the seed.
    ///
    /// # Errors
    /// As [`Coordinator::check_artifact`]; [`Reason::TaskNotFound`] when no leaf speaks of such a body.
    pub async fn export_evidence(&self, account: &AccountId, ask: &VerifyArtifact, with_bytes: bool) -> Result<String> {
        let not_found = || Error::new(Reason::JobNotFound, format!("there is no job {}", ask.job));
        let reader = &*self.shared.reader;
        let bodies = Bodies::read(reader, ask.job).await?.filter(|bodies| bodies.job.account == *account);
        let bodies = bodies.ok_or_else(not_found)?;
        let unreadable = || Error::new(Reason::LogRefused, "the rows of the job make no sense: verify the job");
        let rebuilt = self.made_again(ask.job).await?.ok_or_else(unreadable)?.ok_or_else(not_found)?;
        let located = locate(ask, &rebuilt, &bodies)?
            .ok_or_else(|| Error::new(Reason::TaskNotFound, "no leaf of the job speaks of such a body"))?;
        let one = &rebuilt[located.leaf];
        let against = self.stand().await?;
        let index = match one.leaf_at {
            Some(at) => proofs::index_of(reader, at.page, at.ordinal).await?,
            None => None,
        };
        let mut included = None;
        if let Some(index) = index {
            let path = proofs::inclusion(reader, index, against.head().0).await?;
            included = path.map(|path| BundleIncluded { index, path });
        }
        let bundle = Bundle {
            format: FORMAT.to_owned(),
            leaf: one.stored.clone().map(Hex),
            rows: BundleRows::Elsewhere,
            body: self.body_of(&located, one, &bodies, with_bytes, against.head().0).await?,
            parents: self.parents_of(one, &rebuilt, &bodies).await?,
            included,
            checkpoint: against.stored.map(|stored| stored.note),
            anchor: against.anchor.map(|(note, consistency)| BundleAnchor { note, consistency }),
        };
        serde_json::to_string_pretty(&bundle).map_err(|error| Error::new(Reason::Internal, error.to_string()))
    }

    async fn body_of(
        &self,
        located: &Located,
        one: &Rebuilt,
        bodies: &Bodies,
        with_bytes: bool,
        size: u64,
    ) -> Result<Option<BundleBody>> {
        let stored = self.shared.reader.artifacts(&[located.artifact]).await?.pop();
        let held = match (&bodies.job.provenance.seed, stored) {
            (Some(seed), Some((id, payload, _))) => {
                let salt = salt(seed, id);
                match with_bytes {
                    true => BundleHeld::Bytes { bytes: Hex(payload.bytes().to_vec()), salt },
                    false => BundleHeld::Digest { digest: Hash::of_bytes(payload.bytes()), salt },
                }
            }
            (_, None) => {
                let certificate = certificate_of(&*self.shared.reader, bodies, located.artifact, size).await?;
                BundleHeld::Removed { certificate }
            }
            (None, Some(_)) => return Ok(None),
        };
        let spoken = bodies.spoken(one.recorded);
        let ids = if located.role == esteira_ledger::verify::Role::Input { spoken.inputs } else { spoken.outputs };
        let path = fold_path(bodies, &ids, located.position);
        Ok(Some(BundleBody { role: located.role, position: located.position as u64, path, held }))
    }

    /// The bytes of the leaves that a leaf names as its parents, in order.
    async fn parents_of(&self, one: &Rebuilt, own: &[Rebuilt], bodies: &Bodies) -> Result<Vec<Hex>> {
        let Some(leaf) = one.stored.as_deref().and_then(|bytes| Leaf::decode(bytes).ok()) else {
            return Ok(Vec::new());
        };
        let named: &Hashes = leaf.parents();
        if named.count() == 0 {
            return Ok(Vec::new());
        }
        let mut known = stored(own);
        let mut others: Vec<JobId> = bodies.job.lineage.parent.iter().map(|(job, _)| *job).collect();
        others.extend(bodies.tasks().map(|task| JobId(task.0)));
        let listed = named.listed();
        for job in others {
            let is_known = listed.is_some_and(|listed| listed.iter().all(|hash| known.contains_key(hash)));
            if is_known {
                break;
            }
            if let Some(rebuilt) = self.rebuild_leaves(job).await? {
                known.extend(stored(&rebuilt));
            }
        }
        // Of more than are listed the rows say which they are.
        let wanted = listed.unwrap_or(&one.parents);
        Ok(wanted.iter().filter_map(|hash| known.get(hash).cloned().map(Hex)).collect())
    }
}

/// What certifies that a body was removed, with its proofs; none when nothing does.
async fn certificate_of(
    reader: &dyn Reader,
    bodies: &Bodies,
    artifact: ArtifactId,
    size: u64,
) -> Result<Option<BundleCertificate>> {
    let Some(Left::Removed(commitment)) = bodies.left.get(&artifact).copied() else { return Ok(None) };
    let certified = bodies.certificates.of(artifact).ok().and_then(|place| bodies.certificates.get(place));
    let Some((certified, leaf)) = certified.and_then(|one| Some((one, one.leaf.clone()?))) else { return Ok(None) };
    let Some(index) = certified.index else { return Ok(None) };
    let Some(path) = proofs::inclusion(reader, index, size).await? else { return Ok(None) };
    let left = |id: &ArtifactId| match bodies.left.get(id) {
        Some(Left::Removed(hash)) => Some(*hash),
        _ => None,
    };
    let named = in_order(certified.removal.artifacts.iter().filter_map(left).collect());
    let position = named.iter().position(|hash| *hash == commitment).unwrap_or_default();
    Ok(Some(BundleCertificate {
        leaf: Hex(leaf),
        commitment,
        position: position as u64,
        path: fold(&named, position),
        included: BundleIncluded { index, path },
    }))
}

/// Leaves that are stored, by their hashes.
fn stored(rebuilt: &[Rebuilt]) -> HashMap<Hash, Vec<u8>> {
    rebuilt.iter().filter_map(|one| one.stored.as_ref()).map(|leaf| (leaf_hash(leaf), leaf.clone())).collect()
}

/// The proof of a position in a list that a leaf folds.
fn fold_path(bodies: &Bodies, ids: &[ArtifactId], position: usize) -> Vec<Hash> {
    let known = bodies.commitments(ids).map(|(hashes, _)| hashes.into_iter().collect::<Option<Vec<Hash>>>());
    let Ok(Some(hashes)) = known else { return Vec::new() };
    fold(&hashes, position)
}

fn fold(hashes: &[Hash], position: usize) -> Vec<Hash> {
    if Hashes::of(hashes).listed().is_some() {
        return Vec::new();
    }
    let leaves: Vec<Hash> = hashes.iter().map(|hash| leaf_hash(&hash.0)).collect();
    proof::inclusion(&proof::Leaves(&leaves), position as u64, leaves.len() as u64).unwrap_or_default()
}
