//! Checkpoints: signed, kept with a message that tells of them in one transaction, then anchored outside the database.

use crate::{
    coordinator::{Coordinator, Shared},
    error::{Error, Reason, Result},
    leader::Lead,
    log::{begin, extend::frontier, signing::Signing},
};
use esteira_engine::Entropy;
use esteira_ledger::Checkpoint;
use esteira_model::{Emit, JobId, OutboxMessage, Payload, TaskId, Time, Uuid};
use esteira_store::{Batch, LedgerCheckpoint, LedgerHead, OutboxKey, Reader, Unit};
use serde_json::json;
use std::{collections::BTreeMap, sync::Arc};

/// Where checkpoints are told of.
pub const TOPIC: &str = "esteira.checkpoint";
/// Messages that wait at most, a day's: where no relay takes them, more would only fill the store.
const WAITING_MAX: usize = 1_440;

/// Signs the head. A head that does not begin with the newest anchor is never signed: nobody signs two histories.
///
/// # Errors
/// [`Reason::LogRefused`].
pub(crate) async fn sign(
    reader: &dyn Reader,
    signing: &Signing,
    head: &LedgerHead,
    now: Time,
) -> Result<LedgerCheckpoint> {
    if let Some(anchor) = begin::newest_anchor(signing)? {
        if anchor.epoch != head.epoch {
            let is_later = anchor.epoch > head.epoch;
            let which = if is_later { "an earlier" } else { "a later" };
            tracing::info!(anchor = anchor.epoch, log = head.epoch, "the log is in {which} epoch than its anchor");
            if is_later {
                return Err(Error::new(Reason::LogRefused, "the log went back to an earlier epoch"));
            }
        } else {
            begin::begins_with(reader, head, &anchor.checkpoint).await?;
        }
    }
    let root = frontier(head)?.root();
    let checkpoint = Checkpoint { origin: signing.origin_in(head.epoch), size: head.size, root };
    let note = signing.sign(&checkpoint, now)?;
    Ok(LedgerCheckpoint { epoch: head.epoch, size: head.size, note, sign_time: now })
}

/// Keeps a checkpoint and tells of it, in one transaction (INV-ONE-TX). Answers whether it was told.
pub(crate) async fn store(
    unit: &mut dyn Unit,
    signing: &Signing,
    checkpoint: &LedgerCheckpoint,
    sequence: i64,
) -> Result<bool> {
    unit.put_checkpoint(checkpoint).await?;
    let key = OutboxKey {
        account: signing.account.clone(),
        topic: TOPIC.to_owned(),
        key: signing.origin_in(checkpoint.epoch),
    };
    if unit.outbox_waiting(&key, WAITING_MAX).await? >= WAITING_MAX {
        return Ok(false);
    }
    let body = json!({ "origin": key.key, "size": checkpoint.size, "checkpoint": checkpoint.note });
    let message = OutboxMessage {
        sequence,
        account: key.account,
        emit: Emit {
            topic: key.topic,
            key: key.key,
            payload: Payload::json(body.to_string()),
            headers: BTreeMap::new(),
        },
        // It is no task's.
        job: JobId(Uuid::from_bytes([0; 16])),
        task: TaskId(Uuid::from_bytes([0; 16])),
        commit_time: checkpoint.sign_time,
    };
    unit.write(&Batch { outbox: vec![message], ..Batch::default() }).await?;
    Ok(true)
}

/// Anchors the newest checkpoint that is kept, unless it is anchored already. Each coordinator does it, whoever signed.
///
/// # Errors
/// When it is none of this log, does not go on from the newest anchor, or the file does not take it.
pub(crate) async fn anchor(reader: &dyn Reader, signing: &Arc<Signing>, now: Time) -> Result<()> {
    let Some(stored) = reader.checkpoints(1).await?.into_iter().next() else { return Ok(()) };
    let refused = |error: &dyn std::fmt::Display| {
        Error::new(Reason::LogRefused, format!("the newest checkpoint in the database is not anchored: {error}"))
    };
    let opened = signing.open(stored.epoch, &stored.note).map_err(|error| refused(&error))?;
    let newest = begin::newest_anchor(signing)?.filter(|newest| newest.epoch >= stored.epoch);
    if let Some(newest) = newest {
        if newest.epoch > stored.epoch || newest.checkpoint.size > opened.size {
            return Err(refused(&"an anchor is newer"));
        }
        let path = crate::log::proofs::consistency(reader, newest.checkpoint.size, opened.size).await?;
        let (old, new) = (&newest.checkpoint, &opened);
        let path = path.unwrap_or_default();
        if !esteira_ledger::proof::verify_consistency(old.size, &old.root, new.size, &new.root, &path) {
            return Err(refused(&"it does not go on from the newest anchor"));
        }
    }
    let signing = signing.clone();
    let added = tokio::task::spawn_blocking(move || signing.anchors().add(now, &stored.note)).await;
    added.map_err(|error| Error::new(Reason::Internal, error.to_string()))?.map_err(|error| {
        Error::new(Reason::Internal, format!("the file of anchors does not take a checkpoint: {error}"))
    })
}

impl Coordinator {
    /// Signs the head as it is, keeps it and anchors it. With a lead, only while it holds.
    pub(crate) async fn checkpoint(&self, signing: &Arc<Signing>, lead: Option<Lead>) -> Result<LedgerCheckpoint> {
        let shared: &Shared = &self.shared;
        let reader = &*shared.reader;
        let head = reader.ledger_head().await?;
        let now = shared.clock.now();
        let checkpoint = sign(reader, signing, &head, now).await?;
        let (kept, signer, sequence) = (checkpoint.clone(), signing.clone(), shared.ids.clone().sequence());
        let told = self
            .log_unit(move |unit| {
                Box::pin(async move {
                    if let Some(lead) = lead
                        && !lead.take(unit, now).await?
                    {
                        return Ok(None);
                    }
                    Ok(Some(store(unit, &signer, &kept, sequence).await?))
                })
            })
            .await?;
        match told {
            Some(true) => {
                shared.outbox_ready.notify_waiters();
                shared.news.add(|hints| hints.outbox = true);
            }
            Some(false) => {
                tracing::warn!(topic = TOPIC, "no relay takes the log's checkpoints; this one is not told of")
            }
            None => return Err(Error::new(Reason::StoreUnavailable, "another coordinator leads the log now")),
        }
        anchor(reader, signing, now).await?;
        Ok(checkpoint)
    }
}
