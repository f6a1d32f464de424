//! Values of PostgreSQL, as JSON. Rows arrive in the server's binary format.

use crate::database_query::{
    answer::{float, push_text},
    postgres::{array, instant, numeric, uuid},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use esteira_sdk::Error;
use sqlx::{
    Column as _, Row as _, TypeInfo as _, ValueRef as _,
    postgres::{PgRow, PgTypeInfo, PgTypeKind},
};
use std::str;

/// The columns of a row, as JSON.
///
/// Errors: `DATABASE_VALUE` naming the column and its type.
pub(crate) fn columns(row: &PgRow) -> impl Iterator<Item = (&str, Result<String, Error>)> {
    row.columns().iter().enumerate().map(|(index, column)| {
        let value = cell(row, index).ok_or_else(|| {
            let (name, kind) = (column.name(), column.type_info());
            Error::non_retryable(
                "DATABASE_VALUE",
                format!("column {name:?} has type {kind}, which has no JSON form here; cast it to text"),
            )
        });
        (column.name(), value)
    })
}

fn cell(row: &PgRow, index: usize) -> Option<String> {
    let value = row.try_get_raw(index).ok()?;
    if value.is_null() {
        return Some("null".to_owned());
    }
    let mut out = String::new();
    json(&value.type_info(), value.as_bytes().ok()?, &mut out)?;
    Some(out)
}

/// Appends a value as JSON; none when its type has no form here or its bytes are not of its type.
pub(crate) fn json(kind: &PgTypeInfo, bytes: &[u8], out: &mut String) -> Option<()> {
    match kind.kind() {
        PgTypeKind::Array(element) => return array::json(element, bytes, out),
        PgTypeKind::Domain(inner) => return json(inner, bytes, out),
        PgTypeKind::Enum(_) => {
            push_text(out, str::from_utf8(bytes).ok()?);
            return Some(());
        }
        _ => {}
    }
    match kind.name() {
        "BOOL" => out.push_str(if bytes == [1] { "true" } else { "false" }),
        "INT2" => out.push_str(&i16::from_be_bytes(bytes.try_into().ok()?).to_string()),
        "INT4" => out.push_str(&i32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        "INT8" => out.push_str(&i64::from_be_bytes(bytes.try_into().ok()?).to_string()),
        "OID" => out.push_str(&u32::from_be_bytes(bytes.try_into().ok()?).to_string()),
        "FLOAT4" => out.push_str(&real(f32::from_be_bytes(bytes.try_into().ok()?))),
        "FLOAT8" => out.push_str(&float(f64::from_be_bytes(bytes.try_into().ok()?))),
        "NUMERIC" => out.push_str(&numeric::to_json(bytes)?),
        "TEXT" | "VARCHAR" | "CHAR" | "NAME" | "UNKNOWN" | "\"CHAR\"" | "citext" => {
            push_text(out, str::from_utf8(bytes).ok()?)
        }
        "JSON" => out.push_str(str::from_utf8(bytes).ok()?),
        // Version 1 of the format is a byte 1 and the text.
        "JSONB" => out.push_str(str::from_utf8(bytes.strip_prefix(&[1])?).ok()?),
        "UUID" => push_text(out, &uuid::to_text(bytes)?),
        "BYTEA" => push_text(out, &STANDARD.encode(bytes)),
        "DATE" => push_text(out, &instant::date_text(i32::from_be_bytes(bytes.try_into().ok()?))),
        "TIME" => push_text(out, &instant::clock_text(i64::from_be_bytes(bytes.try_into().ok()?))),
        "TIMESTAMP" => push_text(out, &instant::timestamp_text(i64::from_be_bytes(bytes.try_into().ok()?), "")),
        "TIMESTAMPTZ" => push_text(out, &instant::timestamp_text(i64::from_be_bytes(bytes.try_into().ok()?), "Z")),
        // A function that returns nothing.
        "VOID" => out.push_str("null"),
        _ => return None,
    }
    Some(())
}

/// The shortest digits that read back as the same single-precision number.
fn real(number: f32) -> String {
    if number.is_finite() { number.to_string() } else { float(f64::from(number)) }
}
