//! PostgreSQL through sqlx: several coordinators may write at once, each statement is a round trip over the network.

mod arguments;
mod cell;
mod check;
mod classify;
mod connect;
mod news;
mod outcome;
mod parameters;
pub(crate) mod partitions;
mod text;

pub(crate) use cell::{blob, int, text};
pub(crate) use check::{MAY_MIGRATE, refuse_migration};
pub(crate) use connect::{Place, Tuning, migrations, open_reader, open_writer};
pub(crate) use news::news;
pub(crate) use outcome::{Outcome, TransactionId};

use crate::{
    codec::outbox::message_columns,
    dialect::RawRow,
    statement::{Keyed, Type},
    tables::task_columns,
    value::Value,
};
use arguments::arguments;
use classify::{commit_error, error};
use esteira_store::{Error, Kind, Result};
use futures::FutureExt;
use sqlx::{Connection as _, Executor, PgConnection, Row as _, SqlStr};
use std::{sync::Arc, time::Duration};
use tokio::time::error::Elapsed;

/// Takes the head of a lane and passes over the rows that another coordinator is taking. The rows are found and locked once,
/// in a subselect of its own; by their addresses they are deleted without a second look-up. A queued row is never updated,
/// so its address is its own as long as it is locked.
pub(crate) const CLAIM: &str = concat!(
    "DELETE FROM queue WHERE ctid = ANY (ARRAY(SELECT ctid FROM queue WHERE lane = $1 ORDER BY rank, task_id LIMIT $2 FOR UPDATE SKIP LOCKED)) RETURNING ",
    task_columns!(),
    ", lane, rank"
);

/// LATERAL: a subselect of a WHERE that limits its rows would be run for each message of the outbox.
pub(crate) static HEADS: Keyed = Keyed {
    key: &[Type::Text, Type::Text, Type::Text],
    sql: concat!(
        "SELECT ",
        message_columns!(),
        " FROM k CROSS JOIN LATERAL (SELECT * FROM outbox i WHERE i.account = k1 AND i.topic = k2 AND i.message_key = k3 ORDER BY i.sequence LIMIT $last) AS o ",
        "LEFT JOIN blob b ON o.place = 'BLOB' AND b.sha256 = o.sha256"
    ),
};

/// Waits until no other unit counts or fills this lane. The end of the transaction lets it go.
const LOCK_LANE: &str = "SELECT pg_advisory_xact_lock(hashtextextended(current_schema() || '/' || $1, 6))";
/// One coordinator at a time brings the schema up to date. The lock belongs to the connection.
const LOCK_MIGRATIONS: &str =
    "SELECT 1 WHERE pg_try_advisory_lock(hashtextextended('esteira migrations of ' || current_schema(), 6))";
const UNLOCK_MIGRATIONS: &str = "SELECT pg_advisory_unlock_all()";
/// The rows of the index of digests that have some bytes in them.
pub(crate) const BLOCKS_WITH: &str =
    "SELECT entries FROM digest_block WHERE span BETWEEN $1 AND $2 AND position($3 in entries) > 0";

/// Whether the table of migrations is there. `CREATE TABLE IF NOT EXISTS` would ask for the right to create tables even so.
pub(crate) const HAS_HISTORY: &str = "SELECT 1 WHERE to_regclass('schema_migration') IS NOT NULL";

/// How long one migration may take.
const MIGRATION_MAX: Duration = Duration::from_secs(6 * 3600);

/// An open PostgreSQL connection.
pub(crate) struct Session {
    connection: PgConnection,
    /// The texts that were made for it.
    pub(crate) texts: text::Texts,
    deadline: Duration,
    /// The server's timeline: an id of a transaction means something on this one only.
    timeline: Arc<str>,
    /// A statement was sent and its answer was not read to the end: the connection is not to be used again.
    busy: bool,
    /// The open transaction has written something.
    changed: bool,
    /// The open transaction's id, once it is known.
    transaction: Option<i64>,
}

type Answered<T> = std::result::Result<std::result::Result<T, sqlx::Error>, Elapsed>;

impl Session {
    fn new(connection: PgConnection, deadline: Duration, timeline: Arc<str>) -> Self {
        let texts = text::Texts::default();
        Self { connection, texts, deadline, timeline, busy: false, changed: false, transaction: None }
    }

    /// What came of a round trip. A connection whose answer did not come in time is given up.
    async fn answered<T>(&mut self, answer: Answered<T>) -> std::result::Result<T, Option<sqlx::Error>> {
        match answer {
            Ok(Ok(value)) => {
                self.busy = false;
                Ok(value)
            }
            Ok(Err(e)) => {
                // The server says that it is ready again right behind an error.
                let ready = tokio::time::timeout(self.deadline, self.connection.flush()).await;
                self.busy = !matches!(ready, Ok(Ok(())));
                Err(Some(e))
            }
            Err(Elapsed { .. }) => Err(None),
        }
    }

    fn error(&self, e: Option<sqlx::Error>) -> Error {
        e.map_or_else(|| Error::new(Kind::Unavailable, late(self.deadline)), error)
    }

    async fn control(&mut self, sql: &'static str) -> std::result::Result<(), Option<sqlx::Error>> {
        self.busy = true;
        let sent = self.connection.execute(sqlx::raw_sql(sql));
        let answer = tokio::time::timeout(self.deadline, sent).await;
        self.answered(answer).await.map(drop)
    }

