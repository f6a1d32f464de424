//! The write side: one function a verb, grouped by what it is about.

mod aggregate;
pub(crate) mod append;
pub(crate) mod digests;
mod erase;
pub(crate) mod history;
mod leader;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod log;
mod members;
mod outbox_lease;
mod outbox_settle;
mod outbox_state;
pub(crate) mod plans;
pub(crate) mod policy;
pub(crate) mod purge;
pub(crate) mod removal;
mod settings;
mod waiting;
mod write;
mod writer;

pub(crate) use live::{LEASED, PARKED, QUEUED, read_live};
pub(crate) use log::page_keys;
pub(crate) use writer::SqlWriter;
