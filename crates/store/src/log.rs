//! Rows of the log: which page of leaves has which place, the nodes over them, the head, and the checkpoints.

use esteira_model::{PageId, Time};

/// A SHA-256 value as it is stored.
pub type Digest = [u8; 32];

/// Levels below this one are not stored: a node of 256 leaves is hashed again from its leaves.
pub const NODE_LEVEL_MIN: u32 = 8;

/// What the sequencer needs to go on: the roots of the complete subtrees of the log, largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LedgerHead {
    /// Counts what operators declared; 0 = nothing was ever lost.
    pub epoch: u64,
    /// How many leaves have a place.
    pub size: u64,
    /// One for each bit that is set in the size.
    pub roots: Vec<Digest>,
    /// When a checkpoint was signed last, new or not; none before the first.
    pub sign_time: Option<Time>,
}

/// A page of leaves that has its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerPlace {
    /// Index in the log of its first leaf.
    pub first_index: u64,
    /// The page.
    pub page: PageId,
    /// How many leaves it has.
    pub leaf_count: u32,
}

/// The root of a complete subtree of `1 << level` leaves, [`NODE_LEVEL_MIN`] or more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LedgerNode {
    /// How high.
    pub level: u32,
    /// Counts the subtrees of the level from the left.
    pub number: u64,
    /// Its root.
    pub hash: Digest,
}

/// What one step of the sequencer writes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Placing {
    /// The size from which it goes on: the step is a `Conflict` when the log has another by then.
    pub from_size: u64,
    /// Pages that waited until now, in the order of their places.
    pub places: Vec<LedgerPlace>,
    /// Subtrees that they complete.
    pub nodes: Vec<LedgerNode>,
    /// The size with them.
    pub size: u64,
    /// See [`LedgerHead::roots`].
    pub roots: Vec<Digest>,
}

/// An epoch that an operator declared: the log goes on from what is there, although an anchor knows more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerEpoch {
    /// Counts from 1.
    pub epoch: u64,
    /// Size of the log when it was declared.
    pub tree_size: u64,
    /// Its root.
    pub root: Digest,
    /// Size of the newest anchor.
    pub anchor_size: u64,
    /// Its root.
    pub anchor_root: Digest,
    /// Why, as the operator said it.
    pub reason: String,
    /// What makes the leaf's commitment to the reason impossible to guess.
    pub salt: [u8; 16],
    /// When.
    pub time: Time,
    /// Tenant of who declared it.
    pub account: String,
    /// Who declared it.
    pub user: String,
    /// The page whose only leaf records it.
    pub page: PageId,
}

/// A checkpoint that was signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LedgerCheckpoint {
    /// See [`LedgerHead::epoch`].
    pub epoch: u64,
    /// How many leaves it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
    /// When it was signed first.
    pub sign_time: Time,
}
