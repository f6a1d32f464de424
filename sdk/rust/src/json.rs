//! Typed JSON for payloads and configurations, with serde.
//!
//! A number that the target type cannot hold is an error, never another number.

use crate::model::{Context, Error, Outcome, Payload};
use serde::{Serialize, de::DeserializeOwned};

/// Reads and writes payloads as typed JSON.
pub trait PayloadJson: Sized {
    /// The value; `INPUT_INVALID` and not retryable when the body is not JSON of that shape.
    fn decode<T: DeserializeOwned>(&self) -> Result<T, Error>;

    /// A JSON payload of the value.
    fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error>;
}

impl PayloadJson for Payload {
    fn decode<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = self.as_json().ok_or_else(|| Error::input_invalid("the payload is not JSON"))?;
        serde_json::from_str(text).map_err(|error| Error::input_invalid(place(&error)))
    }

    fn encode<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        match serde_json::to_string(value) {
            Ok(text) => Ok(Self::json(text)),
            Err(error) => Err(Error::non_retryable("OUTPUT_INVALID", error)),
        }
    }
}

/// Reads the step's configuration as typed JSON.
pub trait ContextJson {
    /// The configuration; `CONFIG_INVALID` and not retryable when it has another shape. An absent one reads as `{}`.
    fn config<T: DeserializeOwned>(&self) -> Result<T, Error>;
}

impl ContextJson for Context {
    fn config<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let text = if self.config_json().is_empty() { "{}" } else { self.config_json() };
        serde_json::from_str(text).map_err(|error| Error::config_invalid(place(&error)))
    }
}

impl Outcome {
    /// One payload with the JSON of the value.
    pub fn json<T: Serialize + ?Sized>(value: &T) -> Result<Self, Error> {
        Payload::encode(value).map(Self::one)
    }
}

/// Says what is wrong and where, and never the data itself.
fn place(error: &serde_json::Error) -> String {
    let kind = match error.classify() {
        serde_json::error::Category::Data => "the JSON has another shape than expected",
        _ => "the text is not JSON",
    };
    format!("{kind} (line {} column {})", error.line(), error.column())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Cancellation, Invocation};

    #[derive(Debug, serde::Deserialize, PartialEq)]
    struct Order {
        id: u64,
    }

    #[test]
    fn a_payload_decodes_or_is_input_invalid() {
        assert_eq!(Payload::json(r#"{"id":9007199254740993}"#).decode::<Order>(), Ok(Order { id: 9007199254740993 }));
        for bad in [
            Payload::json(r#"{"id":-1}"#),
            Payload::json("{"),
            Payload::json(r#"{"id":1.5}"#),
            Payload::binary(*b"{}"),
            Payload::none(),
        ] {
            let error = bad.decode::<Order>().expect_err("not an order");
            assert_eq!((error.code(), error.is_retryable()), ("INPUT_INVALID", false), "{bad:?}");
        }
    }

    #[test]
    fn an_error_names_the_place_and_not_the_data() {
        let error = Payload::json(r#"{"id":"secret"}"#).decode::<Order>().expect_err("not an order");
        assert_eq!(error.message(), "the JSON has another shape than expected (line 1 column 14)");
    }

    #[test]
    fn an_absent_configuration_reads_as_an_empty_object() {
        let cx = Context::new(Invocation::default(), Cancellation::new(), ());
        assert_eq!(cx.config::<Option<Order>>().map_err(|e| e.code().to_owned()), Err("CONFIG_INVALID".into()));
        assert!(cx.config::<std::collections::BTreeMap<String, u8>>().is_ok());
    }
}
