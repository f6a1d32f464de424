//! Read connections: opened when they are needed, at most so many, thrown away after an error.

use crate::{connection::Connection, database::Database};
use esteira_store::{Error, Kind, Result};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{Semaphore, SemaphorePermit};

/// The read connections of a store.
pub(crate) struct Pool {
    database: Arc<Database>,
    permits: Semaphore,
    idle: Mutex<Vec<Connection>>,
}

/// A connection on loan.
pub(crate) struct Loan<'p> {
    pool: &'p Pool,
    connection: Option<Connection>,
    /// It served others before: the server may have gone away since.
    reused: bool,
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    pub(crate) fn new(database: Arc<Database>, size: usize) -> Self {
        Self { database, permits: Semaphore::new(size.max(1)), idle: Mutex::default() }
    }

    /// Lends nothing from here on.
    pub(crate) fn close(&self) {
        self.permits.close();
    }

    /// Whether its connections hold the thread that uses them.
    pub(crate) fn holds_thread(&self) -> bool {
        self.database.holds_thread()
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        // A list of connections is whole after any panic.
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a connection.
    pub(crate) async fn get(&self) -> Result<Loan<'_>> {
        let permit =
            self.permits.acquire().await.map_err(|_| Error::new(Kind::Unavailable, "the readers are closed"))?;
        let idle = self.idle().pop();
        let (connection, reused) = match idle {
            Some(connection) => (connection, true),
            None => (self.database.open_reader().await?, false),
        };
        Ok(Loan { pool: self, connection: Some(connection), reused, _permit: permit })
    }

    /// Waits for a connection and takes a snapshot on it: every statement until [`Loan::end`] sees the same state.
    pub(crate) async fn snapshot(&self) -> Result<Loan<'_>> {
        loop {
            let mut loan = self.get().await?;
            let begun = loan.connection().begin_read().await;
            if !loan.is_stale() {
                return begun.map(|()| loan);
            }
        }
    }
}

impl Loan<'_> {
    /// Whether the connection broke and had been idle before: a server that was restarted is met like this. The read is worth
    /// another try then, on a new connection; the other idle ones are let go, as they have most likely the same fate.
    pub(crate) fn is_stale(&mut self) -> bool {
        let stale = self.reused && self.connection().is_broken();
        if stale {
            self.pool.idle().clear();
        }
        stale
    }

    /// The connection.
    pub(crate) fn connection(&mut self) -> &mut Connection {
        self.connection.as_mut().expect("it is taken in drop only")
    }

    /// Lets the snapshot go.
    pub(crate) async fn end(mut self) -> Result<()> {
        self.connection().commit().await
    }
}

impl Drop for Loan<'_> {
    fn drop(&mut self) {
        // A caller that went away may have left a snapshot behind: rolled back, so that it does not keep the log from shrinking.
        if let Some(mut connection) = self.connection.take() {
            connection.start_rollback();
            if !connection.is_broken() {
                self.pool.idle().push(connection);
            }
        }
    }
}
