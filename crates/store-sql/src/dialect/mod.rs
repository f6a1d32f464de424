//! What differs between the databases: connecting, beginning, sending many rows, reading a cell, naming an error.
//!
//! Everything else is SQL that both understand and stands with its verb. To add a database: a module beside these two with
//! the same functions, one arm more in each `match` here, and its folder of migrations.

pub(crate) mod postgres;
mod shared;
pub(crate) mod sqlite;

use crate::{
    statement::{Keyed, KeyedUnion, Lock, Operation, Sending, Table},
    value::{Rows, Value},
};
use esteira_store::Result;
use sqlx::SqlStr;

/// An open connection to one of the databases.
pub(crate) enum Session {
    /// SQLite.
    Sqlite(sqlite::Session),
    /// PostgreSQL.
    Postgres(postgres::Session),
}

/// A row as the driver returned it.
pub(crate) enum RawRow {
    /// SQLite.
    Sqlite(sqlite::Row),
    /// PostgreSQL.
    Postgres(sqlx::postgres::PgRow),
}

impl RawRow {
    /// The integer in a column, or none for NULL.
    pub(crate) fn i64(&self, column: usize) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(row) => sqlite::cell(row, column, |value| match value {
                rusqlite::types::Value::Integer(v) => Some(*v),
                _ => None,
            }),
            Self::Postgres(row) => postgres::int(row, column),
        }
    }

    /// The text in a column, or none for NULL.
    pub(crate) fn text(&self, column: usize) -> Result<Option<&str>> {
        match self {
            Self::Sqlite(row) => sqlite::cell(row, column, |value| match value {
                rusqlite::types::Value::Text(v) => Some(v.as_str()),
                _ => None,
            }),
            Self::Postgres(row) => postgres::text(row, column),
        }
    }

    /// The bytes in a column, or none for NULL.
    pub(crate) fn blob(&self, column: usize) -> Result<Option<&[u8]>> {
        match self {
            Self::Sqlite(row) => sqlite::cell(row, column, |value| match value {
                rusqlite::types::Value::Blob(v) => Some(v.as_slice()),
                _ => None,
            }),
            Self::Postgres(row) => postgres::blob(row, column),
        }
    }
}

impl Session {
    /// Begins a transaction that writes.
    pub(crate) async fn begin_write(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(s) => s.begin_write(),
            Self::Postgres(s) => s.begin_write().await,
        }
    }

    /// Begins a transaction that only reads: all its statements see the same snapshot.
    pub(crate) async fn begin_read(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(s) => s.begin_read(),
            Self::Postgres(s) => s.begin_read().await,
        }
    }

    /// Makes the transaction durable.
    pub(crate) async fn commit(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(s) => s.commit(),
            Self::Postgres(s) => s.commit().await,
        }
    }

    /// Asks for the transaction to be undone, without waiting.
    pub(crate) fn start_rollback(&mut self) {
        match self {
            // An error shows again in the next BEGIN.
            Self::Sqlite(s) => drop(s.rollback()),
            Self::Postgres(s) => s.start_rollback(),
        }
    }

    /// Undoes the transaction, if there is one.
    pub(crate) async fn rollback(&mut self) -> Result<()> {
        match self {
            Self::Sqlite(s) => s.rollback(),
            Self::Postgres(s) => s.rollback().await,
        }
    }

    /// Sends one statement; returns how many rows it changed.
    pub(crate) async fn execute(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<u64> {
        match self {
            Self::Sqlite(s) => s.execute(&sql, &values),
            Self::Postgres(s) => s.execute(sql, values).await,
        }
    }

    /// Sends one statement; returns its rows.
    pub(crate) async fn fetch(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<RawRow>> {
        match self {
            Self::Sqlite(s) => Ok(s.fetch(&sql, &values)?.into_iter().map(RawRow::Sqlite).collect()),
            Self::Postgres(s) => s.fetch(sql, values).await,
        }
    }

    /// Deletes the first `$2` tasks of lane `$1` from the queue and returns `task_columns!, lane, rank`, in any order.
    pub(crate) fn claim_sql(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::CLAIM,
            Self::Postgres(_) => postgres::CLAIM,
        }
    }

    /// The entries of rows of the index of digests from span `$1` to `$2` that have the bytes `$3` in them.
    pub(crate) fn blocks_with(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => sqlite::BLOCKS_WITH,
            Self::Postgres(_) => postgres::BLOCKS_WITH,
        }
    }

    /// Runs a script of several statements without values.
    pub(crate) async fn script(&mut self, sql: &'static str) -> Result<()> {
        match self {
            Self::Sqlite(s) => s.script(sql),
            Self::Postgres(s) => s.script(sql).await,
        }
    }

    /// Sends statements in one round trip; returns how many rows each of them changed.
    pub(crate) async fn execute_each(&mut self, sql: SqlStr, values: Vec<Value>) -> Result<Vec<u64>> {
        match self {
            Self::Sqlite(s) => Ok(vec![s.execute(&sql, &values)?]),
            Self::Postgres(s) => s.execute_each(sql, values).await,
        }
    }

    /// The round trips that write a round, in order.
    pub(crate) fn round(&mut self, operations: Vec<Operation>) -> Vec<Sending> {
        match self {
            Self::Sqlite(s) => s.texts.round(operations),
            Self::Postgres(s) => s.texts.round(operations),
        }
    }

    /// The statements that insert these rows: text and values of each.
    pub(crate) fn insert(&mut self, table: &'static Table, rows: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        match self {
            Self::Sqlite(s) => s.texts.insert(table, rows),
            Self::Postgres(s) => s.texts.insert(table, rows),
        }
    }

    /// The statements that run `keyed` over these keys, each with `last` behind them. `lock` is for databases with several
    /// writers.
    pub(crate) fn keyed(
        &mut self,
        keyed: &'static Keyed,
        keys: Rows,
        last: Option<Value>,
        lock: Option<Lock>,
    ) -> Vec<(SqlStr, Vec<Value>)> {
        match self {
            Self::Sqlite(s) => s.texts.keyed(keyed, keys, last),
            Self::Postgres(s) => s.texts.keyed(keyed, keys, last, lock),
        }
    }

    /// The statements that run all arms of `union` over these keys.
    pub(crate) fn keyed_union(&mut self, union: &'static KeyedUnion, keys: Rows) -> Vec<(SqlStr, Vec<Value>)> {
        match self {
            Self::Sqlite(s) => s.texts.keyed_union(union, keys),
            Self::Postgres(s) => s.texts.keyed_union(union, keys),
        }
    }

    /// The first `$last` messages of each key, as `message_columns!`.
    pub(crate) fn heads(&self) -> &'static Keyed {
        match self {
            Self::Sqlite(_) => &sqlite::HEADS,
            Self::Postgres(_) => &postgres::HEADS,
        }
    }
}
