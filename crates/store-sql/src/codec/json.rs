//! JSON text in a column: written and read whole, never looked into by SQL. NUL characters are escaped in it.

use esteira_store::{Error, Kind, Result};
use serde::{Serialize, de::DeserializeOwned};

/// The text of a value whose keys are text.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("text, numbers and maps with text keys always serialise")
}

/// The value of a text that this crate wrote.
pub(crate) fn from_json<T: DeserializeOwned>(text: &str) -> Result<T> {
    // The position is enough: serde's full message could quote what is stored.
    serde_json::from_str(text).map_err(|e| {
        Error::new(
            Kind::Defect,
            format!("stored JSON is not a {} (line {}, column {})", std::any::type_name::<T>(), e.line(), e.column()),
        )
    })
}
