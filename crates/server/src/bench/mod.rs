//! `esteira bench`: real coordinator processes under load, on a durable database.
//!
//! Load, workers, coordinators and database share the machine. Figures drift between runs: compare those of one run.
//! Read first: [`command`], then [`scenario`], then one scenario, such as `scenario/b03_closed_loop.rs`.

pub mod command;

mod scenario;

mod load;
mod stage;
mod window;

mod arrivals;
mod meter;

mod coordinator;
mod database;
mod machine;
mod process;

mod report;
mod row;

pub use command::{Arguments, run};
