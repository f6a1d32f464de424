//! The ports of the store: verbs in domain types, and what every adapter must do with them.
//!
//! Purpose: let the coordinator speak of jobs, tasks and leases, never of tables.
//! Must not know: SQL, any database crate, any wire format.
//! Read first: [`writer`] (one unit of work), then [`reader`].
//!
//! To add a verb: declare it here with its rule, implement it in `store-sql` under the same name, and add its
//! success, failure and race cases to `tests/conformance.rs` there.

pub mod batch;
pub mod error;
pub mod ledger;
pub mod log;
pub mod news;
pub mod page;
pub mod reader;
pub mod record;
pub mod removal;
pub mod retention;
pub mod trace;
pub mod writer;

pub use batch::{Batch, Beat, Hot, Leased, Parked, Queued, Taken};
pub use error::{Error, Kind, Result};
pub use ledger::{BodyDigest, LEAVES_MAX, LedgerPage, NewestAttempt, PAGE_BYTES_MAX};
pub use log::{Digest, LedgerCheckpoint, LedgerEpoch, LedgerHead, LedgerNode, LedgerPlace, NODE_LEVEL_MIN, Placing};
pub use news::{Heard, Listener, News, Teller};
pub use page::{Filter, Op, Page, Paged, Term, Value};
pub use reader::{AttemptSample, Executed, JobDetails, LaneCount, OutboxRow, Reader, Stored, TaskRecord, WorkerLease};
pub use record::{AnsweredRequest, Claimed, Live, LivePlace, Member, PlanRecord, PlanVersionRecord, Startable};
pub use removal::{Begun, Cause, Removal, RemovedBodies};
pub use retention::{Held, Part, Purged, Removed, Retention, Tree};
pub use trace::{
    Appended, ArtifactHead, ArtifactRole, ArtifactUse, ArtifactUses, AttemptTally, ChildJob, DigestCursor, JobTally,
    NEWEST_MAX, StepTally, TallyLimits, VerdictTally, VersionTally, WorkerTally,
};
pub use writer::{OutboxKey, OutboxRun, TREES_MAX, Unit, Writer};
