//! Who did what: each call of an operator that changes something, shows data or is refused leaves one row (INV-AUDIT).
//!
//! The row of a change is in the change's transaction. A read's, a refusal's, and that of a change which takes several
//! transactions or none are pieces of work of their own, batched with all other work; a read's is durable before the answer
//! leaves, the others' before anything is done.

mod deed;
mod record;

pub use deed::{Deed, OK};
pub(crate) use record::record_applied;
