//! Statements of in-toto, version 1: what an export says about artifacts, in a form that other tools read.

use crate::{
    dsse,
    hash::Hash,
    key::{SignerKey, VerifierKey},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The type of a statement's envelope.
pub const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";
/// The type of every statement of this version.
pub const STATEMENT_TYPE: &str = "https://in-toto.io/Statement/v1";
/// What the predicate of a job's export is.
pub const JOB_PREDICATE_TYPE: &str = "urn:esteira:provenance:job:v1";

/// Why a statement is not opened.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The envelope.
    #[error(transparent)]
    Envelope(#[from] dsse::Error),
    /// The payload is not a statement.
    #[error("not a statement: {0}")]
    Malformed(#[from] serde_json::Error),
    /// Another version, or another thing.
    #[error("a statement of the type `{0}`, which is not known")]
    UnknownType(String),
    /// A predicate that this code does not know.
    #[error("a predicate of the type `{0}`, which is not known")]
    UnknownPredicate(String),
    /// A statement about nothing, or about something without a digest.
    #[error("subject {0} has no SHA-256 digest, or there is none")]
    NoDigest(usize),
}

/// Something that the statement is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subject {
    /// Its name within the statement.
    pub name: String,
    /// Digests by algorithm; `sha256` is always there.
    pub digest: BTreeMap<String, String>,
}

impl Subject {
    /// A subject known by the SHA-256 of its bytes.
    pub fn new(name: &str, digest: &Hash) -> Self {
        Self { name: name.to_owned(), digest: BTreeMap::from([("sha256".to_owned(), digest.to_string())]) }
    }

    /// The SHA-256, if it is one.
    pub fn sha256(&self) -> Option<Hash> {
        self.digest.get("sha256")?.parse().ok()
    }
}

/// A statement: `predicate` holds of the subjects.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Statement {
    #[serde(rename = "_type")]
    kind: String,
    /// What it is about.
    pub subject: Vec<Subject>,
    /// What the predicate means.
    #[serde(rename = "predicateType")]
    pub predicate_type: String,
    /// What is said.
    pub predicate: serde_json::Value,
}

impl Statement {
    /// What a job did with these artifacts.
    pub fn of_job(subject: Vec<Subject>, predicate: serde_json::Value) -> Self {
        Self { kind: STATEMENT_TYPE.to_owned(), subject, predicate_type: JOB_PREDICATE_TYPE.to_owned(), predicate }
    }

    /// The signed envelope's JSON.
    ///
    /// # Errors
    /// [`Error::NoDigest`].
    pub fn seal(&self, signers: &[&SignerKey]) -> Result<String, Error> {
        self.check()?;
        Ok(dsse::seal(PAYLOAD_TYPE, &serde_json::to_vec(self)?, signers))
    }

    /// The statement in an envelope that a trusted key signed.
    ///
    /// # Errors
    /// See [`Error`].
    pub fn open(envelope: &str, trusted: &[VerifierKey]) -> Result<Self, Error> {
        let statement: Self = serde_json::from_slice(&dsse::open(envelope, PAYLOAD_TYPE, trusted)?)?;
        statement.check()?;
        Ok(statement)
    }

    fn check(&self) -> Result<(), Error> {
        if self.kind != STATEMENT_TYPE {
            return Err(Error::UnknownType(self.kind.clone()));
        }
        if self.predicate_type != JOB_PREDICATE_TYPE {
            return Err(Error::UnknownPredicate(self.predicate_type.clone()));
        }
        match self.subject.iter().position(|subject| subject.sha256().is_none()) {
            Some(index) => Err(Error::NoDigest(index)),
            None if self.subject.is_empty() => Err(Error::NoDigest(0)),
            None => Ok(()),
        }
    }
}
