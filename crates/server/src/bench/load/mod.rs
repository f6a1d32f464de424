//! The load: callers that start jobs and await them, and workers that run functions which do nothing.

mod caller;
mod closed_loop;
mod connections;
mod crew;
mod plan;
mod worker;

pub use caller::{Caller, Calls};
pub use closed_loop::{ClosedLoop, Reports};
pub use connections::connect;
pub use crew::Crew;
pub use plan::{DATA, Plan, publish};
pub use worker::{POLL_WAIT, Worker, work};
