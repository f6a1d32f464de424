//! Which database a URL names, and how connections to it are opened.

use crate::{
    connection::{Connection, Sent},
    dialect::{
        postgres::{self, Outcome, TransactionId},
        sqlite,
    },
    migrate::Migration,
    open::Options,
};
use esteira_store::{Error, Kind, News, Result};
use std::{path::PathBuf, sync::Arc, time::Duration};
use tokio::time::Instant;

/// How often a server is asked again about a transaction that it still holds open.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A database, open or not.
#[derive(Debug)]
pub(crate) struct Database {
    engine: Engine,
    sent: Arc<Sent>,
    /// See [`Options::resolve`].
    resolve: Duration,
}

#[derive(Debug)]
enum Engine {
    Sqlite(sqlite::Place, sqlite::Tuning),
    Postgres(Box<postgres::Place>, postgres::Tuning),
}

impl Database {
    /// The database that a URL names. The URL is never repeated in an error: it may hold a password.
    pub(crate) fn of(url: &str, options: &Options, sent: Arc<Sent>) -> Result<Self> {
        let engine = match url.split_once(':') {
            Some(("sqlite", rest)) => {
                let place = sqlite::Place::of(rest)?;
                let tuning = sqlite::Tuning {
                    durable: place.durable,
                    cache_bytes: options.cache_bytes,
                    checkpoint_bytes: options.checkpoint_bytes,
                    busy_timeout: options.busy_timeout,
                };
                Engine::Sqlite(place, tuning)
            }
            Some(("postgres" | "postgresql", _)) => {
                let tuning = postgres::Tuning { deadline: options.deadline, lock_timeout: options.busy_timeout };
                Engine::Postgres(Box::new(postgres::Place::of(url)?), tuning)
            }
            _ => {
                return Err(Error::new(
                    Kind::Defect,
                    "the database URL must be sqlite:<path>, sqlite::memory: or postgres://<user>@<host>/<database>",
                ));
            }
        };
        Ok(Self { engine, sent, resolve: options.resolve })
    }

    /// The file that it is, where it is one and lasts.
    pub(crate) fn file(&self) -> Option<PathBuf> {
        match &self.engine {
            Engine::Sqlite(place, _) if place.durable => Some(place.path.clone()),
            _ => None,
        }
    }

    /// What could not be done, with the place where. The URL of a server may hold a password, so it is not repeated.
    pub(crate) fn refused(&self, error: Error) -> Error {
        match &self.engine {
            Engine::Sqlite(place, _) => {
                Error::new(error.kind(), format!("cannot open the database {}: {error}", place.path.display()))
            }
            Engine::Postgres(..) => Error::new(error.kind(), format!("cannot open the database: {error}")),
        }
    }

    /// Opens a connection that writes.
    pub(crate) async fn open_writer(&self) -> Result<Connection> {
        match &self.engine {
            Engine::Sqlite(place, tuning) => sqlite::open_writer(&place.path, *tuning, &self.sent),
            Engine::Postgres(place, tuning) => postgres::open_writer(place, *tuning, &self.sent).await,
        }
    }

    /// Opens a connection that cannot write.
    pub(crate) async fn open_reader(&self) -> Result<Connection> {
        match &self.engine {
            Engine::Sqlite(place, tuning) => sqlite::open_reader(&place.path, *tuning, &self.sent),
            Engine::Postgres(place, tuning) => postgres::open_reader(place, *tuning, &self.sent).await,
        }
    }

    /// Whether calls of its connections hold the thread that makes them.
    pub(crate) fn holds_thread(&self) -> bool {
        matches!(self.engine, Engine::Sqlite(..))
    }

    /// News between those who share it.
    pub(crate) fn news(&self) -> Option<News> {
        match &self.engine {
            Engine::Sqlite(..) => None,
            Engine::Postgres(place, tuning) => Some(postgres::news(place, *tuning, &self.sent)),
        }
    }

    /// Whether others may write at the same time.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.engine, Engine::Postgres(..))
    }

    /// The schema's history.
    pub(crate) fn migrations(&self) -> &'static [Migration] {
        match &self.engine {
            Engine::Sqlite(..) => sqlite::migrations(),
            Engine::Postgres(..) => postgres::migrations(),
        }
    }

    /// Finds out what became of a transaction whose COMMIT was not answered, over a new connection that takes the place of
    /// the old one. What cannot be found out in time is still `unknown`.
    pub(crate) async fn resolve(
        &self,
        connection: &mut Connection,
        transaction: &TransactionId,
        unknown: Error,
    ) -> Result<()> {
        if !self.is_shared() {
            return Err(unknown);
        }
        let began = Instant::now();
        while began.elapsed() < self.resolve {
            match self.ask(connection, transaction).await {
                Ok(Outcome::Committed) => {
                    tracing::info!("the answer to a commit was lost: it is committed");
                    return Ok(());
                }
                Ok(Outcome::Aborted) => {
                    return Err(Error::new(Kind::Conflict, "the answer to a commit was lost: it was undone"));
                }
                Ok(Outcome::Unknown) => return Err(unknown),
                Ok(Outcome::Open) => {}
                Err(e) if e.kind() == Kind::Unavailable => {}
                Err(_) => return Err(unknown),
            }
            tokio::time::sleep(ASK_AGAIN).await;
        }
        Err(unknown)
    }

    async fn ask(&self, connection: &mut Connection, transaction: &TransactionId) -> Result<Outcome> {
        if connection.is_broken() {
            *connection = self.open_writer().await?;
        }
        transaction.outcome(connection).await
    }
}
