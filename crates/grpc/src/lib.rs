//! The gRPC edge: the services of the contract over the coordinator.
//!
//! Purpose: check what arrives, turn it into the model, call the coordinator, turn the answer back; errors, authentication,
//! limits of HTTP/2. One folder a service, one file an RPC verb.
//! Must not know: SQL, which store there is, any rule of plans or jobs. Generated types never leave this crate.
//! Read first: [`server`], then `job/start_job.rs`, `convert/payload.rs` and [`status`].

pub mod options;
pub mod server;

mod admin;
mod audit;
mod job;
mod outbox;
mod plan;
mod trace;
mod worker;

mod convert;
mod digest;
mod edge;
mod filter;
mod fit;
mod page_token;

pub mod authenticate;
mod cors;
pub mod permission;
pub mod principal;
mod recorder;
mod reveals;

pub mod reason;
pub mod status;
mod transport_errors;

pub use options::Options;
pub use principal::{Allowed, Caller, LocalOperator, PrincipalSource};
pub use server::{Error, serve};
pub use status::Refusal;
