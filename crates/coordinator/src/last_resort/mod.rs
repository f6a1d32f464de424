//! What the coordinator does while its store takes nothing: reports and starts become records of the last resort
//! (`docs/last-resort.md`), and come back in order when the store does.
//!
//! Read first: [`keep`], then [`record`] and [`ingest`]. Only the committer writes records and ingests them, so that nothing
//! is decided on newer work while older work waits (INV-RESORT).

mod admin;
mod capsule;
pub mod detached;
mod figures;
mod held;
mod ingest;
mod keep;
mod key;
mod record;
mod reserve;
pub mod shelf;

pub use admin::IngestedNow;
pub use capsule::LeaseRecord;
pub use esteira_lastresort::{Level, OpenError};
pub use figures::Figures;
pub use reserve::{Folder, LastResort};

pub(crate) use ingest::Ingested;
