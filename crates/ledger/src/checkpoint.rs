//! Checkpoints: the size and root of the log as a signed note (C2SP tlog-checkpoint).

use crate::{
    hash::Hash,
    key::{SignerKey, VerifierKey},
    note,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use esteira_model::Time;

/// The head of a log: all that a later log must still begin with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log; by custom the name of the key too, such as `example.com/esteira`.
    pub origin: String,
    /// How many leaves it has.
    pub size: u64,
    /// Its root.
    pub root: Hash,
}

/// Why a text is no checkpoint of the log.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The note itself.
    #[error(transparent)]
    Note(#[from] note::Error),
    /// The text has not the form of a checkpoint.
    #[error("not a checkpoint: {0}")]
    Malformed(&'static str),
    /// It is of another log.
    #[error("a checkpoint of another log")]
    OtherLog,
}

impl Checkpoint {
    /// The note's text.
    ///
    /// # Errors
    /// [`Error::Malformed`] when the origin is none that a line can hold.
    pub fn to_text(&self) -> Result<String, Error> {
        check_origin(&self.origin)?;
        Ok(format!("{}\n{}\n{}\n", self.origin, self.size, STANDARD.encode(self.root.0)))
    }

    /// Reads a note's text. Extension lines are refused: this log writes none, and what is not understood is not trusted.
    ///
    /// # Errors
    /// [`Error::Malformed`].
    pub fn from_text(text: &str) -> Result<Self, Error> {
        let text = text.strip_suffix('\n').ok_or(Error::Malformed("the last line does not end"))?;
        let mut lines = text.split('\n');
        let (Some(origin), Some(size), Some(root), None) = (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(Error::Malformed("not three lines"));
        };
        check_origin(origin)?;
        let is_canonical = size == "0" || !size.starts_with('0');
        let is_decimal = !size.is_empty() && size.bytes().all(|c| c.is_ascii_digit());
        let size = (is_canonical && is_decimal).then(|| size.parse().ok()).flatten();
        let root = STANDARD.decode(root).ok().and_then(|bytes| bytes.try_into().ok());
        Ok(Self {
            origin: origin.to_owned(),
            size: size.ok_or(Error::Malformed("the size is not a decimal number without leading zeroes"))?,
            root: Hash(root.ok_or(Error::Malformed("the root is not the base64 of 32 bytes"))?),
        })
    }

    /// The signed note.
    ///
    /// # Errors
    /// When the origin cannot be written, or nobody signs.
    pub fn sign(&self, signers: &[&SignerKey]) -> Result<String, Error> {
        Ok(note::sign(&self.to_text()?, signers)?)
    }

    /// Opens a signed note as a checkpoint of the log `origin`.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(note: &str, origin: &str, trusted: &[VerifierKey]) -> Result<Self, Error> {
        let checkpoint = Self::from_text(note::open(note, trusted)?.text)?;
        if checkpoint.origin == origin { Ok(checkpoint) } else { Err(Error::OtherLog) }
    }
}

fn check_origin(origin: &str) -> Result<(), Error> {
    let is_bad = origin.is_empty() || origin.contains(|c: char| c.is_control());
    if is_bad { Err(Error::Malformed("the origin is empty, or has control characters")) } else { Ok(()) }
}

/// The keys of a log over time. Where two terms overlap both keys sign, so that verifiers can change at their leisure.
#[derive(Debug, Default)]
pub struct Schedule {
    terms: Vec<Term>,
}

/// When a key signs.
#[derive(Debug)]
pub struct Term {
    /// The key.
    pub key: SignerKey,
    /// From then on.
    pub from: Time,
    /// Until just before then; none = until further notice.
    pub until: Option<Time>,
}

impl Schedule {
    /// With these terms.
    pub fn new(terms: Vec<Term>) -> Self {
        Self { terms }
    }

    /// The keys that sign at `now`. None at all is a fault of configuration that the start must refuse.
    pub fn signers(&self, now: Time) -> Vec<&SignerKey> {
        let signs = |term: &&Term| term.from <= now && term.until.is_none_or(|until| now < until);
        self.terms.iter().filter(signs).map(|term| &term.key).collect()
    }
}
