//! One connection, as the verbs use it.

use crate::{
    dialect::{Session, postgres::TransactionId},
    reader::Query,
    row::Row,
    statement::{Keyed, KeyedUnion, Lock, Operation, Table},
    value::{Rows, Value},
};
use esteira_store::{Error, Kind, Result};
use sqlx::{AssertSqlSafe, SqlSafeStr, SqlStr};
use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

/// What connections have sent so far, counted over all of them.
#[derive(Debug, Default)]
pub struct Sent {
    statements: AtomicU64,
    commits: AtomicU64,
}

impl Sent {
    /// Statements, BEGIN and COMMIT included: round trips.
    pub fn statements(&self) -> u64 {
        self.statements.load(Ordering::Relaxed)
    }

    /// Transactions that may write and were committed: each is synced once, unless it changed nothing.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }
}

/// A connection to the database, whichever it is.
pub(crate) struct Connection {
    session: Session,
    sent: Arc<Sent>,
    in_transaction: bool,
    /// The transaction may write.
    writes: bool,
    /// A transaction was left without waiting for its end: make sure of it before the next one.
    left_open: bool,
    /// A statement failed: on PostgreSQL the transaction is lost then, so it is on SQLite too.
    failed: bool,
    /// The connection itself is not to be trusted any more.
    broken: bool,
}

impl Connection {
    pub(crate) fn new(session: Session, sent: Arc<Sent>) -> Self {
        Self { session, sent, in_transaction: false, writes: false, left_open: false, failed: false, broken: false }
    }

    fn count(&self) {
        self.sent.statements.fetch_add(1, Ordering::Relaxed);
    }

    /// Remembers what an error means for the transaction and the connection.
    fn note<T>(&mut self, result: Result<T>) -> Result<T> {
        if let Err(error) = &result {
            self.failed = true;
            self.broken |= matches!(error.kind(), Kind::Unavailable | Kind::CommitUnknown);
        }
        result
    }

    fn ensure_usable(&self) -> Result<()> {
        if self.failed && self.in_transaction {
            return Err(Error::new(Kind::Conflict, "the unit failed before and is rolled back"));
        }
        Ok(())
    }

    /// Whether it must be replaced by a new connection.
    pub(crate) fn is_broken(&self) -> bool {
        self.broken || self.session.is_lost()
    }

    /// Begins a transaction that writes.
    pub(crate) async fn begin_write(&mut self) -> Result<()> {
        self.settle().await?;
        self.writes = true;
        let begun = self.session.begin_write().await;
        self.begun(begun)
    }

    /// Begins a transaction that only reads.
    pub(crate) async fn begin_read(&mut self) -> Result<()> {
        self.settle().await?;
        self.writes = false;
        let begun = self.session.begin_read().await;
        self.begun(begun)
    }

    /// Makes sure that nothing is left of the transaction before. From here on a caller that goes away leaves one open.
    async fn settle(&mut self) -> Result<()> {
        if self.in_transaction || self.left_open {
            self.count();
            self.in_transaction = false;
            self.left_open = true;
            let ended = self.session.rollback().await;
            self.note(ended)?;
        }
        self.count();
        self.failed = false;
        self.in_transaction = true;
        Ok(())
    }

    fn begun(&mut self, begun: Result<()>) -> Result<()> {
        self.in_transaction = begun.is_ok();
        self.left_open = false;
        self.note(begun)
    }