    async fn begin(&mut self, sql: &'static str) -> Result<()> {
        (self.changed, self.transaction) = (false, None);
        self.control(sql).await.map_err(|e| self.error(e))
    }

    /// READ COMMITTED: each statement sees what is committed when it begins, and what it must not lose is locked.
    pub(crate) async fn begin_write(&mut self) -> Result<()> {
        self.begin("BEGIN").await
    }

    /// One snapshot for all statements.
    pub(crate) async fn begin_read(&mut self) -> Result<()> {
        self.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await
    }

    /// Whether a lost answer to COMMIT could not be looked up later: something was written, and not by a round.
    pub(crate) fn needs_transaction_id(&self) -> bool {
        self.changed && self.transaction.is_none()
    }

    /// Asks for the transaction's id.
    pub(crate) async fn learn_transaction_id(&mut self) -> Result<()> {
        let sql = SqlStr::from_static("SELECT pg_current_xact_id()::text::bigint");
        let rows = self.fetch(sql, Vec::new()).await?;
        self.transaction = rows.first().map_or(Ok(None), |row| row.i64(0))?;
        Ok(())
    }

    /// The open transaction, if a round told its id.
    pub(crate) fn transaction(&self) -> Option<TransactionId> {
        self.transaction.map(|id| TransactionId { id, timeline: self.timeline.clone() })
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        let committed = self.control("COMMIT").await;
        let kept = committed.map_err(|e| match e {
            Some(e) => commit_error(e),
            None => Error::new(Kind::CommitUnknown, late(self.deadline)),
        });
        // A unit that only read has nothing that could be unknown.
        kept.map_err(|e| match e.kind() {
            Kind::CommitUnknown if !self.changed => Error::new(Kind::Unavailable, e.to_string()),
            _ => e,
        })
    }

    /// The first poll sends it, as nothing else is on its way. A connection in the middle of a statement is given up instead:
    /// the server undoes the transaction when it sees that.
    pub(crate) fn start_rollback(&mut self) {
        if !self.busy {
            let _ = self.connection.execute(sqlx::raw_sql("ROLLBACK")).now_or_never();
        }
    }

    /// Without a transaction the server only warns, and nobody listens.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        self.control("ROLLBACK").await.map_err(|e| self.error(e))
    }

    /// The server's timeline.
    pub(crate) fn timeline(&self) -> &str {
        &self.timeline
    }

    /// Remembers the server's timeline.
    pub(crate) fn on_timeline(&mut self, timeline: Arc<str>) {
        self.timeline = timeline;
    }

    /// Whether a caller went away in the middle of a statement.
    pub(crate) fn is_lost(&self) -> bool {
        self.busy
    }

    /// What follows may write.
    pub(crate) fn will_change(&mut self) {
        self.changed = true;
    }

    pub(crate) async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        self.changed = true;
        let query = sqlx::query_with(sql, arguments(values)?);
        self.busy = true;
        let answer = tokio::time::timeout(self.deadline, query.execute(&mut self.connection)).await;
        match self.answered(answer).await {
            Ok(done) => Ok(done.rows_affected()),
            Err(e) => Err(self.error(e)),
        }
    }

    pub(crate) async fn fetch(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<RawRow>> {
        let query = sqlx::query_with(sql, arguments(values)?);
        self.busy = true;
        let answer = tokio::time::timeout(self.deadline, query.fetch_all(&mut self.connection)).await;
        match self.answered(answer).await {
            Ok(rows) => Ok(rows.into_iter().map(RawRow::Postgres).collect()),
            Err(e) => Err(self.error(e)),
        }
    }

    /// A round is one statement, and its one row has a count for each operation and the transaction's id.
    pub(crate) async fn execute_each(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<u64>> {
        self.changed = true;
        let rows = self.fetch(sql, values).await?;
        let Some(RawRow::Postgres(row)) = rows.first() else {
            return Err(Error::new(Kind::Defect, "a round returned nothing"));
        };
        let mut counts = Vec::with_capacity(row.len());
        for column in 0..row.len() {
            counts.push(int(row, column)?.ok_or_else(|| Error::new(Kind::Defect, "a count of a round is absent"))?);
        }
        self.transaction = counts.pop();
        Ok(counts.into_iter().map(i64::unsigned_abs).collect())
    }

    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        self.control(sql).await.map_err(|e| self.error(e))
    }

    /// A migration may rewrite a table of any size.
    pub(crate) async fn without_haste(&mut self) -> Result<()> {
        self.script("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0").await?;
        self.deadline = MIGRATION_MAX;
        Ok(())
    }

    /// See [`LOCK_LANE`].
    pub(crate) async fn lock_lane(&mut self, lane: &str) -> Result<()> {
        self.fetch(SqlStr::from_static(LOCK_LANE), vec![lane.into()]).await.map(drop)
    }

    /// Tries to take the lock of [`LOCK_MIGRATIONS`].
    pub(crate) async fn try_lock_migrations(&mut self) -> Result<bool> {
        Ok(!self.fetch(SqlStr::from_static(LOCK_MIGRATIONS), Vec::new()).await?.is_empty())
    }

    pub(crate) async fn unlock_migrations(&mut self) -> Result<()> {
        self.control(UNLOCK_MIGRATIONS).await.map_err(|e| self.error(e))
    }
}

fn late(deadline: Duration) -> String {
    format!("the database did not answer within {} s", deadline.as_secs_f64())
}
