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
            Value::Text(_) | Value::Shared(_) | Value::Fixed(_) => arguments.add(text(&value)?),
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
fn column<'v, T>(values: &'v [Value], read: fn(&'v Value) -> Result<T>) -> Result<Vec<Option<T>>> {
    let cell = |value| match value {
        &Value::Null => Ok(None),
        value => read(value).map(Some),
    };
    values.iter().map(cell).collect()
}

fn other_type() -> Error {
    Error::new(Kind::Defect, "a value of a row has another type than its column")
}

fn int(value: &Value) -> Result<i64> {
    match value {
        Value::I64(v) => Ok(*v),
        _ => Err(other_type()),
    }
}

fn text(value: &Value) -> Result<&str> {
    let text: &str = match value {
        Value::Text(v) => v,
        Value::Shared(v) => v,
        Value::Fixed(v) => v,
        _ => return Err(other_type()),
    };
    // The server would say that the encoding is wrong.
    match text.contains('\0') {
        true => Err(Error::new(Kind::Defect, "a text holds the character NUL, which PostgreSQL cannot store")),
        false => Ok(text),
    }
}

fn blob(value: &Value) -> Result<&[u8]> {
    match value {
        Value::Blob(v) => Ok(v),
        _ => Err(other_type()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_must_fit_their_column() {
        let array = |kind, value| arguments(vec![Value::Array(kind, vec![Value::Null, value])]);
        assert!(array(Type::I64, Value::I64(1)).is_ok());
        assert!(array(Type::I64, Value::Fixed("1")).is_err());
        assert!(array(Type::Text, Value::Blob(vec![1])).is_err());
        assert!(array(Type::Blob, Value::I64(1)).is_err());
        assert!(array(Type::Text, Value::from("a\0b")).is_err());
        assert!(arguments(vec![Value::from("a\0b")]).is_err());
        assert!(arguments(vec![Value::Null, Value::from("a"), Value::Blob(vec![0])]).is_ok());
    }
}
