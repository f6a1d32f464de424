//! Binding values: each with its type, many rows as one array a column.

use crate::{statement::Type, value::Value};
use esteira_store::{Error, Kind, Result};
use sqlx::{
    Arguments, Encode, Postgres,
    encode::IsNull,
    error::BoxDynError,
    postgres::{PgArgumentBuffer, PgArguments, PgBindIterExt, PgTypeInfo, types::Oid},
};

/// NULL of whatever type the statement needs: the server infers it.
struct Absent;

impl sqlx::Type<Postgres> for Absent {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(0))
    }
}

impl Encode<'_, Postgres> for Absent {
    fn encode_by_ref(&self, _: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        Ok(IsNull::Yes)
    }
}

/// The arguments of a statement.
pub(super) fn arguments(values: Vec<Value>) -> Result<PgArguments> {
    let mut arguments = PgArguments::default();
    arguments.reserve(values.len(), 0);
    for value in values {
        match value {
            Value::Null => arguments.add(Absent),
            Value::I64(v) => arguments.add(v),
            Value::Text(v) => arguments.add(v),
            Value::Shared(v) => arguments.add(&*v),
            Value::Fixed(v) => arguments.add(v),
            Value::Blob(v) => arguments.add(v),
            Value::Array(Type::I64, values) => arguments.add(column(&values, int)?.into_iter().bind_iter()),
            Value::Array(Type::Text, values) => arguments.add(column(&values, text)?.into_iter().bind_iter()),
            Value::Array(Type::Blob, values) => arguments.add(column(&values, blob)?.into_iter().bind_iter()),
        }
        .map_err(|e| Error::new(Kind::Defect, format!("cannot bind a value: {e}")))?;
    }
    Ok(arguments)
}

/// The cells of a column, which must all have its type or be NULL.
fn column<'v, T>(values: &'v [Value], read: fn(&'v Value) -> Option<T>) -> Result<Vec<Option<T>>> {
    let cell = |value| match value {
        &Value::Null => Ok(None),
        value => read(value)
            .map(Some)
            .ok_or_else(|| Error::new(Kind::Defect, "a value of a row has another type than its column")),
    };
    values.iter().map(cell).collect()
}

fn int(value: &Value) -> Option<i64> {
    match value {
        Value::I64(v) => Some(*v),
        _ => None,
    }
}

fn text(value: &Value) -> Option<&str> {
    match value {
        Value::Text(v) => Some(v),
        Value::Shared(v) => Some(v),
        Value::Fixed(v) => Some(v),
        _ => None,
    }
}

fn blob(value: &Value) -> Option<&[u8]> {
    match value {
        Value::Blob(v) => Some(v),
        _ => None,
    }
}
