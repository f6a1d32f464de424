//! Serves functions to the coordinator: leases tasks, runs them, keeps their leases, reports.
//!
//! ```no_run
//! # async fn serve() -> Result<(), esteira_sdk::worker::Error> {
//! use esteira_sdk::{Output, function, model::OutputType, worker::{Worker, terminated}};
//! let echo = function("kit.echo", OutputType::Single, |_cx, input| async move { Ok(Output::One(input)) });
//! Worker::builder("http://127.0.0.1:7440").function(echo).slots(8).build()?.run(terminated()).await
//! # }
//! ```
//!
//! What holds, whatever the functions do:
//! - no more than `slots` of them run at once, and no more tasks are leased than slots are free;
//! - every request is sent again, byte for byte, until there is an answer;
//! - heartbeats leave from a thread of their own, which no function can block;
//! - a lease that is lost, or that was not renewed in time, cancels its function, and nothing is reported.
//!
//! Read in this order: `builder`, `dispatch` (the loop), `poll`, `attempt` (one execution), `heartbeat`, `spool` (the last
//! resort).

mod append;
mod attempt;
mod builder;
mod convert;
mod dispatch;
mod drain;
mod error;
mod heartbeat;
mod leases;
mod limits;
mod outgoing;
mod pause;
mod poll;
mod report;
mod rpc;
mod settle;
mod shutdown;
mod slots;
mod spool;
mod usage;

pub use builder::{Worker, WorkerBuilder};
pub use error::Error;
pub use shutdown::terminated;
