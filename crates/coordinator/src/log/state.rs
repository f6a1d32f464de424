//! What is told of the log to whoever asks.

use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    log::{anchor::Anchored, proofs},
};
use esteira_ledger::Hash;
use esteira_store::{LedgerCheckpoint, LedgerHead};

/// Waiting pages that are counted at most.
const WAITING_MAX: usize = 1_000;

/// The state of the log, as this coordinator sees it.
#[derive(Debug, Clone)]
pub struct LogState {
    /// Its name in its epoch, or "" where nothing is signed.
    pub origin: String,
    /// Its head.
    pub head: LedgerHead,
    /// Pages that wait for their place, counted up to 1,000.
    pub waiting_pages: usize,
    /// The newest checkpoint.
    pub checkpoint: Option<LedgerCheckpoint>,
    /// The newest anchor here.
    pub anchor: Option<Anchored>,
    /// Where anchors are kept, or "".
    pub anchor_file: String,
    /// Whose signatures are believed, as `NAME+ID+KEY`.
    pub verifier_keys: Vec<String>,
}

/// That the log of one size begins with the log of another.
#[derive(Debug, Clone)]
pub struct ConsistencyProof {
    /// The proof.
    pub hashes: Vec<Hash>,
    /// The newest checkpoint of the smaller size.
    pub old: Option<LedgerCheckpoint>,
    /// The newest checkpoint of the larger size.
    pub new: Option<LedgerCheckpoint>,
    /// The larger size.
    pub new_size: u64,
}

impl Coordinator {
    /// The state of the log.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub async fn log_state(&self) -> Result<LogState> {
        let reader = &*self.shared.reader;
        let head = reader.ledger_head().await?;
        let waiting_pages = reader.waiting_pages(None, WAITING_MAX).await?.len();
        let checkpoint = reader.checkpoints(1).await?.into_iter().next();
        let mut state = LogState {
            origin: String::new(),
            head,
            waiting_pages,
            checkpoint,
            anchor: None,
            anchor_file: String::new(),
            verifier_keys: Vec::new(),
        };
        if let Some(signing) = &self.shared.log.signing {
            let anchors = signing.anchors();
            state.origin = signing.origin_in(state.head.epoch);
            state.anchor = anchors.newest().cloned();
            state.anchor_file = anchors.path().display().to_string();
            state.verifier_keys = signing.trusted.iter().map(ToString::to_string).collect();
        }
        Ok(state)
    }

    /// The proof between two sizes; `new` 0 = that of the newest checkpoint.
    ///
    /// # Errors
    /// A field when the log is not that large; [`Reason::LogRefused`] when it does not have what the proof is made of.
    pub async fn consistency_proof(&self, old: u64, new: u64) -> Result<ConsistencyProof> {
        let reader = &*self.shared.reader;
        let newest = reader.checkpoints(1).await?.into_iter().next();
        let new_size = if new == 0 { newest.map_or(0, |newest| newest.size) } else { new };
        let size = reader.ledger_head().await?.size;
        if new_size > size {
            return Err(Error::field("new_size", format!("the log has {size} leaves")));
        }
        if old > new_size {
            return Err(Error::field("old_size", "is larger than the other size"));
        }
        let hashes = proofs::consistency(reader, old, new_size).await?;
        let hashes =
            hashes.ok_or_else(|| Error::new(Reason::LogRefused, "the log does not have what the proof is made of"))?;
        let (old, new) = (reader.checkpoint(old).await?, reader.checkpoint(new_size).await?);
        Ok(ConsistencyProof { hashes, old, new, new_size })
    }
}
