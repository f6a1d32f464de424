//! Removing bodies because somebody says so, and what certifies it (docs/data-classes.md).
//!
//! Read first: [`certificate`]. What is removed and the leaf that certifies it are one transaction (INV-ONE-TX), in bounded steps, so that
//! at no moment a body is gone without a certificate. A purge takes whole trees with their rows; an erasure leaves the rows.

mod bodies;
pub mod certificate;
mod erase_job;
mod purge_jobs;

pub use certificate::Certificate;
pub(crate) use certificate::{About, Order, certify};
pub use erase_job::{EraseJob, Erased};
pub use purge_jobs::{PurgeJobs, PurgedJobs, WouldPurge, refuse_production};
