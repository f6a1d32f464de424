//! A CEL value as JSON text.

use crate::error;
use cel::common::{
    types::{CelBool, CelDouble, CelInt, CelList, CelMap, CelMapKey, CelNull, CelString, CelUInt},
    value::Val,
};
use esteira_engine::ExpressionError;
use std::fmt::Write;

/// Appends the value. Objects have their keys in order, so that the same value always has the same digest.
///
/// # Errors
/// EXPRESSION_TYPE for what JSON does not have: bytes, timestamps, durations, types, keys that are not
/// strings, infinities. The author says what is meant, with `string(..)` for example.
pub(super) fn write(value: &dyn Val, text: &mut String) -> Result<(), ExpressionError> {
    if let Some(string) = value.downcast_ref::<CelString<'_>>() {
        write_string(string, text);
    } else if let Some(number) = value.downcast_ref::<CelInt>() {
        append(text, number.inner());
    } else if let Some(number) = value.downcast_ref::<CelDouble>() {
        write_double(*number.inner(), text)?;
    } else if let Some(verdict) = value.downcast_ref::<CelBool>() {
        append(text, verdict.inner());
    } else if value.downcast_ref::<CelNull>().is_some() {
        text.push_str("null");
    } else if let Some(list) = value.downcast_ref::<CelList<'_>>() {
        text.push('[');
        for (at, item) in list.iter().enumerate() {
            text.push_str(if at == 0 { "" } else { "," });
            write(&**item, text)?;
        }
        text.push(']');
    } else if let Some(map) = value.downcast_ref::<CelMap<'_>>() {
        write_map(map, text)?;
    } else if let Some(number) = value.downcast_ref::<CelUInt>() {
        append(text, number.inner());
    } else {
        return Err(error::wrong_type(format!("JSON has no {}", value.get_type().name())));
    }
    Ok(())
}

fn write_map(map: &CelMap<'_>, text: &mut String) -> Result<(), ExpressionError> {
    let mut entries: Vec<_> = map.iter().collect();
    entries.sort_unstable_by_key(|(key, _)| *key);
    text.push('{');
    for (at, (key, item)) in entries.into_iter().enumerate() {
        let CelMapKey::String(key) = key else {
            return Err(error::wrong_type("the keys of a JSON object are strings"));
        };
        text.push_str(if at == 0 { "" } else { "," });
        write_string(key, text);
        text.push(':');
        write(&**item, text)?;
    }
    text.push('}');
    Ok(())
}

fn write_double(number: f64, text: &mut String) -> Result<(), ExpressionError> {
    // The shortest text that reads back as the same number; always with a point or an exponent.
    let number =
        serde_json::Number::from_f64(number).ok_or_else(|| error::wrong_type("JSON has no infinity and no NaN"))?;
    append(text, &number);
    Ok(())
}

fn write_string(string: &str, text: &mut String) {
    text.push('"');
    for char in string.chars() {
        match char {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            '\0'..='\u{1f}' => append(text, &format_args!("\\u{:04x}", u32::from(char))),
            _ => text.push(char),
        }
    }
    text.push('"');
}

fn append(text: &mut String, value: &dyn std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = write!(text, "{value}");
}
