//! What a row keeps of the ledger: where its leaf is, and what makes the commitments of its job's bodies impossible to guess.

use crate::id::PageId;
use std::fmt;

/// Where a leaf is: a page of leaves that were committed together, and its place in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeafAt {
    /// The page.
    pub page: PageId,
    /// Counts from 0.
    pub ordinal: u32,
}

/// 32 random bytes of a root job, which its sub-plan jobs share: the salts of their bodies are made of it. It stays in the store:
/// whoever has it can find small bodies again from their commitments.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl fmt::Debug for Seed {
    /// Says nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// What the ledger knows of a job from its start on. Nothing for a job of an older version: it has no leaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Provenance {
    /// None for a job without leaves, and after an erasure.
    pub seed: Option<Seed>,
    /// Commitment to the request that started it, salted with the seed (of older versions: its SHA-256); none for a child.
    pub request_digest: Option<[u8; 32]>,
    /// Where its start is recorded.
    pub start_leaf_at: Option<LeafAt>,
}
