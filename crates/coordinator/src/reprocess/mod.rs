//! Process a job again that has ended: always a new job, which takes over what the old one executed (semantic point e).
//!
//! Read first: `reprocess_job.rs`. What has ended never changes, so all that is taken over is read and tried out (`rehearsal.rs`)
//! before the new job is committed as any start is; the transaction only makes sure that it is still there.

mod open;
mod rehearsal;
mod reprocess_job;
mod reprocess_jobs;
mod source;

pub(crate) use open::{Reprocessing, open, source_gone};
pub use rehearsal::StepCount;
pub use reprocess_job::{ReprocessJob, Reprocessed};
pub use reprocess_jobs::{ReprocessJobs, ReprocessedJobs};
