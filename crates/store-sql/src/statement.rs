//! Descriptions of statements whose text depends on a number of rows. A dialect makes the text; verbs never build strings.

use crate::value::{Rows, Value};
use sqlx::SqlStr;

/// The SQL type of a column; PostgreSQL must be told the types of its arrays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Type {
    /// BIGINT.
    I64,
    /// TEXT.
    Text,
    /// BYTEA.
    Blob,
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Column {
    /// Its name.
    pub(crate) name: &'static str,
    /// Its type.
    pub(crate) kind: Type,
}

/// What an insert does about a key that is there already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum OnConflict {
    /// The statement fails.
    Fail,
    /// The row stays as it is; it is not counted.
    Keep,
    /// As `Keep`, and nobody else can change or delete the row before the unit ends: `(key columns, a column that is in no
    /// index)`, both as they stand in SQL.
    Hold(&'static str, &'static str),
    /// These columns are overwritten: `(key columns, overwritten columns)`, both as they stand in SQL.
    Overwrite(&'static str, &'static [&'static str]),
}

/// A table to insert many rows into. Its first column is never NULL: a NULL there marks a padding row.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// The columns that it shares with others, first.
    pub(crate) shared: &'static [Column],
    /// Its own columns.
    pub(crate) own: &'static [Column],
    /// What to do about a taken key.
    pub(crate) on_conflict: OnConflict,
}

impl Table {
    /// All columns, in the order of the values.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &'static Column> {
        self.shared.iter().chain(self.own)
    }

    /// How many values a row has.
    pub(crate) fn width(&self) -> usize {
        self.shared.len() + self.own.len()
    }
}

/// A statement over a list of key tuples: `sql` finds them as the rows of a table `k(k1, k2, ...)`. It may use one value
/// more, behind the list, which it calls `$last`.
#[derive(Debug)]
pub(crate) struct Keyed {
    /// The types of the tuple.
    pub(crate) key: &'static [Type],
    /// The statement, without the list.
    pub(crate) sql: &'static str,
}

/// How the rows of a read are locked until the unit ends: the end of the statement, with the order in which it is done. Only
/// a database with several writers sends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lock(pub(crate) &'static str);

/// One kind of rows to write, in a round of several.
pub(crate) enum Operation {
    /// Insert these rows.
    Insert(&'static Table, Rows),
    /// Change or delete the rows of these keys.
    Change(&'static Keyed, Rows),
}

impl Operation {
    /// The rows or keys.
    pub(crate) fn rows(&self) -> &Rows {
        match self {
            Self::Insert(_, rows) | Self::Change(_, rows) => rows,
        }
    }

    /// Which description it has: the same number for the same statement.
    pub(crate) fn description(&self) -> usize {
        match self {
            Self::Insert(table, _) => address(*table),
            Self::Change(keyed, _) => address(*keyed),
        }
    }
}

/// What goes to the database in one round trip.
pub(crate) struct Sending {
    /// One statement or more.
    pub(crate) sql: SqlStr,
    /// The values of all of them.
    pub(crate) values: Vec<Value>,
    /// Of which operation each count is, by its place in the round.
    pub(crate) operations: Vec<usize>,
}

/// Several queries over one list of keys, with the same columns: a dialect may send them as one statement.
#[derive(Debug)]
pub(crate) struct KeyedUnion {
    /// The types of the tuple.
    pub(crate) key: &'static [Type],
    /// The queries, each as in [`Keyed`], from `k CROSS JOIN` one table.
    pub(crate) arms: &'static [&'static str],
    /// How the rows of each are locked.
    pub(crate) lock: Lock,
}

/// The number of a description, by which a dialect keeps the text that it made of it.
pub(crate) fn address<T>(description: &'static T) -> usize {
    std::ptr::from_ref(description).addr()
}
