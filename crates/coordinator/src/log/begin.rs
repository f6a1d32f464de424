//! Whether the log may go on: it must begin with what was anchored outside the database, and its keys must be those that signed.

use crate::{
    error::{Error, Reason, Result},
    log::{extend::frontier, proofs, signing::Signing},
};
use esteira_ledger::{Checkpoint, epoch::may_go_on};
use esteira_store::{LedgerHead, Reader};

const DECLARE: &str = "bring back what is missing, or admit the loss: esteira ledger declare-epoch --reason ..";

fn refused(message: impl std::fmt::Display) -> Error {
    Error::new(Reason::LogRefused, message.to_string())
}

/// What an anchor says, and in which epoch.
pub(crate) struct Newest {
    /// The epoch in whose name it was signed.
    pub epoch: u64,
    /// The head of the log that it anchors.
    pub checkpoint: Checkpoint,
}

/// The newest anchor; none before the first.
///
/// # Errors
/// When it is no checkpoint of this log, signed by a key that is trusted.
pub(crate) fn newest_anchor(signing: &Signing) -> Result<Option<Newest>> {
    let anchors = signing.anchors();
    let Some(anchor) = anchors.newest() else { return Ok(None) };
    let place = format!("the newest anchor in {}", anchors.path().display());
    let epoch = epoch_of(signing, &anchor.note)
        .ok_or_else(|| refused(format!("{place} is of another log: give that log's key and name")))?;
    match signing.open(epoch, &anchor.note) {
        Ok(checkpoint) => Ok(Some(Newest { epoch, checkpoint })),
        Err(error) => Err(refused(format!("{place} cannot be believed: {error}"))),
    }
}

/// The epoch in whose name a note was signed; none when it is another log's.
pub(crate) fn epoch_of(signing: &Signing, note: &str) -> Option<u64> {
    let origin = note.lines().next()?;
    match origin.strip_prefix(signing.origin.as_str())? {
        "" => Some(0),
        rest => {
            let epoch = rest.strip_prefix("/epoch/")?.parse().ok()?;
            (epoch > 0 && signing.origin_in(epoch) == origin).then_some(epoch)
        }
    }
}

/// Refuses a log that must not go on by itself; answers with its head.
///
/// # Errors
/// [`Reason::LogRefused`], with what an operator can do.
pub(crate) async fn check(reader: &dyn Reader, signing: &Signing) -> Result<LedgerHead> {
    let head = reader.ledger_head().await?;
    let stored = match reader.checkpoints(1).await?.into_iter().next() {
        Some(stored) => {
            let opened = signing.open(stored.epoch, &stored.note).map_err(|error| {
                refused(format!("the newest checkpoint in the database is not one of this log's keys: {error}; give the right --ledger-key and --ledger-origin"))
            })?;
            Some(Newest { epoch: stored.epoch, checkpoint: opened })
        }
        None => None,
    };
    let anchor = newest_anchor(signing)?;
    if let Some(anchor) = &anchor
        && anchor.epoch > head.epoch
    {
        return Err(refused(format!(
            "the database is in epoch {} of the log, its newest anchor in epoch {}: {DECLARE}",
            head.epoch, anchor.epoch
        )));
    }
    for known in [&stored, &anchor].into_iter().flatten().filter(|known| known.epoch == head.epoch) {
        begins_with(reader, &head, &known.checkpoint).await?;
    }
    let is_declared = |known: &Option<Newest>| known.as_ref().is_some_and(|known| known.epoch == head.epoch);
    if head.epoch > 0 && !is_declared(&stored) && !is_declared(&anchor) {
        return Err(refused(format!("nobody who may sign has declared epoch {} of the log: {DECLARE}", head.epoch)));
    }
    if anchor.is_none() && stored.is_some() {
        tracing::warn!("no checkpoint of the log was anchored here before: only the database speaks for its past");
    }
    Ok(head)
}

/// Refuses a head that does not begin with what a checkpoint says.
///
/// # Errors
/// [`Reason::LogRefused`].
pub(crate) async fn begins_with(reader: &dyn Reader, head: &LedgerHead, anchor: &Checkpoint) -> Result<()> {
    // What cannot be read proves nothing.
    let path = proofs::consistency(reader, anchor.size, head.size).await?.unwrap_or_default();
    may_go_on(&frontier(head)?, anchor, &path).map_err(|refusal| refused(format!("{refusal}: {DECLARE}")))
}
