//! JSON Pointers (RFC 6901) into JSON text that is never re-serialised.

use esteira_model::limits::FAN_OUT_ITEMS_MAX;
use esteira_sdk::Error;
use esteira_sdk::model::{Body, Payload};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// A JSON Pointer that was checked for form.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Pointer(String);

impl Pointer {
    /// The whole document.
    pub(crate) fn root() -> Self {
        Self(String::new())
    }

    /// The pointer as text.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    /// The text of the value that it points to; none when there is no such value.
    pub(crate) fn find<'a>(&self, document: &'a RawValue) -> Result<Option<&'a RawValue>, serde_json::Error> {
        let mut at = document;
        for token in self.0.split('/').skip(1) {
            let token = token.replace("~1", "/").replace("~0", "~");
            let inner = match at.get().as_bytes().first() {
                Some(b'{') => members(at)?.remove(&token),
                Some(b'[') => index(&token).and_then(|i| elements(at).ok()?.get(i).copied()),
                _ => None,
            };
            match inner {
                Some(inner) => at = inner,
                None => return Ok(None),
            }
        }
        Ok(Some(at))
    }
}

impl TryFrom<String> for Pointer {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let escapes = text.split('~').skip(1).all(|rest| rest.starts_with(['0', '1']));
        if (text.is_empty() || text.starts_with('/')) && escapes {
            Ok(Self(text))
        } else {
            Err(format!("{text:?} is not a JSON Pointer: it is empty or begins with /, and ~ is written ~0"))
        }
    }
}

/// The members of an object, each as it is written. The last of two members of the same name counts.
pub(crate) fn members(object: &RawValue) -> Result<BTreeMap<String, &RawValue>, serde_json::Error> {
    serde_json::from_str(object.get())
}

/// The elements of an array, each as it is written.
pub(crate) fn elements(array: &RawValue) -> Result<Vec<&RawValue>, serde_json::Error> {
    serde_json::from_str(array.get())
}

fn index(token: &str) -> Option<usize> {
    let plain = token == "0" || (!token.starts_with('0') && token.bytes().all(|b| b.is_ascii_digit()));
    if plain { token.parse().ok() } else { None }
}

/// Checks that this many items may become the outputs of one task.
pub(crate) fn within_limits(items: usize) -> Result<(), Error> {
    match items {
        0..=FAN_OUT_ITEMS_MAX => Ok(()),
        _ => Err(Error::non_retryable("ITEMS_MAX", format!("there are more than {FAN_OUT_ITEMS_MAX} items"))),
    }
}

/// The input as a JSON document; a payload without data counts as `null`.
pub(crate) fn document(input: &Payload) -> Result<&RawValue, Error> {
    match &input.body {
        Body::Json(text) => serde_json::from_str(text).map_err(|error| {
            // The message of the parser names what is wrong and where, never the text itself.
            Error::input_invalid(format!("the input is not JSON: {error}"))
        }),
        Body::None => Ok(RawValue::NULL),
        Body::Binary(_) => Err(Error::input_invalid("the input is binary; JSON is needed")),
    }
}

/// The value of the input that a configuration points to; `INPUT_INVALID` naming the pointer when it is not there.
pub(crate) fn input_at<'a>(input: &'a RawValue, pointer: &Pointer) -> Result<&'a RawValue, Error> {
    pointer
        .find(input)
        .map_err(Error::input_invalid)?
        .ok_or_else(|| Error::input_invalid(format!("the input has no value at {:?}", pointer.as_str())))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(pointer: &str, expected: Option<&str>) {
        let text = r#"{"a":{"b/c":[1, 9007199254740993 ,{"~":"x"}]},"":null,"n":-0.10}"#;
        let document: &RawValue = serde_json::from_str(text).expect("json");
        let pointer = Pointer::try_from(pointer.to_owned()).expect("pointer");
        assert_eq!(pointer.find(document).expect("json").map(RawValue::get), expected, "{pointer:?}");
    }

    #[test]
    fn values_come_back_as_they_were_written() {
        check("/a/b~1c/1", Some("9007199254740993"));
        check("/a/b~1c/2/~0", Some("\"x\""));
        check("/n", Some("-0.10"));
        check("/", Some("null"));
        check("/a/b~1c/3", None);
        check("/a/b~1c/01", None);
        check("/a/b~1c/-", None);
        check("/zz", None);
        check("/n/0", None);
    }

    #[test]
    fn malformed_pointers_are_refused() {
        for text in ["a", "a/b", "/~", "/~2", "#/a"] {
            assert!(Pointer::try_from(text.to_owned()).is_err(), "{text}");
        }
    }
}
