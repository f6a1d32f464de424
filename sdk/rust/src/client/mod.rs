//! Calls the coordinator: plans, jobs, outbox, administration, traces and audit.
//!
//! Every method sends the same bytes again on UNAVAILABLE, DEADLINE_EXCEEDED and a broken connection, with backoff, and
//! on RESOURCE_EXHAUSTED after the pause that the coordinator asks for; mutations get a `request_id` when they have none,
//! so that sending again never has a second effect. The messages are those of the contract, [`v1`].
//!
//! ```no_run
//! # async fn start() -> Result<(), esteira_sdk::client::Error> {
//! use esteira_sdk::{client::Client, model::Payload};
//! let client = Client::connect("http://127.0.0.1:7440")?;
//! let ended = client.jobs().run("order.fulfil", Payload::json(r#"{"id":1}"#)).await?;
//! # let _ = ended; Ok(()) }
//! ```

mod admin;
mod audit;
mod backoff;
mod connect;
mod entropy;
mod error;
mod job;
mod link;
mod outbox;
mod plan;
mod rpc;
mod send;
mod trace;
pub mod wire;

pub use admin::AdminClient;
pub use audit::AuditClient;
pub use connect::{Client, ClientBuilder};
pub use error::{Error, Refusal};
pub use esteira_contract::v1;
pub use job::JobClient;
pub use outbox::OutboxClient;
pub use plan::PlanClient;
pub use trace::TraceClient;

#[cfg(feature = "worker")]
pub(crate) use {
    entropy::{fraction, new_id},
    error::reason,
    link::Link,
    send::{Answer, Call},
};
