//! The coordinator: use cases of esteira over the store's ports.
//!
//! Purpose: one file an RPC verb or background loop; the only place where engine, expressions and store meet.
//! Must not know: gRPC, protobuf, SQL, brokers.
//! Read first: [`start_job`], then [`committer`], [`round`] and [`dispatcher`]: that is the way of a task.

pub mod append_outputs;
pub mod audit;
mod batch;
mod beat;
pub mod catalog;
pub mod clock;
pub mod committer;
pub mod control_job;
pub mod coordinator;
mod digest_index;
pub mod dispatcher;
pub mod drain_worker;
pub mod error;
mod follow_up;
mod gather;
mod grant;
pub mod heartbeat_leases;
pub mod hub;
pub mod lane;
pub mod last_resort;
mod leader;
pub mod lease_tasks;
pub mod leaves;
mod load;
pub mod log;
mod look;
mod maintenance;
mod membership;
mod news;
pub mod outbox;
mod partitions;
mod place;
pub mod plans;
mod prepare;
mod presence;
pub mod purge;
pub mod queues;
pub mod removal;
pub mod report_tasks;
pub mod reprocess;
pub mod retention;
pub mod retry_tasks;
mod round;
pub mod start_job;
mod startable;
mod timer;
pub mod token;
pub mod verify;
pub mod work;
pub mod workers;

pub use catalog::Compiled;
pub use clock::{Clock, SystemClock};
pub use coordinator::{Coordinator, Settings};
pub use error::{Error, Reason};
pub use grant::Grant;
pub use work::Principal;
