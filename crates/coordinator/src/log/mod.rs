//! The log over the leaves (INV-APPEND): each leaf gets one place, each minute a checkpoint is signed and anchored outside the
//! database.
//!
//! Read in this order: [`extend`] (what a step computes), [`sequencer`] (when it is done, and by whom), [`checkpoint`], [`anchor`],
//! [`begin`] (what a start refuses), [`declare_epoch`] (what an operator can do then), [`proofs`].

pub mod anchor;
pub(crate) mod begin;
pub(crate) mod checkpoint;
pub mod declare_epoch;
pub mod extend;
pub mod proofs;
pub(crate) mod sequencer;
pub mod signing;
pub mod state;

pub use anchor::AnchorFile;
pub use declare_epoch::declare_epoch;
pub use extend::{Extended, gather};
pub use signing::{Signing, new_key};

use esteira_store::Writer;
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};
use tokio::sync::{Mutex, Notify};

/// What the parts of the log share.
pub(crate) struct Log {
    /// Who signs; none where no key was given: leaves get their places all the same.
    pub signing: Option<Arc<Signing>>,
    /// The sequencer's own connection. Where a store has one writer it is the committer's.
    pub writer: Mutex<Option<Box<dyn Writer>>>,
    /// The sequencer is to look before its time.
    pub wake: Notify,
    /// Leaves that were committed since it looked.
    fresh: AtomicU64,
}

/// So many fresh leaves are worth a look before its time.
const FRESH_MAX: u64 = 4_096;

impl Log {
    pub fn new(signing: Option<Arc<Signing>>, writer: Option<Box<dyn Writer>>) -> Self {
        Self { signing, writer: Mutex::new(writer), wake: Notify::new(), fresh: AtomicU64::new(0) }
    }

    /// Leaves were committed.
    pub fn committed(&self, leaves: u64) {
        if self.fresh.fetch_add(leaves, Ordering::Relaxed) + leaves >= FRESH_MAX {
            self.wake.notify_one();
        }
    }

    /// All that was committed before now is looked at.
    pub fn looked(&self) {
        self.fresh.store(0, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests;
