//! A SQLite file: readers that cannot write, and one writer that commits many writes together.

mod deadline;
mod reader;
mod value;
mod writer;

use crate::database_query::{Query, answer::Answer, background::Lane};
use esteira_sdk::{Error, model::BoxFuture};
use sqlx::{
    ConnectOptions as _, SqlitePool,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};
use std::{
    str::FromStr as _,
    sync::{Arc, OnceLock},
    time::Duration,
};
use tokio::sync::oneshot;
use writer::Job;

/// Connections that read at the same time.
const READERS_MAX: u32 = 4;
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// One file.
pub(crate) struct Sqlite {
    options: SqliteConnectOptions,
    /// Set with the writer's options only: a reader cannot change them.
    journal_mode: Option<SqliteJournalMode>,
    readers: OnceLock<SqlitePool>,
    writer: Lane<Job>,
}

impl Sqlite {
    /// Reads `sqlite://path?mode=rwc&journal_mode=wal&synchronous=normal&busy_timeout=5s`. Opens nothing.
    pub(crate) fn new(url: &str) -> Result<Self, String> {
        let (path, parameters) = url.split_once('?').unwrap_or((url, ""));
        if path.contains(":memory:") {
            return Err("a database in memory ends with its connection; name a file".to_owned());
        }
        let (mut kept, mut own) = (Vec::new(), Vec::new());
        for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
            match parameter.split_once('=') {
                Some(pair @ ("journal_mode" | "synchronous" | "busy_timeout", _)) => own.push(pair),
                Some(("mode", "memory")) => {
                    return Err("a database in memory ends with its connection; name a file".to_owned());
                }
                Some(("mode" | "immutable" | "vfs", _)) => kept.push(parameter),
                _ => {
                    return Err(
                        "an unknown parameter; there are mode, journal_mode, synchronous, busy_timeout, immutable, vfs"
                            .to_owned(),
                    );
                }
            }
        }
        let mut options = SqliteConnectOptions::from_str(&format!("{path}?{}", kept.join("&")))
            .map_err(|_| "malformed".to_owned())?;
        let mut journal_mode = None;
        for (name, value) in own {
            let unknown = || format!("{name}: {value:?} is not a value of it");
            match name {
                "journal_mode" if !matches!(value, "off" | "memory") => {
                    journal_mode = Some(SqliteJournalMode::from_str(value).map_err(|_| unknown())?);
                }
                "synchronous" if value != "off" => {
                    options = options.synchronous(SqliteSynchronous::from_str(value).map_err(|_| unknown())?);
                }
                "busy_timeout" => options = options.busy_timeout(crate::config::duration(value).ok_or_else(unknown)?),
                _ => return Err(unknown()),
            }
        }
        // A statement may hold data that its author wrote into it.
        let options = options.disable_statement_logging();
        Ok(Self { options, journal_mode, readers: OnceLock::new(), writer: Lane::new() })
    }

    /// Runs a statement on a connection that was opened for reading only.
    pub(crate) async fn read(&self, query: &Query) -> Result<Answer, Error> {
        let pool = self.readers.get_or_init(|| {
            let options = self.options.clone().read_only(true).create_if_missing(false).pragma("query_only", "ON");
            SqlitePoolOptions::new()
                .max_connections(READERS_MAX)
                .acquire_timeout(ACQUIRE_TIMEOUT)
                // A file does not hang up.
                .test_before_acquire(false)
                .connect_lazy_with(options)
        });
        reader::read(pool, query).await
    }

    /// Hands a write to the writer and returns what becomes of it.
    pub(crate) async fn submit(&self, query: Arc<Query>) -> BoxFuture<'static, Result<Answer, Error>> {
        let (reply, answer) = oneshot::channel();
        let options = || match self.journal_mode {
            Some(mode) => self.options.clone().journal_mode(mode),
            None => self.options.clone(),
        };
        if let Err(error) = self.writer.put(Job { query, reply }, |jobs| writer::run(options(), jobs)).await {
            return Box::pin(async move { Err(error) });
        }
        Box::pin(async move {
            answer.await.unwrap_or_else(|_| {
                Err(Error::retryable(
                    "DATABASE_UNAVAILABLE",
                    "the writer of this database ended; the write may have happened",
                ))
            })
        })
    }

    /// Lets the writer finish, then closes the file.
    pub(crate) async fn drain(&self) {
        self.writer.drain().await;
        if let Some(readers) = self.readers.get() {
            readers.close().await;
        }
    }
}
