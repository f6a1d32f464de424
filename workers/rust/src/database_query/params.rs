//! Parameters: values of JSON that are bound, never written into the statement.

use crate::{
    database_query::config::ParamFrom,
    pointer::{elements, input_at},
};
use esteira_sdk::Error;
use serde_json::value::RawValue;

/// A value to bind.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Param {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(String),
    /// A text, with its escapes resolved.
    Text(String),
    /// An array or object, as it was written.
    Json(String),
}

/// The value that a configuration means.
pub(crate) fn resolve(from: &ParamFrom, input: &RawValue) -> Result<Param, Error> {
    match from {
        ParamFrom::Input(pointer) => Param::of(input_at(input, pointer)?),
        ParamFrom::Value(value) => Param::of(value),
    }
    .map_err(Error::input_invalid)
}

impl Param {
    /// What a JSON value is bound as.
    fn of(value: &RawValue) -> Result<Self, serde_json::Error> {
        let text = value.get();
        Ok(match text.as_bytes().first() {
            Some(b'n') => Self::Null,
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'"') => Self::Text(serde_json::from_str(text)?),
            Some(b'{' | b'[') => Self::Json(text.to_owned()),
            _ => Self::Number(text.to_owned()),
        })
    }

    /// The elements of an array; none for any other value.
    pub(crate) fn items(&self) -> Option<Vec<Self>> {
        let Self::Json(text) = self else { return None };
        let array: &RawValue = serde_json::from_str(text).ok()?;
        elements(array).ok()?.into_iter().map(|item| Self::of(item).ok()).collect()
    }

    /// What a person calls it. Never the value: it is data.
    pub(crate) const fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Json(_) => "an array or object",
        }
    }

    /// The value as JSON text.
    pub(crate) fn to_json(&self) -> String {
        match self {
            Self::Null => "null".to_owned(),
            Self::Bool(flag) => flag.to_string(),
            Self::Number(text) | Self::Json(text) => text.clone(),
            Self::Text(text) => serde_json::Value::String(text.clone()).to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_digits() {
        let input: &RawValue =
            serde_json::from_str(r#"{"n":9007199254740993,"t":"a\u00e9","o":{"a": 1.10},"z":null,"l":[1,"x"]}"#)
                .expect("json");
        let cases = [
            (r#""/n""#, Some(Param::Number("9007199254740993".into()))),
            (r#""/t""#, Some(Param::Text("aé".into()))),
            (r#""/o""#, Some(Param::Json(r#"{"a": 1.10}"#.into()))),
            (r#""/z""#, Some(Param::Null)),
            (r#"{"value":1.50}"#, Some(Param::Number("1.50".into()))),
            (r#"{"value":false}"#, Some(Param::Bool(false))),
            (r#""/missing""#, None),
        ];
        for (from, expected) in cases {
            let from: ParamFrom = serde_json::from_str(from).expect(from);
            let param = resolve(&from, input);
            if let Err(error) = &param {
                assert_eq!(error.code(), "INPUT_INVALID");
            }
            assert_eq!(param.ok(), expected, "{from:?}");
        }
        let list = Param::of(serde_json::from_str("[1,\"x\"]").expect("json")).expect("param");
        assert_eq!(list.items(), Some(vec![Param::Number("1".into()), Param::Text("x".into())]));
    }
}
