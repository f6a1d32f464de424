//! Who signs for the log, and where its checkpoints are anchored. Nothing of it is ever in the database.

use crate::{
    clock::random_key,
    error::{Error, Reason, Result},
    log::anchor::AnchorFile,
};
use esteira_ledger::{Checkpoint, Schedule, SignerKey, Statement, VerifierKey, checkpoint, epoch};
use esteira_model::{AccountId, Time};
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// A checkpoint is signed so often, also when nothing happens.
pub const CHECKPOINT_PERIOD: Duration = Duration::from_secs(60);

/// A log's name, its keys and its anchors.
#[derive(Debug)]
pub struct Signing {
    /// The log's name, without the epoch.
    pub origin: String,
    /// Who signs when.
    pub schedule: Schedule,
    /// Whose signatures are believed: of the keys that sign, and of those that did.
    pub trusted: Vec<VerifierKey>,
    /// How often.
    pub period: Duration,
    /// Whose outbox tells of checkpoints.
    pub account: AccountId,
    anchors: Mutex<AnchorFile>,
}

impl Signing {
    /// Signs with these keys under this name.
    pub fn new(
        origin: String,
        schedule: Schedule,
        trusted: Vec<VerifierKey>,
        account: AccountId,
        anchors: AnchorFile,
    ) -> Self {
        Self { origin, schedule, trusted, period: CHECKPOINT_PERIOD, account, anchors: Mutex::new(anchors) }
    }

    /// The log's name in an epoch.
    pub fn origin_in(&self, epoch: u64) -> String {
        epoch::origin(&self.origin, epoch)
    }

    /// Opens a checkpoint of this log.
    ///
    /// # Errors
    /// When it is another log's, or nobody signed it who is trusted.
    pub fn open(&self, epoch: u64, note: &str) -> std::result::Result<Checkpoint, checkpoint::Error> {
        Checkpoint::open(note, &self.origin_in(epoch), &self.trusted)
    }

    /// Signs a checkpoint with the keys whose term it is.
    ///
    /// # Errors
    /// When it is no key's term: a fault of configuration.
    pub fn sign(&self, checkpoint: &Checkpoint, now: Time) -> Result<String> {
        checkpoint.sign(&self.signers(now)?).map_err(|error| Error::new(Reason::LogRefused, error.to_string()))
    }

    /// Signs a statement with the keys whose term it is.
    ///
    /// # Errors
    /// When it is no key's term, or the statement is about nothing.
    pub fn seal(&self, statement: &Statement, now: Time) -> Result<String> {
        statement.seal(&self.signers(now)?).map_err(|error| Error::new(Reason::Internal, error.to_string()))
    }

    fn signers(&self, now: Time) -> Result<Vec<&SignerKey>> {
        let signers = self.schedule.signers(now);
        if signers.is_empty() {
            return Err(Error::new(Reason::LogRefused, "no key of the log has its term now: add one to its key file"));
        }
        Ok(signers)
    }

    /// The anchors.
    pub fn anchors(&self) -> MutexGuard<'_, AnchorFile> {
        // What a panic left is read again from the file's end.
        self.anchors.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A new key of the operating system's randomness, under this name or one that nobody else has.
///
/// # Errors
/// When the name is none that a key may have, or there is no randomness.
pub fn new_key(name: Option<&str>) -> Result<SignerKey> {
    let random = || random_key().map_err(|error| Error::new(Reason::Internal, format!("no randomness: {error}")));
    let (seed, own) = (random()?, random()?);
    let own: String = own[..8].iter().map(|byte| format!("{byte:02x}")).collect();
    let name = name.map_or_else(|| format!("esteira/{own}"), str::to_owned);
    SignerKey::from_seed(&name, &seed).map_err(|error| Error::field("name", error.to_string()))
}
