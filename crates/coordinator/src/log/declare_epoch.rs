//! An operator admits a loss: the log goes on from what is there, under another name.
//!
//! Done while no coordinator works on the store. The declaration and the first checkpoint of the new epoch are one transaction:
//! who may not sign cannot declare, whatever they write into the database.

use crate::{
    clock::{Clock, Ids, random_key},
    error::{Error, Reason, Result},
    log::{
        begin,
        checkpoint::anchor,
        extend::{Extended, extend, frontier, gather, head_of},
        proofs,
        signing::Signing,
    },
};
use esteira_engine::Entropy;
use esteira_ledger::{
    Checkpoint, Frontier, Hash, Hashes, Leaf, Salt,
    kinds::{EpochDeclared, Operator},
    leaf_hash, text_commitment,
};
use esteira_model::{PageId, Time};
use esteira_store::{LedgerCheckpoint, LedgerEpoch, LedgerHead, LedgerPage, Reader, Writer};
use std::sync::Arc;

/// What an operator says.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Why. It stays in the database, the ledger holds a commitment to it.
    pub reason: String,
    /// Who.
    pub user: String,
    /// Tenant of who says it.
    pub account: String,
}

/// What was declared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declared {
    /// The new epoch.
    pub epoch: u64,
    /// How many leaves the log had before.
    pub size: u64,
    /// How many its newest anchor had.
    pub anchor_size: u64,
    /// The first checkpoint of the new epoch.
    pub note: String,
}

/// Declares an epoch: refused when the log may go on as it is.
///
/// # Errors
/// [`Reason::LogRefused`] when there is nothing to admit or nobody may sign; what the store answers.
pub async fn declare_epoch(
    writer: &mut dyn Writer,
    reader: &dyn Reader,
    clock: Arc<dyn Clock>,
    signing: &Arc<Signing>,
    declaration: &Declaration,
) -> Result<Declared> {
    let is_whole = is_whole(reader).await?;
    if is_whole && begin::check(reader, signing).await.is_ok() {
        return Err(Error::new(Reason::LogRefused, "the log begins with its newest anchor: there is nothing to admit"));
    }
    let anchor = begin::newest_anchor(signing)?;
    if !is_whole {
        let mut unit = writer.begin().await?;
        unit.lock_ledger().await?;
        unit.forget_places().await?;
        unit.commit().await?;
    }
    place_all(writer, reader).await?;
    let head = reader.ledger_head().await?;
    let (anchor_epoch, anchored) = match &anchor {
        Some(anchor) => (anchor.epoch, anchor.checkpoint.clone()),
        None => (0, Checkpoint { origin: String::new(), size: 0, root: Frontier::default().root() }),
    };
    let now = clock.now();
    let page = PageId(Ids::new(clock, 0).sequence());
    let epoch = LedgerEpoch {
        epoch: head.epoch.max(anchor_epoch) + 1,
        tree_size: head.size,
        root: frontier(&head)?.root().0,
        anchor_size: anchored.size,
        anchor_root: anchored.root.0,
        reason: declaration.reason.clone(),
        salt: salt()?,
        time: now,
        account: declaration.account.clone(),
        user: declaration.user.clone(),
        page,
    };
    let note = commit(writer, signing, &head, &epoch, now).await?;
    anchor_first(reader, signing, now).await?;
    Ok(Declared { epoch: epoch.epoch, size: head.size, anchor_size: anchored.size, note })
}

/// The declaration's leaf, its place, the epoch and its first checkpoint, in one transaction.
async fn commit(
    writer: &mut dyn Writer,
    signing: &Signing,
    head: &LedgerHead,
    epoch: &LedgerEpoch,
    now: Time,
) -> Result<String> {
    let mut page = LedgerPage::new(epoch.page);
    let broken = |error: esteira_ledger::wire::Error| Error::new(Reason::Internal, error.to_string());
    page.push(|out| leaf(epoch).encode_into(out)).map_err(broken)?;
    let (placing, _) = extend(head, &[(page.id, page.leaves.clone())])?;
    let root = frontier(&head_of(&placing, epoch.epoch))?.root();
    let checkpoint = Checkpoint { origin: signing.origin_in(epoch.epoch), size: placing.size, root };
    let note = signing.sign(&checkpoint, now)?;
    let mut unit = writer.begin().await?;
    unit.lock_ledger().await?;
    unit.append_leaves(&[page]).await?;
    unit.place_pages(&placing).await?;
    unit.put_epoch(epoch).await?;
    let kept = LedgerCheckpoint { epoch: epoch.epoch, size: placing.size, note: note.clone(), sign_time: now };
    unit.put_checkpoint(&kept).await?;
    unit.commit().await?;
    Ok(note)
}

/// The leaf that records an epoch.
pub fn leaf(epoch: &LedgerEpoch) -> Leaf<'_> {
    Leaf::from(EpochDeclared {
        epoch: epoch.epoch,
        tree_size: epoch.tree_size,
        root: Hash(epoch.root),
        anchor_size: epoch.anchor_size,
        anchor_root: Hash(epoch.anchor_root),
        reason: text_commitment(&Salt(epoch.salt), &[&epoch.reason]),
        time: epoch.time,
        operator: Operator { user: &epoch.user, account: &epoch.account, on_behalf_of: "" },
        parents: Hashes::default(),
    })
}

async fn anchor_first(reader: &dyn Reader, signing: &Arc<Signing>, now: Time) -> Result<()> {
    anchor(reader, signing, now).await.map_err(|error| {
        Error::new(error.reason, format!("the epoch is declared, and its first checkpoint is not anchored: {error}"))
    })
}

async fn place_all(writer: &mut dyn Writer, reader: &dyn Reader) -> Result<()> {
    while let Some(Extended { placing, .. }) = gather(reader).await? {
        if placing.places.is_empty() {
            break;
        }
        let mut unit = writer.begin().await?;
        unit.place_pages(&placing).await?;
        unit.commit().await?;
    }
    Ok(())
}

/// Whether the leaves that have places make the head that is stored: places are dense, and no leaf is missing or another.
async fn is_whole(reader: &dyn Reader) -> Result<bool> {
    let head = reader.ledger_head().await?;
    let Ok(expected) = frontier(&head) else { return Ok(false) };
    let mut found = Frontier::default();
    while found.size() < head.size {
        let to = head.size.min(found.size() + proofs::LEAVES_MAX);
        for leaf in proofs::leaves(reader, found.size(), to).await? {
            let Some(leaf) = leaf else { return Ok(false) };
            found.append(leaf_hash(&leaf.bytes), |_, _| ());
        }
    }
    Ok(found == expected)
}

fn salt() -> Result<[u8; 16]> {
    let key = random_key().map_err(|error| Error::new(Reason::Internal, format!("no randomness: {error}")))?;
    let (salt, _) = key.split_first_chunk::<16>().expect("32 bytes have 16");
    Ok(*salt)
}
