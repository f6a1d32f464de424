//! End-to-end tests: the real binary and real workers as processes, seen through the public contract alone.
//!
//! Purpose: start `esteira` in a directory of its own, end it in every way there is, start it again, and look.
//! Must not know: the coordinator, its store, or anything else behind the contract.
//! Read first: [`server`], then the tests under `tests/`.
//!
//! Every wait has a limit, and every process ends with the test that started it. A tool that is missing fails the test.

pub mod binary;
pub mod cargo_project;
pub mod cli;
pub mod jobs;
pub mod local_worker;
pub mod process;
pub mod server;
pub mod tools;
pub mod wait;

pub use cli::{Cli, Ran};
pub use local_worker::LocalWorker;
pub use process::Process;
pub use server::Server;
pub use wait::{until, within};
