//! News between the coordinators of one store, after a commit: what the others may want to look at.
//!
//! News decides nothing. It may be lost, come twice, late, or be wrong: whoever hears it looks, exactly as it would have looked
//! by itself a second later (`timer.rs`, `look.rs`). Nothing waits for news to leave, and a coordinator that is alone tells none.

mod hear;
mod hints;
mod tell;

pub(crate) use hear::hear;
pub(crate) use hints::Hints;
pub(crate) use tell::{Outgoing, tell};
