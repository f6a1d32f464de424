//! Chaos: real faults on real processes under load, a history of what every client said and heard, and a checker of the promises.
//!
//! Purpose: show that what `docs/reliability.md` promises holds while coordinators, workers, databases, disks and networks break,
//! and that a coordinator that breaks a promise is caught (`make chaos-mutants`).
//! Must not know: the coordinator's inside. It is seen through public RPCs, signals, its log, and what its database says of itself.
//! Read first: [`history`], then [`check`] (one file an invariant), [`round`] and [`fault`].

mod call;
pub mod check;
mod clock;
mod draws;
mod fault;
pub mod history;
mod load;
pub mod mutant;
pub mod round;
mod system;
pub mod worker;

pub use round::{Configuration, Plan, Result};
