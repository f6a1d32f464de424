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
    _permit: SemaphorePermit<'p>,
}

impl Pool {
    pub(crate) fn new(database: Arc<Database>, size: usize) -> Self {
        Self { database, permits: Semaphore::new(size.max(1)), idle: Mutex::default() }
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
        let connection = match idle {
            Some(connection) => connection,
            None => self.database.open_reader().await?,
        };
        Ok(Loan { pool: self, connection: Some(connection), _permit: permit })
    }

    /// Waits for a connection and takes a snapshot on it: every statement until [`Loan::end`] sees the same state.
    pub(crate) async fn snapshot(&self) -> Result<Loan<'_>> {
        let mut loan = self.get().await?;
        loan.connection().begin_read().await?;
        Ok(loan)
    }
}

impl Loan<'_> {
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
