//! The strict check of JSON text: form, depth and distinct keys, in one pass, without building a tree.
//!
//! It runs on every payload that enters: about one nanosecond a byte, and two small allocations for a document
//! of up to 16 keys. It does not recurse: depth is a number to compare, not a stack to overflow.

mod check;
mod keys;

use std::fmt;

/// What is wrong with JSON text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum JsonProblem {
    /// The text ends inside a value.
    UnexpectedEnd,
    /// A byte that cannot stand here.
    UnexpectedByte,
    /// A number that RFC 8259 does not allow: `01`, `1.`, `.5`, `+1`, `NaN`.
    BadNumber,
    /// An unknown escape, or half of a surrogate pair.
    BadEscape,
    /// A raw control character inside a string.
    ControlCharacter,
    /// More nesting than [`JSON_DEPTH_MAX`](esteira_model::limits::JSON_DEPTH_MAX).
    TooDeep,
    /// An object has this key twice; compared after escapes are resolved.
    DuplicateKey,
    /// Something follows the value.
    TrailingData,
}

impl JsonProblem {
    /// A phrase for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnexpectedEnd => "the JSON text ends too early",
            Self::UnexpectedByte => "unexpected character",
            Self::BadNumber => "malformed number",
            Self::BadEscape => "malformed escape in a string",
            Self::ControlCharacter => "raw control character in a string",
            Self::TooDeep => "nested too deeply",
            Self::DuplicateKey => "duplicate object key",
            Self::TrailingData => "data after the JSON value",
        }
    }
}

/// Why a text is not acceptable JSON. Holds object keys (in `path`), never values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonError {
    /// What is wrong.
    pub problem: JsonProblem,
    /// Where, as a byte offset into the text.
    pub offset: usize,
    /// JSON Pointer of the value, or of the key, that was being read; cut after 256 bytes.
    pub path: String,
}

impl fmt::Display for JsonError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} at byte {}", self.problem.as_str(), self.offset)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, ", at {}", self.path) }
    }
}

impl std::error::Error for JsonError {}

/// Checks that `text` is one JSON value by RFC 8259, nested at most [`JSON_DEPTH_MAX`](esteira_model::limits::JSON_DEPTH_MAX) deep, in which no
/// object has a key twice and no string has half of a surrogate pair.
///
/// Numbers of any size and precision are accepted: they are kept as text, and the text is never repaired
/// (INV-VALIDATE).
///
/// # Errors
/// The first problem, with its byte offset and path.
pub fn check_json(text: &str) -> Result<(), JsonError> {
    check::document(text)
}
