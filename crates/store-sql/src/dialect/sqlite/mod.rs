//! SQLite: readers through sqlx, which gives each connection a thread of its own; the committer in `direct`.

mod classify;
mod connect;
mod direct;
mod lock;
mod place;
mod text;

pub(crate) use connect::{Tuning, migrations, open_reader, open_writer};
pub(crate) use direct::{Direct, Owned, cell as direct_cell};
pub(crate) use place::Place;

use lock::FileLock;

use crate::{
    codec::outbox::message_columns,
    dialect::RawRow,
    statement::{Keyed, Type},
    tables::task_columns,
    value::Value,
};
use classify::{direct_error, error};
use esteira_store::{Error, Kind, Result};
use futures::FutureExt;
use sqlx::{
    Arguments, Decode, Row, SqlStr, Sqlite, SqliteConnection, ValueRef,
    sqlite::{SqliteArguments, SqliteRow},
};

/// Takes the head of a lane. One writer holds the write lock, so there are no rows of others to skip.
pub(crate) const CLAIM: &str = concat!(
    "DELETE FROM queue WHERE (lane, rank, task_id) IN (SELECT lane, rank, task_id FROM queue WHERE lane = $1 ORDER BY rank, task_id LIMIT $2) RETURNING ",
    task_columns!(),
    ", lane, rank"
);

/// SQLite has no LATERAL; it looks each key's list of sequences up by the index of keys.
pub(crate) static HEADS: Keyed = Keyed {
    key: &[Type::Text, Type::Text, Type::Text],
    sql: concat!(
        "SELECT ",
        message_columns!(),
        " FROM k CROSS JOIN outbox o LEFT JOIN blob b ON o.place = 'BLOB' AND b.sha256 = o.sha256 WHERE o.sequence IN ",
        "(SELECT i.sequence FROM outbox i WHERE i.account = k1 AND i.topic = k2 AND i.message_key = k3 ORDER BY i.sequence LIMIT $last)"
    ),
};

/// Whether the table of migrations is there.
pub(crate) const HAS_HISTORY: &str = "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'schema_migration'";

/// An open connection of a reader.
pub(crate) struct Session {
    connection: SqliteConnection,
    /// The texts that were made for it.
    pub(crate) texts: text::Texts,
}

/// Reads a cell without asking for its declared type: the tables are STRICT, so the type is what the schema says.
pub(crate) fn cell<'r, T: Decode<'r, Sqlite>>(row: &'r SqliteRow, column: usize) -> Result<Option<T>> {
    let value = row.try_get_raw(column).map_err(error)?;
    if value.is_null() {
        return Ok(None);
    }
    T::decode(value)
        .map(Some)
        .map_err(|_| Error::new(Kind::Defect, format!("column {column} has another type than expected")))
}

/// What a reader that is told to write answers.
pub(crate) fn only_reads<T>() -> Result<T> {
    Err(Error::new(Kind::Defect, "a reader's connection does not write"))
}

fn arguments(values: Vec<Value>) -> Result<SqliteArguments> {
    let mut arguments = SqliteArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Null => arguments.add(None::<i64>),
            Value::I64(v) => arguments.add(v),
            Value::Text(v) => arguments.add(v),
            Value::Shared(v) => arguments.add(v),
            Value::Fixed(v) => arguments.add(v),
            Value::Blob(v) => arguments.add(v),
            Value::Array(..) => return Err(Error::new(Kind::Defect, "SQLite has no arrays")),
        }
        .map_err(|e| Error::new(Kind::Defect, format!("cannot bind a value: {e}")))?;
    }
    Ok(arguments)
}

impl Session {
    fn new(connection: SqliteConnection) -> Self {
        Self { connection, texts: text::Texts::default() }
    }

    async fn control(&mut self, sql: &'static str) -> std::result::Result<(), sqlx::Error> {
        sqlx::query(sql).execute(&mut self.connection).await.map(drop)
    }

    /// A deferred transaction takes its snapshot with the first read and never blocks the writer (WAL).
    pub(crate) async fn begin_read(&mut self) -> Result<()> {
        self.control("BEGIN").await.map_err(error)
    }

    pub(crate) async fn commit(&mut self) -> Result<()> {
        self.control("COMMIT").await.map_err(error)
    }

    /// The first poll hands the statement to the connection's thread, which runs it whether or not anyone waits.
    pub(crate) fn start_rollback(&mut self) {
        let _ = self.control("ROLLBACK").now_or_never();
    }

    /// SQLite says an error when there is no transaction, which is what was asked for.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        match self.control("ROLLBACK").await {
            Err(e) if e.as_database_error().is_none() => Err(error(e)),
            _ => Ok(()),
        }
    }

    pub(crate) async fn fetch(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<RawRow>> {
        let query = sqlx::query_with(sql, arguments(values)?);
        let rows = query.fetch_all(&mut self.connection).await.map_err(error)?;
        Ok(rows.into_iter().map(RawRow::Sqlite).collect())
    }
}
