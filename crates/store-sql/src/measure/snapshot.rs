//! A reader that holds what it sees, as a long report or a forgotten session does.

use super::reader;
use crate::{connection::Connection, value::values};
use esteira_store::Result;

/// A read transaction that is open: no version of a row that it may see can be removed, and no page of SQLite's log that it
/// may read be used again.
pub struct Snapshot {
    connection: Connection,
}

impl Snapshot {
    /// Opens one.
    ///
    /// # Errors
    /// As the database refuses.
    pub async fn hold(url: &str) -> Result<Self> {
        let mut connection = reader(url).await?;
        if !url.starts_with("sqlite:") {
            connection.execute("SET idle_in_transaction_session_timeout = 0", values![]).await?;
        }
        connection.begin_read().await?;
        // A snapshot begins with the first read.
        connection.fetch("SELECT count(*) FROM setting", values![]).await?;
        Ok(Self { connection })
    }

    /// Ends it.
    ///
    /// # Errors
    /// When the server took it away before: then nothing was held.
    pub async fn release(mut self) -> Result<()> {
        self.connection.fetch("SELECT count(*) FROM setting", values![]).await?;
        self.connection.commit().await
    }
}
