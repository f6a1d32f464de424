//! What a step can say about its statement.

use crate::{
    config::{BYTES_DEFAULT, BYTES_MAX, Timeout, within},
    pointer::Pointer,
};
use esteira_model::limits::FAN_OUT_ITEMS_MAX;
use esteira_sdk::{Error, model::OutputType};
use serde::{Deserialize, Deserializer, de};
use serde_json::value::RawValue;
use std::sync::Arc;

/// Longest statement.
const SQL_BYTES_MAX: usize = 64 << 10;
/// Most parameters of a statement.
const PARAMS_MAX: usize = 500;

/// The configuration of `database.query`; `docs/functions.md` explains each field.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Config {
    pub(crate) connection: String,
    #[serde(deserialize_with = "shared_text")]
    pub(crate) sql: Arc<str>,
    #[serde(default)]
    pub(crate) params: Vec<ParamFrom>,
    #[serde(default)]
    pub(crate) mode: Mode,
    #[serde(default = "confirm")]
    pub(crate) confirm: bool,
    #[serde(default = "rows_max")]
    pub(crate) rows_max: usize,
    #[serde(default = "bytes_max")]
    pub(crate) bytes_max: usize,
    #[serde(default)]
    pub(crate) timeout: Timeout,
}

/// What the statement may do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Mode {
    /// Read, on a connection that cannot write.
    #[default]
    Read,
    /// Write.
    Write,
}

/// Where a parameter comes from. Read from the raw text, so that numbers keep all their digits.
#[derive(Debug, Clone)]
pub(crate) enum ParamFrom {
    /// The value of the input at this place.
    Input(Pointer),
    /// A value that the plan gives.
    Value(Box<RawValue>),
}

impl ParamFrom {
    /// Whether the input is needed.
    pub(crate) fn is_from_input(&self) -> bool {
        matches!(self, Self::Input(_))
    }
}

impl<'de> Deserialize<'de> for ParamFrom {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Constant {
            value: Box<RawValue>,
        }
        let raw = Box::<RawValue>::deserialize(deserializer)?;
        match raw.get().as_bytes().first() {
            Some(b'"') => serde_json::from_str(raw.get()).map(Self::Input),
            Some(b'{') => serde_json::from_str::<Constant>(raw.get()).map(|constant| Self::Value(constant.value)),
            _ => Err(de::Error::custom("expected a JSON Pointer into the input, or {\"value\": ..}")),
        }
        .map_err(|error| de::Error::custom(format!("params: {error}")))
    }
}

fn shared_text<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Arc<str>, D::Error> {
    String::deserialize(deserializer).map(Into::into)
}

fn confirm() -> bool {
    true
}

fn rows_max() -> usize {
    10_000
}

fn bytes_max() -> usize {
    BYTES_DEFAULT
}

impl Config {
    /// Checks what the types cannot say.
    pub(crate) fn checked(self, output: OutputType) -> Result<Self, Error> {
        within("sql", self.sql.len(), 1, SQL_BYTES_MAX)?;
        within("params", self.params.len(), 0, PARAMS_MAX)?;
        within("rows_max", self.rows_max, 1, FAN_OUT_ITEMS_MAX)?;
        within("bytes_max", self.bytes_max, 1, BYTES_MAX)?;
        if !self.confirm && self.mode == Mode::Read {
            return Err(Error::config_invalid("confirm: only a write can be left unconfirmed"));
        }
        if !self.confirm && output == OutputType::Multiple {
            return Err(Error::config_invalid("confirm: an unconfirmed write has no rows for output multiple"));
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(json: &str, output: OutputType, expected: Option<&str>) {
        let checked = serde_json::from_str::<Config>(json)
            .map_err(Error::config_invalid)
            .and_then(|config| config.checked(output));
        match (checked.err(), expected) {
            (None, None) => {}
            (Some(error), Some(field)) => {
                assert!(error.code() == "CONFIG_INVALID" && error.message().contains(field), "{json}: {error}")
            }
            (error, expected) => panic!("{json}: {error:?} instead of {expected:?}"),
        }
    }

    #[test]
    fn fields_are_checked_by_name() {
        let (single, multiple) = (OutputType::Single, OutputType::Multiple);
        check(r#"{"connection":"a","sql":"SELECT 1"}"#, multiple, None);
        check(
            r#"{"connection":"a","sql":"x","params":["/a",{"value":null},{"value":[1]}],"mode":"write","confirm":false}"#,
            single,
            None,
        );
        check(r#"{"sql":"SELECT 1"}"#, single, Some("connection"));
        check(r#"{"connection":"a","sql":"SELECT 1","parms":[]}"#, single, Some("parms"));
        check(r#"{"connection":"a","sql":"SELECT 1","params":["a"]}"#, single, Some("params"));
        check(r#"{"connection":"a","sql":"SELECT 1","params":[7]}"#, single, Some("params"));
        check(r#"{"connection":"a","sql":"SELECT 1","params":[{"value":1,"as":"x"}]}"#, single, Some("as"));
        check(r#"{"connection":"a","sql":"SELECT 1","mode":"both"}"#, single, Some("both"));
        check(r#"{"connection":"a","sql":"SELECT 1","rows_max":0}"#, single, Some("rows_max"));
        check(r#"{"connection":"a","sql":"SELECT 1","bytes_max":999999999}"#, single, Some("bytes_max"));
        check(r#"{"connection":"a","sql":"","mode":"read"}"#, single, Some("sql"));
        check(r#"{"connection":"a","sql":"SELECT 1","confirm":false}"#, single, Some("confirm"));
        check(r#"{"connection":"a","sql":"DELETE FROM a","mode":"write","confirm":false}"#, multiple, Some("confirm"));
    }
}
