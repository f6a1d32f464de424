//! An open SQLite connection. Its calls hold their thread until SQLite has answered: a hand-over to another thread and back
//! for each statement costs more than the statement (ADR 0003).

use super::{
    checkpoint::Checkpoints,
    classify::{commit_error, error},
    text::Texts,
};
use crate::value::Value;
use esteira_store::{Error, Kind, Result};
use rusqlite::{
    CachedStatement, Connection, ToSql,
    types::{ToSqlOutput, ValueRef},
};
use sqlx::SqlStr;
use std::borrow::Cow;

/// An open connection.
pub(crate) struct Session {
    /// Dropped before the connection: the one that is closed last copies the log and removes it.
    checkpoints: Option<Checkpoints>,
    connection: Connection,
    /// The texts that were made for it.
    pub(crate) texts: Texts,
}

/// A row, copied out of SQLite.
pub(crate) type Row = Vec<rusqlite::types::Value>;

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::I64(v) => ValueRef::Integer(*v),
            Self::Text(v) => ValueRef::Text(v.as_bytes()),
            Self::Shared(v) => ValueRef::Text(v.as_bytes()),
            Self::Fixed(v) => ValueRef::Text(v.as_bytes()),
            Self::Blob(v) => ValueRef::Blob(v),
            Self::Array(..) => return Err(rusqlite::Error::ToSqlConversionFailure("SQLite has no arrays".into())),
        }))
    }
}

/// The cell of a column, if it is of the wanted type; none for NULL.
pub(crate) fn cell<'r, T>(
    row: &'r Row,
    column: usize,
    of: impl FnOnce(&'r rusqlite::types::Value) -> Option<T>,
) -> Result<Option<T>> {
    let defect = |what: &str| Error::new(Kind::Defect, format!("column {column} {what}"));
    match row.get(column).ok_or_else(|| defect("is not there"))? {
        rusqlite::types::Value::Null => Ok(None),
        value => of(value).map(Some).ok_or_else(|| defect("has another type than expected")),
    }
}

impl Session {
    pub(super) fn writer(connection: Connection, checkpoints: Checkpoints) -> Self {
        Self { checkpoints: Some(checkpoints), connection, texts: Texts::default() }
    }

    pub(super) fn reader(connection: Connection) -> Self {
        Self { checkpoints: None, connection, texts: Texts::default() }
    }

    fn prepare(&self, sql: &str, values: &[Value]) -> Result<CachedStatement<'_>> {
        // `$1` is a name to SQLite and gets the next free place; `?1` is the first place, as `$1` is elsewhere.
        let numbered = if sql.contains('$') { Cow::Owned(sql.replace('$', "?")) } else { Cow::Borrowed(sql) };
        let mut statement = self.connection.prepare_cached(&numbered).map_err(error)?;
        for (index, value) in values.iter().enumerate() {
            statement.raw_bind_parameter(index + 1, value).map_err(error)?;
        }
        Ok(statement)
    }

    fn run(&self, sql: &str, values: &[Value]) -> Result<u64> {
        let mut statement = self.prepare(sql, values)?;
        let changed = statement.raw_execute().map_err(error)?;
        Ok(changed as u64)
    }

    /// `BEGIN IMMEDIATE` takes the write lock at once: a deferred transaction that reads first and writes later can get
    /// an instant `SQLITE_BUSY` that no time-out waits for.
    pub(crate) fn begin_write(&mut self) -> Result<()> {
        if let Some(checkpoints) = &self.checkpoints {
            checkpoints.finish(&self.connection);
        }
        self.run("BEGIN IMMEDIATE", &[]).map(drop)
    }

    /// A deferred transaction takes its snapshot with the first read and never blocks the writer (WAL).
    pub(crate) fn begin_read(&mut self) -> Result<()> {
        self.run("BEGIN", &[]).map(drop)
    }

    pub(crate) fn commit(&mut self) -> Result<()> {
        let mut statement = self.connection.prepare_cached("COMMIT").map_err(error)?;
        statement.raw_execute().map_err(commit_error)?;
        if let Some(checkpoints) = &mut self.checkpoints {
            checkpoints.committed();
        }
        Ok(())
    }

    /// Undoes the transaction, if there is one: SQLite may have undone it by itself after an error.
    pub(crate) fn rollback(&mut self) -> Result<()> {
        if self.connection.is_autocommit() { Ok(()) } else { self.run("ROLLBACK", &[]).map(drop) }
    }

    pub(crate) fn execute(&mut self, sql: &SqlStr, values: &[Value]) -> Result<u64> {
        self.run(sql.as_str(), values)
    }

    pub(crate) fn fetch(&mut self, sql: &SqlStr, values: &[Value]) -> Result<Vec<Row>> {
        let mut statement = self.prepare(sql.as_str(), values)?;
        let columns = statement.column_count();
        let mut rows = statement.raw_query();
        let mut found = Vec::new();
        while let Some(row) = rows.next().map_err(error)? {
            let cells = (0..columns).map(|column| row.get(column));
            found.push(cells.collect::<rusqlite::Result<_>>().map_err(error)?);
        }
        Ok(found)
    }

    pub(crate) fn script(&mut self, sql: &str) -> Result<()> {
        self.connection.execute_batch(sql).map_err(error)
    }
}
