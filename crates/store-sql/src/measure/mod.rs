//! What a measurement needs of a database beside the store's verbs: an empty database on a server, the server's own counts,
//! rows in masses, a snapshot that is held. No coordinator calls any of it.
//!
//! Read first: [`multiply`].

mod multiply;
mod server;
mod snapshot;

pub use multiply::multiply;
pub use server::{Counts, Observer, create_database, describe, drop_database, job_revision};
pub use snapshot::Snapshot;

use crate::{
    connection::{Connection, Sent},
    database::Database,
    dialect::sqlite,
    open::Options,
};
use esteira_store::{Error, Kind, Result};
use std::{path::Path, sync::Arc, time::Duration};

/// Rows in masses take longer than any statement of a coordinator.
const PATIENCE: Duration = Duration::from_secs(3600);

fn options() -> Options {
    Options { deadline: PATIENCE, ..Options::default() }
}

/// A connection that reads, also beside a coordinator that has the file.
async fn reader(url: &str) -> Result<Connection> {
    let Some(path) = url.strip_prefix("sqlite:") else {
        return Database::of(url, &options(), Arc::default())?.open_reader().await;
    };
    let Options { cache_bytes, checkpoint_bytes, busy_timeout, .. } = options();
    let tuning = sqlite::Tuning { durable: true, cache_bytes, checkpoint_bytes, busy_timeout };
    sqlite::open_reader(Path::new(path), tuning, &Arc::new(Sent::default()))
}

fn defect(text: impl Into<String>) -> Error {
    Error::new(Kind::Defect, text.into())
}

/// The version of SQLite that is built in.
pub fn sqlite_version() -> &'static str {
    rusqlite::version()
}
