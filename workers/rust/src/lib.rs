//! The functions in the box: what most plans need, each doing exactly one thing.
//!
//! Purpose: `http.request`, `rdstation.get_leads`, `database.query` and `transform`, to be hosted by any worker: by the
//! binary `esteira-functions-worker` of this crate, and by `esteira dev`.
//! Must not know: the coordinator, its store, plans, or any wire format; functions see their [`Context`] and nothing else.
//! Read first: [`catalogue`] (all of them), then `http_request/mod.rs` as the pattern of a function. `egress` and
//! `database_query/connections.rs` are what keeps hostile plans and hostile data inside what the operator allows.
//!
//! Each function is described for plan authors in `docs/functions.md`.
//!
//! [`Context`]: esteira_sdk::Context

pub mod catalogue;
pub mod settings;

mod argument;
mod civil;
mod config;
mod database_query;
mod egress;
mod http_request;
mod pointer;
mod rdstation_get_leads;
mod secrets;
#[cfg(test)]
mod testing;
mod transform;

pub use catalogue::all;
pub use database_query::{Connections, DatabaseQuery};
pub use egress::{Guard, HostPattern};
pub use http_request::HttpRequest;
pub use rdstation_get_leads::{RD_STATION_URL, RdStation, RdStationGetLeads};
pub use secrets::{SECRET_ENV_PREFIX, Secrets};
pub use settings::{Flags, Settings};
pub use transform::Transform;
