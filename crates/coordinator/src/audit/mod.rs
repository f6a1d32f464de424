//! Who did what: each call of an operator that changes something, shows data or is refused leaves one row (INV-AUDIT).
//!
//! The row of a change is in the change's transaction. A read's, a refusal's, and that of a change which takes several
//! transactions or none are pieces of work of their own, batched with all other work; a read's is durable before the answer
//! leaves, the others' before anything is done.

//!
//! Reports (`usage`, `errors`, `performance`) look at a bounded part of what is stored, on read connections: `report.rs`.

mod deed;
mod leaf;
mod record;

mod errors;
mod performance;
mod report;
mod usage;

pub use deed::{Deed, OK};
pub use errors::ErrorRow;
pub(crate) use leaf::append;
pub use leaf::leaf;
pub use performance::{Group, PerformanceRow, Spread};
pub(crate) use record::{record_applied, write_record};
pub use report::{Range, Scope};
pub use usage::UsageRow;
