//! Verification: what the rows, the bodies, the leaves, the log and its anchors say of each other, computed again from bytes.
//!
//! Read in this order: [`report`] (what is answered), [`standing`] (against which checkpoint), [`job`] (from rows to leaves),
//! [`range`] (from leaves to rows), [`store`] (both, over everything, in short turns), `acts` (records that nothing points to), [`artifact`], [`anywhere`], [`evidence`], [`statement`], [`record`].

mod acts;
pub mod anywhere;
pub mod artifact;
pub mod audit;
mod certified;
pub mod evidence;
pub mod job;
pub mod range;
pub mod record;
pub mod report;
pub mod standing;
pub mod statement;
pub mod store;

pub use anywhere::FoundBody;
pub use artifact::{VerifyArtifact, Wanted};
pub use range::STEP;
pub use record::{Performed, Scope};
pub use report::{Flaw, Report, Tally, VERDICTS, verdict};
pub use standing::Against;
pub use statement::Exported;
pub use store::{Cursor, Turn};