    /// Makes the transaction durable. After an error nothing of it is kept, unless the error is `CommitUnknown`.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        self.ensure_usable()?;
        if self.session.needs_transaction_id() {
            self.count();
            let learned = self.session.learn_transaction_id().await;
            self.note(learned)?;
        }
        self.count();
        let committed = self.session.commit().await;
        self.in_transaction = committed.is_err();
        if self.writes && committed.is_ok() {
            self.sent.commits.fetch_add(1, Ordering::Relaxed);
        }
        self.note(committed)
    }

    /// The transaction that a `CommitUnknown` was about; none when nobody can be asked about it.
    pub(crate) fn transaction(&self) -> Option<TransactionId> {
        self.session.transaction()
    }

    /// The server's timeline, if there is a server.
    pub(crate) fn timeline(&self) -> Option<&str> {
        self.session.timeline()
    }

    /// Remembers the server's timeline.
    pub(crate) fn on_timeline(&mut self, timeline: Arc<str>) {
        self.session.on_timeline(timeline);
    }

    /// Undoes the transaction, if one is open, without waiting; the next one waits for it.
    pub(crate) fn start_rollback(&mut self) {
        if self.in_transaction {
            self.session.start_rollback();
            self.in_transaction = false;
            self.left_open = true;
        }
    }

    /// Makes every further call of this transaction fail: it wrote a part of something that must be whole.
    pub(crate) fn fail(&mut self) {
        self.failed = true;
    }

    /// Sends a statement; returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: &'static str, values: Vec<Value>) -> Result<u64> {
        self.send(SqlStr::from_static(sql), values).await
    }

    async fn send(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        self.ensure_usable()?;
        self.count();
        let sent = self.session.execute(sql, values).await;
        self.note(sent)
    }

    /// Sends a statement; returns its rows.
    pub(crate) async fn fetch(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        self.fetch_text(SqlStr::from_static(sql), values).await
    }

    /// Sends a statement; returns its first row.
    pub(crate) async fn fetch_one(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>> {
        Ok(self.fetch(sql, values).await?.into_iter().next())
    }

    /// Sends a statement that writes and returns rows.
    pub(crate) async fn change(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>> {
        self.session.will_change();
        self.fetch(sql, values).await
    }

    /// Sends a read whose rows nobody else may change until the unit ends.
    pub(crate) async fn fetch_locked(&mut self, sql: &'static str, lock: Lock, values: Vec<Value>) -> Result<Vec<Row>> {
        match self.session.is_shared() {
            true => self.fetch_text(AssertSqlSafe([sql, lock.0].concat()).into_sql_str(), values).await,
            false => self.fetch(sql, values).await,
        }
    }

    /// Sends a statement that only takes locks; where the unit is alone it is left out.
    pub(crate) async fn lock(&mut self, sql: &'static str, values: Vec<Value>) -> Result<()> {
        match self.session.is_shared() {
            true => self.fetch(sql, values).await.map(drop),
            false => Ok(()),
        }
    }

    /// Waits until no other unit counts or fills this lane; where the unit is alone it already is.
    pub(crate) async fn lock_lane(&mut self, lane: &str) -> Result<()> {
        self.ensure_usable()?;
        if self.session.is_shared() {
            self.count();
        }
        let locked = self.session.lock_lane(lane).await;
        self.note(locked)
    }

    /// Whether others may write while a unit is open.
    pub(crate) fn is_shared(&self) -> bool {
        self.session.is_shared()
    }

    /// What the dialect says of its connection and its schema.
    pub(crate) fn session(&mut self) -> &mut Session {
        &mut self.session
    }

    /// Sends a statement that was made for this call, such as a filter; returns its rows.
    pub(crate) async fn fetch_text(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<Row>> {
        self.ensure_usable()?;
        self.count();
        let rows = self.session.fetch(sql, values).await;
        Ok(self.note(rows)?.into_iter().map(Row).collect())
    }

    /// Sends a filter's query; returns its rows. Its text is made of constants and placeholders only.
    pub(crate) async fn fetch_query(&mut self, query: Query) -> Result<Vec<Row>> {
        let (sql, values) = query.into_parts();
        self.fetch_text(AssertSqlSafe(sql).into_sql_str(), values).await
    }

    /// Runs a script of a migration.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        self.count();
        let run = self.session.script(sql).await;
        self.note(run)
    }

    /// Inserts rows; no rows cost nothing. Returns how many were inserted.
    pub(crate) async fn insert(&mut self, table: &'static Table, rows: Rows) -> Result<u64> {
        debug_assert!(
            rows.is_empty() || rows.width() == table.width(),
            "a row of {} has {} values",
            table.name,
            table.width()
        );
        let mut inserted = 0;
        for (sql, values) in self.session.insert(table, rows) {
            inserted += self.send(sql, values).await?;
        }
        Ok(inserted)
    }

    /// Writes a round; returns how many rows each operation changed. On PostgreSQL it is one round trip.
    pub(crate) async fn write(&mut self, operations: Vec<Operation>) -> Result<Vec<u64>> {
        let mut changed = vec![0; operations.len()];
        for sending in self.session.round(operations) {
            self.ensure_usable()?;
            self.count();
            let counts = self.session.execute_each(sending.sql, sending.values).await;
            for (operation, count) in sending.operations.into_iter().zip(self.note(counts)?) {
                changed[operation] += count;
            }
        }
        Ok(changed)
    }

    /// Reads the rows of these keys, in any order; no keys cost nothing.
    pub(crate) async fn find(&mut self, keyed: &'static Keyed, keys: Rows) -> Result<Vec<Row>> {
        let statements = self.session.keyed(keyed, keys, None, None);
        self.fetch_all(statements).await
    }

    /// Reads the rows of these keys and locks them until the unit ends.
    pub(crate) async fn find_locked(&mut self, keyed: &'static Keyed, lock: Lock, keys: Rows) -> Result<Vec<Row>> {
        let statements = self.session.keyed(keyed, keys, None, Some(lock));
        self.fetch_all(statements).await
    }

    /// Changes the rows of these keys; returns what the statement returns.
    pub(crate) async fn change_each(&mut self, keyed: &'static Keyed, keys: Rows) -> Result<Vec<Row>> {
        self.session.will_change();
        self.find(keyed, keys).await
    }

    /// Changes the rows of these keys with one more value, which the statement calls `$last`.
    pub(crate) async fn change_each_with(
        &mut self,
        keyed: &'static Keyed,
        keys: Rows,
        last: Value,
    ) -> Result<Vec<Row>> {
        self.session.will_change();
        self.find_with(keyed, keys, last).await
    }

    /// Reads the rows of these keys with one more value, which the statement calls `$last`.
    pub(crate) async fn find_with(&mut self, keyed: &'static Keyed, keys: Rows, last: Value) -> Result<Vec<Row>> {
        let statements = self.session.keyed(keyed, keys, Some(last), None);
        self.fetch_all(statements).await
    }

    /// The first messages of each key.
    pub(crate) fn heads(&self) -> &'static Keyed {
        self.session.heads()
    }

    /// The statement of `claim`: how to pass over the rows of others is the database's own affair.
    pub(crate) fn claim_sql(&self) -> &'static str {
        self.session.claim_sql()
    }

    /// The statement that finds bytes in the index of digests.
    pub(crate) fn blocks_with(&self) -> &'static str {
        self.session.blocks_with()
    }

    /// Reads the rows of these keys from several tables and locks them until the unit ends.
    pub(crate) async fn find_union(&mut self, union: &'static KeyedUnion, keys: Rows) -> Result<Vec<Row>> {
        let statements = self.session.keyed_union(union, keys);
        self.fetch_all(statements).await
    }

    async fn fetch_all(&mut self, statements: Vec<(SqlStr, Vec<Value>)>) -> Result<Vec<Row>> {
        let mut rows = Vec::new();
        for (sql, values) in statements {
            rows.append(&mut self.fetch_text(sql, values).await?);
        }
        Ok(rows)
    }
}
