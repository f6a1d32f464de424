//! Reading a cell without asking for its declared type: the statements are our own, so the type is what they say.

use super::classify::error;
use esteira_store::{Error, Kind, Result};
use sqlx::{
    Decode, Postgres, Row, ValueRef,
    postgres::{PgRow, PgValueRef},
};

fn present(row: &PgRow, column: usize) -> Result<Option<PgValueRef<'_>>> {
    let value = row.try_get_raw(column).map_err(error)?;
    Ok((!value.is_null()).then_some(value))
}

fn other_type(column: usize) -> Error {
    Error::new(Kind::Defect, format!("column {column} has another type than expected"))
}

/// An integer of any width: columns are BIGINT, a literal of a statement is INTEGER.
pub(crate) fn int(row: &PgRow, column: usize) -> Result<Option<i64>> {
    let Some(value) = present(row, column)? else { return Ok(None) };
    let bytes = value.as_bytes().map_err(|_| other_type(column))?;
    let read = || match bytes.len() {
        8 => bytes.try_into().ok().map(i64::from_be_bytes),
        4 => bytes.try_into().ok().map(i32::from_be_bytes).map(i64::from),
        _ => None,
    };
    read().map(Some).ok_or_else(|| other_type(column))
}

/// Text.
pub(crate) fn text(row: &PgRow, column: usize) -> Result<Option<&str>> {
    decode(row, column)
}

/// Bytes.
pub(crate) fn blob(row: &PgRow, column: usize) -> Result<Option<&[u8]>> {
    decode(row, column)
}

fn decode<'r, T: Decode<'r, Postgres>>(row: &'r PgRow, column: usize) -> Result<Option<T>> {
    let Some(value) = present(row, column)? else { return Ok(None) };
    T::decode(value).map(Some).map_err(|_| other_type(column))
}
