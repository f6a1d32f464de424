//! What became of a COMMIT whose answer was lost: the server remembers it by the transaction's id.

use crate::{connection::Connection, value::values};
use esteira_store::{Kind, Result};
use std::sync::Arc;

/// Which transaction.
#[derive(Debug, Clone)]
pub(crate) struct TransactionId {
    pub(super) id: i64,
    pub(super) timeline: Arc<str>,
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It is durable.
    Committed,
    /// It left nothing.
    Aborted,
    /// The server has not noticed yet that the connection is gone.
    Open,
    /// The server does not know: it is another one than before, or the id is too old.
    Unknown,
}

impl TransactionId {
    /// Asks the server, over a new connection.
    pub(crate) async fn outcome(&self, connection: &mut Connection) -> Result<Outcome> {
        const SQL: &str = "SELECT pg_xact_status($1::text::xid8)";
        // After the promotion of a standby that had not got the transaction, its id may be another one's.
        if connection.timeline() != Some(&self.timeline) {
            return Ok(Outcome::Unknown);
        }
        let status = match connection.fetch_one(SQL, values![self.id.to_string()]).await {
            Ok(row) => row,
            // An id of the future: the server was restored from a backup.
            Err(e) if e.kind() == Kind::Defect => return Ok(Outcome::Unknown),
            Err(e) => return Err(e),
        };
        Ok(match status.as_ref().map(|row| row.cells().opt_text()).transpose()?.flatten() {
            Some("committed") => Outcome::Committed,
            Some("aborted") => Outcome::Aborted,
            Some("in progress") => Outcome::Open,
            _ => Outcome::Unknown,
        })
    }
}
