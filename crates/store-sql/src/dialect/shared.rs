//! What only a database with several writers needs; on SQLite, where a unit holds the one write lock, it is nothing.

use super::{Session, postgres, sqlite};
use esteira_store::{Error, Result};

impl Session {
    /// Whether others may write while a unit is open.
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self, Self::Postgres(_))
    }

    /// Whether a caller went away in the middle of a statement, so that nobody knows what comes next on the wire.
    pub(crate) fn is_lost(&self) -> bool {
        match self {
            // A statement is over when its call is.
            Self::Sqlite(_) => false,
            Self::Postgres(s) => s.is_lost(),
        }
    }

    /// The statement that follows writes, and returns rows.
    pub(crate) fn will_change(&mut self) {
        if let Self::Postgres(s) = self {
            s.will_change();
        }
    }

    /// Waits until no other unit counts or fills this lane.
    pub(crate) async fn lock_lane(&mut self, lane: &str) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(s) => s.lock_lane(lane).await,
        }
    }

    /// Tries to be the one that migrates.
    pub(crate) async fn try_lock_migrations(&mut self) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(true),
            Self::Postgres(s) => s.try_lock_migrations().await,
        }
    }

    /// Lifts the limits of time for a migration; returns whether the connection is for nothing else from here on.
    pub(crate) async fn without_haste(&mut self) -> Result<bool> {
        match self {
            Self::Sqlite(_) => Ok(false),
            Self::Postgres(s) => s.without_haste().await.map(|()| true),
        }
    }

    /// Lets the next one migrate.
    pub(crate) async fn unlock_migrations(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(s) => s.unlock_migrations().await,
        }
    }

    /// The statement that returns a row when the table of migrations is there.
    pub(crate) fn has_history_sql(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::HAS_HISTORY,
            Self::Postgres(_) => postgres::HAS_HISTORY,
        }
    }

    /// The statement that returns a row when the role may migrate, and what is said of this migration otherwise.
    pub(crate) fn may_migrate(&self, name: &str) -> Option<(&'static str, Error)> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(_) => Some((postgres::MAY_MIGRATE, postgres::refuse_migration(name))),
        }
    }

    /// Whether the open transaction's id must be asked for before its COMMIT.
    pub(crate) fn needs_transaction_id(&self) -> bool {
        match self {
            Self::Sqlite(_) => false,
            Self::Postgres(s) => s.needs_transaction_id(),
        }
    }

    /// Asks for the open transaction's id.
    pub(crate) async fn learn_transaction_id(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(_) => Ok(()),
            Self::Postgres(s) => s.learn_transaction_id().await,
        }
    }

    /// The transaction that a lost answer to COMMIT was about; none when it cannot be asked for.
    pub(crate) fn transaction(&self) -> Option<postgres::TransactionId> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(s) => s.transaction(),
        }
    }

    /// The server's timeline.
    pub(crate) fn timeline(&self) -> Option<&str> {
        match self {
            Self::Sqlite(_) => None,
            Self::Postgres(s) => Some(s.timeline()),
        }
    }

    /// Remembers the server's timeline.
    pub(crate) fn on_timeline(&mut self, timeline: std::sync::Arc<str>) {
        if let Self::Postgres(s) = self {
            s.on_timeline(timeline);
        }
    }
}
