//! The functions in the box against real servers and real databases.
//!
//! HTTP servers listen on loopback, SQLite writes files, PostgreSQL is a server that is made for the test and thrown away.

mod binary;
mod http_paging;
mod http_refusals;
mod http_request;
mod postgres;
mod postgres_values;
mod rdstation;
mod sqlite;
mod sqlite_writes;
mod support;
mod transform;
