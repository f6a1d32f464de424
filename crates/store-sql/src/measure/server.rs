//! Databases of a server under measurement, and what the server counts.

use super::{defect, options, reader};
use crate::{connection::Connection, database::Database, value::values};
use esteira_model::JobId;
use esteira_store::Result;
use sqlx::{AssertSqlSafe, SqlSafeStr};
use std::sync::Arc;

/// The first version that counts syncs of the log among all other input and output.
const COUNTS_SYNCS_ELSEWHERE: i64 = 180_000;

/// What a server has counted since it was started, over all its databases.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Bytes written to its log.
    pub wal_bytes: u64,
    /// Syncs of its log.
    pub wal_syncs: u64,
    /// Bytes of the database that the URL names, on disk.
    pub database_bytes: u64,
    /// The process that serves the observer; its parent is the server.
    pub process: u32,
}

/// The URL of another database of the same server.
fn with_database(url: &str, name: &str) -> Result<String> {
    let wrong = || defect("the URL must be postgres://<user>@<host>/<database>");
    let (address, parameters) = url.split_once('?').map_or((url, None), |(address, rest)| (address, Some(rest)));
    let (server, _) = address.rsplit_once('/').filter(|(server, _)| server.contains("://")).ok_or_else(wrong)?;
    Ok(match parameters {
        Some(parameters) => format!("{server}/{name}?{parameters}"),
        None => format!("{server}/{name}"),
    })
}

fn ensure_plain(name: &str) -> Result<()> {
    let plain =
        !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || b"0123456789_".contains(&byte));
    if plain { Ok(()) } else { Err(defect(format!("{name:?} is no plain name of a database"))) }
}

/// Makes an empty database on the server that this URL names another one of; the URL of the new one.
///
/// # Errors
/// As the server refuses: the role needs CREATEDB.
pub async fn create_database(url: &str, name: &str) -> Result<String> {
    ensure_plain(name)?;
    let made = with_database(url, name)?;
    let mut connection = Database::of(url, &options(), Arc::default())?.open_writer().await?;
    connection.fetch_text(AssertSqlSafe(format!("CREATE DATABASE {name}")).into_sql_str(), values![]).await?;
    Ok(made)
}

/// Drops a database, whoever is connected to it.
///
/// # Errors
/// As the server refuses.
pub async fn drop_database(url: &str, name: &str) -> Result<()> {
    ensure_plain(name)?;
    let mut connection = Database::of(url, &options(), Arc::default())?.open_writer().await?;
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    connection.fetch_text(AssertSqlSafe(sql).into_sql_str(), values![]).await.map(drop)
}

/// A connection that looks at the server from beside the work, and stays open.
pub struct Observer {
    connection: Connection,
    sql: String,
}

impl Observer {
    /// Opens one to the database of this URL.
    ///
    /// # Errors
    /// As the server refuses, and for a URL of SQLite.
    pub async fn open(url: &str) -> Result<Self> {
        let mut connection = reader(url).await?;
        let row = connection.fetch_one("SELECT current_setting('server_version_num')::bigint", values![]).await?;
        let version = row.ok_or_else(|| defect("the server has no version"))?.cells().i64()?;
        let syncs = match version {
            number if number < COUNTS_SYNCS_ELSEWHERE => "(SELECT wal_sync FROM pg_stat_wal)",
            _ => "(SELECT sum(fsyncs)::bigint FROM pg_stat_io WHERE object = 'wal')",
        };
        let sql = format!(
            "SELECT (pg_current_wal_insert_lsn() - '0/0'::pg_lsn)::bigint, {syncs}, \
             pg_database_size(current_database())::bigint, pg_backend_pid()::bigint"
        );
        Ok(Self { connection, sql })
    }

    /// What the server has counted so far. A connection tells the server its counts once a second, so that the last second
    /// may be missing from the syncs.
    ///
    /// # Errors
    /// As the server refuses.
    pub async fn counts(&mut self) -> Result<Counts> {
        let rows = self.connection.fetch_text(AssertSqlSafe(self.sql.clone()).into_sql_str(), values![]).await?;
        let row = rows.first().ok_or_else(|| defect("the server counts nothing"))?;
        let mut cells = row.cells();
        Ok(Counts {
            wal_bytes: cells.int()?,
            wal_syncs: cells.int()?,
            database_bytes: cells.int()?,
            process: cells.int()?,
        })
    }
}

/// The server's version, and the settings that decide how safe and how fast it is.
///
/// # Errors
/// As the server refuses, and for a URL of SQLite.
pub async fn describe(url: &str) -> Result<String> {
    let mut connection = reader(url).await?;
    let row = connection
        .fetch_one(
            "SELECT 'PostgreSQL ' || current_setting('server_version') || ': ' || string_agg(name || '=' || \
             current_setting(name), ', ' ORDER BY name) FROM pg_settings WHERE name IN ('fsync', 'full_page_writes', \
             'max_wal_size', 'shared_buffers', 'synchronous_commit', 'wal_sync_method')",
            values![],
        )
        .await?;
    row.ok_or_else(|| defect("the server says nothing of itself"))?.cells().string()
}

/// How often the row of a job was written, its first time included; none when there is no such job.
///
/// # Errors
/// As the database refuses.
pub async fn job_revision(url: &str, job: JobId) -> Result<Option<i64>> {
    let mut connection = reader(url).await?;
    let row = connection.fetch_one("SELECT revision FROM job WHERE job_id = $1", values![job.0]).await?;
    row.map(|row| row.cells().i64()).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_database_of_the_same_server() {
        for (url, expected) in [
            ("postgres://a@h/b", "postgres://a@h/c"),
            ("postgres://a:p@h:5432/b?host=/run/x", "postgres://a:p@h:5432/c?host=/run/x"),
        ] {
            assert_eq!(with_database(url, "c").expect("a URL"), expected);
        }
        assert!(with_database("postgres", "c").is_err());
        assert!(with_database("postgres://a@h", "c").is_err());
        for name in ["", "A", "a b", "a;b"] {
            assert!(ensure_plain(name).is_err(), "{name:?}");
        }
    }
}
