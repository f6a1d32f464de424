//! Values of SQLite and values of JSON.

use crate::database_query::{
    answer::{float, push_text},
    params::Param,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use esteira_sdk::Error;
use sqlx::{
    Arguments as _, Column as _, Decode, Row as _, Sqlite, TypeInfo as _, ValueRef as _, error::BoxDynError, sqlite::*,
};

/// The parameters as SQLite takes them: booleans are 1 and 0, arrays and objects are their JSON text.
pub(crate) fn arguments(params: &[Param]) -> Result<SqliteArguments, Error> {
    let mut arguments = SqliteArguments::default();
    for (index, param) in params.iter().enumerate() {
        let number = index + 1;
        let added = match param {
            Param::Null => arguments.add(None::<i64>),
            Param::Bool(flag) => arguments.add(i64::from(*flag)),
            Param::Number(text) => match (text.parse::<i64>(), text.parse::<f64>()) {
                (Ok(integer), _) => arguments.add(integer),
                (Err(_), Ok(real)) if text.contains(['.', 'e', 'E']) && real.is_finite() => arguments.add(real),
                _ => {
                    return Err(Error::input_invalid(format!(
                        "parameter {number} is a number that SQLite cannot hold exactly"
                    )));
                }
            },
            Param::Text(text) | Param::Json(text) => arguments.add(text.clone()),
        };
        added.map_err(|_| Error::input_invalid(format!("parameter {number} cannot be bound")))?;
    }
    Ok(arguments)
}

/// The columns of a row, as JSON.
pub(crate) fn columns(row: &SqliteRow) -> impl Iterator<Item = (&str, Result<String, Error>)> {
    row.columns().iter().enumerate().map(|(index, column)| {
        let value = json(row, index).map_err(|_| {
            Error::non_retryable(
                "DATABASE_VALUE",
                format!("column {:?} holds a text that is not UTF-8; cast it to BLOB", column.name()),
            )
        });
        (column.name(), value)
    })
}

fn json(row: &SqliteRow, index: usize) -> Result<String, BoxDynError> {
    let value = row.try_get_raw(index)?;
    if value.is_null() {
        return Ok("null".to_owned());
    }
    // The type of the value itself: in SQLite a column can hold any.
    let kind = value.type_info().name().to_owned();
    Ok(match kind.as_str() {
        "INTEGER" => <i64 as Decode<Sqlite>>::decode(value)?.to_string(),
        "REAL" => float(<f64 as Decode<Sqlite>>::decode(value)?),
        "TEXT" => {
            let mut out = String::new();
            push_text(&mut out, <&str as Decode<Sqlite>>::decode(value)?);
            out
        }
        _ => format!("\"{}\"", STANDARD.encode(<&[u8] as Decode<Sqlite>>::decode(value)?)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bound_exactly_or_refused() {
        for (text, accepted) in [
            ("9223372036854775807", true),
            ("-9223372036854775808", true),
            ("9223372036854775808", false),
            ("1.5", true),
            ("1e3", true),
            ("1e999", false),
        ] {
            assert_eq!(arguments(&[Param::Number(text.to_owned())]).is_ok(), accepted, "{text}");
        }
    }
}
