//! Opening SQLite: what is set on each connection, and why.

use super::{Session, checkpoint::Checkpoints, classify};
use crate::{
    connection::{Connection, Sent},
    dialect,
    migrate::Migration,
};
use esteira_store::{Error, Kind, Result};
use rusqlite::OpenFlags;
use std::{path::Path, sync::Arc, time::Duration};

/// The first version without the WAL-reset corruption that every one before it has.
const VERSION_MIN: (u32, u32, u32) = (3, 51, 3);
/// Bytes of a page. Hot rows are small and time-ordered: larger pages would write more bytes a commit for the same rows.
const PAGE_BYTES: u32 = 4096;
/// The log's file keeps so many times the size at which copying begins.
const LOG_KEPT: usize = 3;
/// Prepared statements kept on a connection: the texts of a round in each size, and the fixed ones.
const STATEMENTS_MAX: usize = 512;

/// What a deployment may choose.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tuning {
    /// Whether a commit survives a power cut. Only a temporary database is opened without.
    pub(crate) durable: bool,
    /// Page cache of the writer at most.
    pub(crate) cache_bytes: usize,
    /// Size of the log at which it is copied into the database file.
    pub(crate) checkpoint_bytes: usize,
    /// How long a statement waits for a lock of another process.
    pub(crate) busy_timeout: Duration,
}

/// The schema's history for SQLite.
pub(crate) fn migrations() -> &'static [Migration] {
    macro_rules! migration {
        ($number:literal, $name:literal) => {
            Migration {
                number: $number,
                name: $name,
                sql: include_str!(concat!("../../../../../migrations/sqlite/", $name, ".sql")),
            }
        };
    }
    &[
        migration!(1, "0001_tables"),
        migration!(2, "0002_members"),
        migration!(3, "0003_retention"),
        migration!(4, "0004_partitions"),
        migration!(5, "0005_ledger"),
        migration!(6, "0006_audit"),
        migration!(7, "0007_log"),
        migration!(8, "0008_reprocess"),
        migration!(9, "0009_digest_block"),
        migration!(10, "0010_leaf_rows"),
        migration!(11, "0011_removal"),
    ]
}

/// What every connection sets.
fn shared_pragmas(cache_bytes: usize) -> [(&'static str, String); 5] {
    [
        // Every reference is written by the same transaction that writes its target, and never deleted before it:
        // checking would cost a lookup a row in each hot table and forbid nothing that can happen.
        ("foreign_keys", "OFF".into()),
        ("cache_size", format!("-{}", cache_bytes / 1024)),
        ("temp_store", "MEMORY".into()),
        // A list of keys looks its rows up by their index, however long it is. With this on, SQLite takes a list of 256 for long
        // enough to index it and to read the whole table beside it.
        ("automatic_index", "OFF".into()),
        // No memory map: pages in the log are not mapped anyway, and an I/O error would be a SIGBUS instead of an answer.
        ("mmap_size", "0".into()),
    ]
}

/// What an operator can do about a file that does not open.
fn unopened(kind: Kind, reason: &str) -> Error {
    match kind {
        Kind::Defect => Error::new(kind, format!("{reason}; choose another file, or move this one away")),
        // A directory, a missing permission: the operator must look, and may repair it.
        _ => Error::new(Kind::Unavailable, format!("{reason}; it must be a file that this user can read and write")),
    }
}

fn connect(
    path: &Path,
    flags: OpenFlags,
    busy_timeout: Duration,
    pragmas: Vec<(&str, String)>,
) -> Result<rusqlite::Connection> {
    // One thread at a time uses a connection, which is all that SQLite asks for.
    let opened = rusqlite::Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let opened = opened.and_then(|connection| {
        connection.busy_timeout(busy_timeout)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS_MAX);
        for (name, value) in pragmas {
            connection.execute_batch(&format!("PRAGMA {name} = {value}"))?;
        }
        // Opening alone does not look at the file.
        connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
        Ok(connection)
    });
    opened.map_err(|e| {
        let error = classify::error(e);
        unopened(error.kind(), &error.to_string())
    })
}

/// Opens the connection that writes, and refuses a SQLite that loses data.
pub(crate) fn open_writer(path: &Path, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    check_version(rusqlite::version())?;
    let mut pragmas = vec![
        // Before anything is written: a page has its size from the first one on.
        ("page_size", PAGE_BYTES.to_string()),
        ("journal_mode", "WAL".into()),
        synchronous(tuning.durable),
        // The log is copied beside the writer and grows while it is: a file that keeps its size costs a commit no metadata.
        ("journal_size_limit", (tuning.checkpoint_bytes * LOG_KEPT).to_string()),
    ];
    pragmas.extend(shared_pragmas(tuning.cache_bytes));
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
    let connection = connect(path, flags, tuning.busy_timeout, pragmas)?;
    let threshold = u32::try_from(tuning.checkpoint_bytes / PAGE_BYTES as usize).unwrap_or(u32::MAX);
    let checkpoints = Checkpoints::start(&connection, path, tuning.durable, threshold.max(1))
        .map_err(|e| Error::new(Kind::Unavailable, format!("cannot start the thread that copies the log: {e}")))?;
    Ok(Connection::new(dialect::Session::Sqlite(Session::writer(connection, checkpoints)), counter.clone()))
}

/// Opens a connection that copies the log.
pub(super) fn open_checkpointer(path: &Path, durable: bool) -> Result<rusqlite::Connection> {
    connect(path, OpenFlags::SQLITE_OPEN_READ_WRITE, Duration::ZERO, vec![synchronous(durable)])
}

/// FULL syncs the log at each commit, and the file before a part of the log is given up; NORMAL would lose the last commits in
/// a power cut.
fn synchronous(durable: bool) -> (&'static str, String) {
    ("synchronous", if durable { "FULL" } else { "OFF" }.into())
}

/// Opens a connection that cannot write.
pub(crate) fn open_reader(path: &Path, tuning: Tuning, counter: &Arc<Sent>) -> Result<Connection> {
    let pragmas = shared_pragmas(tuning.cache_bytes / 8).into();
    let connection = connect(path, OpenFlags::SQLITE_OPEN_READ_ONLY, tuning.busy_timeout, pragmas)?;
    Ok(Connection::new(dialect::Session::Sqlite(Session::reader(connection)), counter.clone()))
}

fn check_version(text: &str) -> Result<()> {
    let mut parts = text.split('.').map(|part| part.parse::<u32>().unwrap_or(0));
    let mut part = || parts.next().unwrap_or(0);
    let version = (part(), part(), part());
    if version < VERSION_MIN {
        let (major, minor, patch) = VERSION_MIN;
        return Err(Error::new(
            Kind::Defect,
            format!("SQLite {text} can corrupt its log; {major}.{minor}.{patch} or newer is needed"),
        ));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::check_version;

    #[test]
    fn old_versions_are_refused() {
        for (text, accepted) in
            [("3.51.2", false), ("3.9.99", false), ("", false), ("3.51.3", true), ("3.52.0", true), ("4.0.0", true)]
        {
            assert_eq!(check_version(text).is_ok(), accepted, "{text:?}");
        }
    }
}
