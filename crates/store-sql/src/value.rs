//! What is bound to a statement. Only four SQL types are used, so that both databases store the same.

use crate::statement::Type;
use esteira_model::{AccountId, Time, Uuid};
use std::sync::Arc;

/// A bound value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    /// Absent.
    Null,
    /// Integers, instants in microseconds, booleans as 0 and 1.
    I64(i64),
    /// Text that the statement owns.
    Text(String),
    /// Text that is shared with the domain value: no copy.
    Shared(Arc<str>),
    /// Text of a closed enum.
    Fixed(&'static str),
    /// Bytes.
    Blob(Vec<u8>),
    /// One column of many rows, for a database that binds arrays.
    Array(Type, Vec<Value>),
}

impl From<i64> for Value {
    fn from(v: i64) -> Self {
        Self::I64(v)
    }
}

impl From<i32> for Value {
    fn from(v: i32) -> Self {
        Self::I64(v.into())
    }
}

impl From<u32> for Value {
    fn from(v: u32) -> Self {
        Self::I64(v.into())
    }
}

impl From<u16> for Value {
    fn from(v: u16) -> Self {
        Self::I64(v.into())
    }
}

impl From<usize> for Value {
    /// Limits and counts; a limit beyond `i64` means no limit.
    fn from(v: usize) -> Self {
        Self::I64(i64::try_from(v).unwrap_or(i64::MAX))
    }
}

impl From<bool> for Value {
    fn from(v: bool) -> Self {
        Self::I64(v.into())
    }
}

impl From<Time> for Value {
    fn from(v: Time) -> Self {
        Self::I64(v.0)
    }
}

impl From<&str> for Value {
    /// One copy, into the form that the driver keeps.
    fn from(v: &str) -> Self {
        Self::Shared(v.into())
    }
}

impl From<String> for Value {
    fn from(v: String) -> Self {
        Self::Text(v)
    }
}

impl From<&String> for Value {
    fn from(v: &String) -> Self {
        Self::Shared(v.as_str().into())
    }
}

impl From<&Arc<str>> for Value {
    fn from(v: &Arc<str>) -> Self {
        Self::Shared(v.clone())
    }
}

impl From<&AccountId> for Value {
    fn from(v: &AccountId) -> Self {
        Self::Shared(v.0.clone())
    }
}

impl From<Uuid> for Value {
    fn from(v: Uuid) -> Self {
        Self::Blob(v.as_bytes().to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(v: Vec<u8>) -> Self {
        Self::Blob(v)
    }
}

impl From<&[u8]> for Value {
    fn from(v: &[u8]) -> Self {
        Self::Blob(v.to_vec())
    }
}

impl<const N: usize> From<[u8; N]> for Value {
    fn from(v: [u8; N]) -> Self {
        Self::Blob(v.to_vec())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(v: Option<T>) -> Self {
        v.map_or(Self::Null, Into::into)
    }
}

/// `values![a, b, c]`: the values of one statement or row.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::value::Value::from($value)),*] };
}
pub(crate) use values;

/// Rows of one width, flat, in the order in which they are bound.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Rows {
    width: usize,
    cells: Vec<Value>,
}

impl Rows {
    /// No rows yet, room for this many.
    pub(crate) fn with_capacity(width: usize, rows: usize) -> Self {
        Self { width, cells: Vec::with_capacity(width * rows) }
    }

    /// Adds one value; every `width` of them make a row.
    pub(crate) fn push(&mut self, value: impl Into<Value>) -> &mut Self {
        self.cells.push(value.into());
        self
    }

    /// How many whole rows there are.
    pub(crate) fn len(&self) -> usize {
        debug_assert_eq!(self.cells.len() % self.width.max(1), 0, "a row was not filled");
        self.cells.len() / self.width.max(1)
    }

    /// Whether there is nothing to write: no statement is sent then.
    pub(crate) fn is_empty(&self) -> bool {
        self.cells.is_empty()
    }

    /// Values in a row.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// All values, row after row.
    pub(crate) fn into_cells(self) -> Vec<Value> {
        self.cells
    }

    /// The values of each column, in the order of the rows.
    pub(crate) fn into_columns(self) -> Vec<Vec<Value>> {
        let rows = self.len();
        let mut columns: Vec<Vec<Value>> = (0..self.width).map(|_| Vec::with_capacity(rows)).collect();
        for (i, cell) in self.cells.into_iter().enumerate() {
            columns[i % self.width].push(cell);
        }
        columns
    }
}
