//! What tests of several crates share.
//!
//! Purpose: real servers for tests, made on the spot and thrown away. Dev-only: nothing that ships depends on it.
//! Must not know: our own crates; a server is the same to all of them.
//! Read first: [`Postgres`].

mod postgres;

pub use postgres::Postgres;
