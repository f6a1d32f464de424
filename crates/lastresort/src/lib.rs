//! The last resort: where accepted work is kept while the database cannot take it.
//!
//! Purpose: space that is there before it is needed, records that are whole or known to be torn, and the way back.
//! Must not know: the database, the network, async runtimes; ids and times are arguments.
//! Read first: [`cascade`], then [`place`] and [`segment`]; [`mod@scan`] and [`ingest`] are the way back.
//! The format stands in `docs/last-resort.md`.

pub mod budget;
pub mod cascade;
mod cursor;
pub mod ingest;
pub mod line;
mod look;
pub mod medium;
pub mod place;
pub mod record;
pub mod scan;
pub mod segment;
pub mod writer;

pub use budget::{Budget, Reservation, UsedUp};
pub use cascade::{Cascade, Held, Level, Lost, Source, Status};
pub use ingest::{Ingest, Item, Quarantined, SetAside, read_set_aside};
pub use line::OwnedRecord;
pub use look::look;
pub use medium::{Disk, Medium};
pub use place::{OpenError, Settings};
pub use record::Record;
pub use scan::{Found, Scan, scan};
pub use writer::{Outcome, Writer};
