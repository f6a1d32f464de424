//! The one SQL adapter of the store.
//!
//! Purpose: implement the ports of `esteira-store` with SQL that is written once for SQLite and PostgreSQL.
//! Must not know: the engine, the contract's messages, gRPC; it decides nothing, it stores what was decided.
//! Read first: [`open`], then `unit` (one verb of the port = one function), then `dialect` (what differs between databases).
//!
//! A verb calls [`connection::Connection`] with values and SQL with `$1` placeholders. Below it stands one leaf a database
//! (`dialect/sqlite`, `dialect/postgres`), which holds what differs, each with its reason.

mod open;

pub mod measure;

mod unit;

mod reader;

mod codec;
mod tables;

mod connection;
mod database;
mod dialect;
mod migrate;
mod row;
mod statement;
mod value;

pub use connection::Sent;
pub use open::{Opened, Options, absent_reader, open};
