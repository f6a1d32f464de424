//! A value that a configuration gives itself or takes from the input.

use crate::pointer::{Pointer, input_at};
use esteira_sdk::Error;
use serde::Deserialize;
use serde_json::value::RawValue;

/// Text of a request: written in the plan, or taken from the input by JSON Pointer.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(untagged)]
pub(crate) enum Argument {
    /// Text as it is.
    Text(String),
    /// A whole number as it is.
    Number(i64),
    /// True or false as it is.
    Flag(bool),
    /// The text, number or boolean of the input at this place.
    Input(FromInput),
}

/// `{"input": "/pointer"}`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FromInput {
    /// Where in the input.
    pub(crate) input: Pointer,
}

impl Argument {
    /// Whether the input is needed.
    pub(crate) fn is_from_input(&self) -> bool {
        matches!(self, Self::Input(_))
    }

    /// The text that is sent. A value of the input that is `null`, an array or an object is `INPUT_INVALID`.
    pub(crate) fn text(&self, input: &RawValue) -> Result<String, Error> {
        match self {
            Self::Text(text) => Ok(text.clone()),
            Self::Number(number) => Ok(number.to_string()),
            Self::Flag(flag) => Ok(flag.to_string()),
            Self::Input(from) => {
                let value = input_at(input, &from.input)?.get();
                match value.as_bytes().first() {
                    Some(b'"') => serde_json::from_str(value).map_err(Error::input_invalid),
                    Some(b'{' | b'[' | b'n') | None => {
                        let pointer = from.input.as_str();
                        Err(Error::input_invalid(format!(
                            "the value at {pointer:?} is not a text, a number or a boolean"
                        )))
                    }
                    Some(_) => Ok(value.to_owned()),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_text_and_come_from_the_plan_or_the_input() {
        let input: &RawValue =
            serde_json::from_str(r#"{"s":"a&b","n":9007199254740993,"o":{},"z":null}"#).expect("json");
        let cases = [
            (r#""x""#, Some("x")),
            ("7", Some("7")),
            ("true", Some("true")),
            (r#"{"input":"/s"}"#, Some("a&b")),
            (r#"{"input":"/n"}"#, Some("9007199254740993")),
            (r#"{"input":"/o"}"#, None),
            (r#"{"input":"/z"}"#, None),
            (r#"{"input":"/missing"}"#, None),
        ];
        for (config, expected) in cases {
            let argument: Argument = serde_json::from_str(config).expect(config);
            let text = argument.text(input);
            assert_eq!(text.as_deref().ok(), expected, "{config}");
            if let Err(error) = text {
                assert_eq!(error.code(), "INPUT_INVALID");
            }
        }
        assert!(serde_json::from_str::<Argument>(r#"{"input":"/s","x":1}"#).is_err());
    }
}
