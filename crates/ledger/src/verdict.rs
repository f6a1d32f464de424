//! The eight answers of a verification, and what failed first.

use crate::wire;
use std::fmt;

/// What a verification found. Nothing else is ever answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    /// Bytes, leaf, parents, log and anchor agree.
    Valid,
    /// They agree, and no anchor reaches as far as the leaf yet.
    ValidNotAnchored,
    /// The bytes are not those of which the leaf speaks.
    MismatchContent,
    /// The leaf is not what the rows say, or not a leaf.
    MismatchLeaf,
    /// A parent is not the leaf to which this one points.
    ChainBroken,
    /// The log of the checkpoint, or of the anchor, does not have the leaf.
    NotIncluded,
    /// The bytes were removed, and a leaf certifies it; all else agrees.
    Erased,
    /// The ledger knows nothing of it.
    Unknown,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: &'static [Self] = &[
        Self::Valid,
        Self::ValidNotAnchored,
        Self::MismatchContent,
        Self::MismatchLeaf,
        Self::ChainBroken,
        Self::NotIncluded,
        Self::Erased,
        Self::Unknown,
    ];

    /// Its stable text.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Valid => "VALID",
            Self::ValidNotAnchored => "VALID_NOT_ANCHORED",
            Self::MismatchContent => "MISMATCH_CONTENT",
            Self::MismatchLeaf => "MISMATCH_LEAF",
            Self::ChainBroken => "CHAIN_BROKEN",
            Self::NotIncluded => "NOT_INCLUDED",
            Self::Erased => "ERASED",
            Self::Unknown => "UNKNOWN",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A verdict with its reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Finding {
    /// The answer.
    pub verdict: Verdict,
    /// What failed first; none for VALID, VALID_NOT_ANCHORED and ERASED.
    pub failing: Option<Failing>,
}

/// What failed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Failing {
    /// There is no leaf.
    Leaf,
    /// The recorded bytes are no leaf.
    LeafForm(wire::Error),
    /// The leaf speaks of no body of this kind.
    Role,
    /// The commitment at the position is another one.
    Content,
    /// The body is not there, and nothing certifies that it was removed.
    Body,
    /// The certificate is not one of this body's removal.
    Certificate,
    /// The rows are gone.
    Rows,
    /// The first field in which rows and record differ.
    Field(&'static str),
    /// The parents are not as many as the leaf names.
    ParentCount,
    /// The first parent with another hash. Among more than [`crate::hashes::LISTED_MAX`] it is not known which: 0.
    Parent(usize),
    /// The proof does not lead from the leaf to the checkpoint's root.
    Inclusion,
    /// The checkpoint is not one, or not of this log, or signed by no key that is trusted.
    Checkpoint,
    /// The certificate is not in the checkpoint's log.
    CertificateInclusion,
    /// The anchor is not a checkpoint of this log signed by a key that is trusted.
    Anchor,
    /// Checkpoint and anchor are not of one log.
    Consistency,
}

impl fmt::Display for Failing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Leaf => f.write_str("leaf"),
            Self::LeafForm(_) => f.write_str("leaf form"),
            Self::Role => f.write_str("role"),
            Self::Content => f.write_str("content"),
            Self::Body => f.write_str("body"),
            Self::Certificate => f.write_str("certificate"),
            Self::Rows => f.write_str("rows"),
            Self::Field(name) => write!(f, "field {name}"),
            Self::ParentCount => f.write_str("parent count"),
            Self::Parent(index) => write!(f, "parent {index}"),
            Self::Inclusion => f.write_str("inclusion"),
            Self::Checkpoint => f.write_str("checkpoint"),
            Self::CertificateInclusion => f.write_str("certificate inclusion"),
            Self::Anchor => f.write_str("anchor"),
            Self::Consistency => f.write_str("consistency"),
        }
    }
}
