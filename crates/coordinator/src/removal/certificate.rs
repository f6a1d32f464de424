//! The certificate of a removal: a leaf BodiesRemoved, and the row that leads to it.

use crate::{
    audit::Deed,
    clock::{self, Ids},
    error::{Error, Reason, Result},
};
use esteira_engine::Entropy;
use esteira_ledger::{
    Hash, Hashes, Leaf, Salt,
    codes::RemovalCause,
    kinds::{BodiesRemoved, Operator},
    leaf_hash, text_commitment,
};
use esteira_model::{AccountId, ArtifactId, DataClass, JobId, LeafAt, PageId, Time};
use esteira_store::{Cause, LedgerPage, Reader, Removal, Unit};
use hashbrown::HashMap;
use std::collections::BTreeSet;

/// Pages of the ledger that are read at once.
const PAGES_AT_ONCE: usize = 256;

/// Who removes, why and when: what all certificates of one call say.
#[derive(Debug, Clone)]
pub(crate) struct Order {
    pub cause: Cause,
    pub user_id: String,
    pub account: AccountId,
    /// Commitment to the reason, where one was given: the same as in the leaf of the call's record.
    pub reason: Option<Hash>,
    pub time: Time,
}

impl Order {
    /// Commits to the reason with the salt of the call's record, so that the row of the record opens both.
    pub fn commit(reason: &str, deed: Option<&Deed>) -> Result<Hash> {
        let salt = deed.map_or_else(clock::random_salt, Deed::salt).map_err(|error| {
            Error::new(Reason::Internal, format!("no randomness for the salt of a certificate: {error}"))
        })?;
        Ok(text_commitment(&Salt(salt), &[reason]))
    }
}

/// What one certificate is about.
#[derive(Debug, Clone)]
pub(crate) struct About {
    pub job: JobId,
    pub account: AccountId,
    pub data_class: DataClass,
    pub number: u32,
    /// The bodies with their commitments; none = the whole job goes, with its rows.
    pub bodies: Vec<(ArtifactId, Hash)>,
    pub bytes: u64,
    /// The job's last leaf.
    pub parent: Option<Hash>,
}

/// A certificate as it was recorded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// What it certifies.
    pub removal: Removal,
    /// How many bodies it names; 0 = the whole job went.
    pub bodies: u64,
    /// Bytes of bodies that nothing refers to any more; 0 where the whole job went.
    pub bytes: u64,
    /// The leaf.
    pub leaf: Vec<u8>,
}

impl Certificate {
    /// By which the log knows it.
    pub fn leaf_hash(&self) -> [u8; 32] {
        leaf_hash(&self.leaf).0
    }
}

/// How the ledger names a cause.
pub(crate) fn code(cause: Cause) -> RemovalCause {
    match cause {
        Cause::Purge => RemovalCause::Purge,
        Cause::Erasure => RemovalCause::Erasure,
        Cause::Retention => RemovalCause::Retention,
    }
}

/// Commitments as a certificate names them.
pub(crate) fn in_order(mut commitments: Vec<Hash>) -> Vec<Hash> {
    commitments.sort_unstable_by_key(|hash| hash.0);
    commitments
}

/// Records that bodies are removed, in the unit that removes them; answers how many leaves it wrote.
pub(crate) async fn certify(unit: &mut dyn Unit, ids: &mut Ids, order: &Order, abouts: &[About]) -> Result<u64> {
    let (mut pages, mut rows) = (Vec::new(), Vec::with_capacity(abouts.len()));
    for about in abouts {
        if pages.last().is_none_or(LedgerPage::is_full) {
            pages.push(LedgerPage::new(PageId(ids.sequence())));
        }
        let page = pages.last_mut().expect("a page was pushed");
        let commitments = in_order(about.bodies.iter().map(|(_, commitment)| *commitment).collect());
        let leaf = Leaf::from(BodiesRemoved {
            account: about.account.as_str(),
            job: about.job,
            cause: code(order.cause),
            bodies: Hashes::of(&commitments),
            bytes: about.bytes,
            reason: order.reason,
            time: order.time,
            operator: Operator { user: &order.user_id, account: order.account.as_str(), on_behalf_of: "" },
            data_class: about.data_class,
            parents: Hashes::of(about.parent.as_slice()),
        });
        let ordinal = page
            .push(|out| leaf.encode_into(out))
            .map_err(|error| Error::new(Reason::Internal, format!("a certificate has no leaf: {error}")))?;
        let mut artifacts: Vec<ArtifactId> = about.bodies.iter().map(|(artifact, _)| *artifact).collect();
        artifacts.sort_unstable();
        rows.push(Removal {
            job: about.job,
            cause: order.cause,
            number: about.number,
            artifacts,
            data_class: about.data_class,
            time: order.time,
            leaf_at: LeafAt { page: page.id, ordinal },
        });
    }
    unit.append_leaves(&pages).await?;
    unit.put_removals(&rows).await?;
    Ok(rows.len() as u64)
}

/// The certificates of what was removed of these jobs. A leaf that is not there, or is none, is left out.
pub(crate) async fn certificates(reader: &dyn Reader, jobs: &[JobId]) -> Result<Vec<Certificate>> {
    let removals = reader.removals(jobs).await?;
    let leaves = leaves(reader, &removals).await?;
    let read = |(removal, leaf): (Removal, Option<Vec<u8>>)| {
        let leaf = leaf?;
        let Leaf::BodiesRemoved(fields) = Leaf::decode(&leaf).ok()? else { return None };
        let (bodies, bytes) = (fields.bodies.count(), fields.bytes);
        Some(Certificate { removal, bodies, bytes, leaf })
    };
    Ok(removals.into_iter().zip(leaves).filter_map(read).collect())
}

/// The bytes where removals say that their certificates are.
pub(crate) async fn leaves(reader: &dyn Reader, removals: &[Removal]) -> Result<Vec<Option<Vec<u8>>>> {
    let wanted: BTreeSet<PageId> = removals.iter().map(|removal| removal.leaf_at.page).collect();
    let wanted: Vec<PageId> = wanted.into_iter().collect();
    let mut pages = HashMap::new();
    for ids in wanted.chunks(PAGES_AT_ONCE) {
        pages.extend(reader.ledger_pages(ids).await?.into_iter().map(|page| (page.id, page)));
    }
    let leaf = |removal: &Removal| {
        let page = pages.get(&removal.leaf_at.page)?;
        page.leaf(removal.leaf_at.ordinal).map(<[u8]>::to_vec)
    };
    Ok(removals.iter().map(leaf).collect())
}
