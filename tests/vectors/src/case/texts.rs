//! Everything that is not about a plan: digests, templates, errors, durations, values, enums.

use super::Payload;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The digest of a payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// The payload.
    pub payload: Payload,
    /// Its digest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Digest>,
}

/// A digest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Digest {
    /// 64 hexadecimal digits.
    pub sha256: String,
}

/// A template that builds a value.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// The template.
    pub template: String,
    /// What it can refer to.
    #[serde(default)]
    pub variables: Variables,
    /// What comes of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Rendered>,
}

/// Variables of an expression. What is absent is not there.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Variables {
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// JSON texts by step.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub steps: BTreeMap<String, String>,
    /// The item path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub item: Vec<u32>,
    /// JSON text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub config: Option<String>,
    /// The job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub job: Option<JobVariable>,
}

/// The variable `job`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobVariable {
    /// Its id.
    pub id: String,
    /// JSON text.
    pub input: String,
    /// Its labels.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
    /// Its data class.
    pub data_class: String,
}

/// What a template builds, or why it cannot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Rendered {
    /// The JSON text, byte for byte.
    Built {
        /// The text.
        json: String,
    },
    /// Why not.
    Refused {
        /// The stable code.
        error: String,
        /// The pointer that leads nowhere, where a `$ref` named it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        path: Option<String>,
    },
}

/// What a function raises.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErrorCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// What is raised.
    pub raised: Raised,
    /// The failure that is reported.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Reported>,
}

/// What is raised.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Raised {
    /// By which means.
    pub r#type: RaisedType,
    /// The code; only with `retryable` and `non_retryable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// The message.
    pub message: String,
    /// The pause that is asked for; only with `retryable`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after_ms: Option<u64>,
}

/// How an error is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RaisedType {
    /// The SDK's retryable error.
    Retryable,
    /// The SDK's error that no attempt mends.
    NonRetryable,
    /// An ordinary error of the language.
    Other,
    /// The SDK's error for inputs.
    InputInvalid,
    /// The SDK's error for configurations.
    ConfigInvalid,
}

/// The failure that is reported.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reported {
    /// RETRYABLE or NON_RETRYABLE.
    pub kind: String,
    /// The code.
    pub code: String,
    /// The message.
    pub message: String,
    /// The pause that is asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u64>,
}

/// A message that is too long.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TruncateCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// What the text repeats.
    pub text_unit: String,
    /// How often.
    pub count: usize,
    /// Bytes at most: 4096 as a failure's message, 16384 as its stack trace.
    pub limit: usize,
    /// What is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Bytes>,
}

/// A length.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bytes {
    /// In bytes of UTF-8.
    pub bytes: usize,
}

/// A duration of a plan document.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DurationCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// The text.
    pub text: String,
    /// What it means.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Length>,
}

/// What a duration means.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Length {
    /// A time.
    Ms {
        /// Milliseconds.
        ms: u64,
    },
    /// Nothing.
    Error {
        /// Always `true`.
        error: bool,
    },
}

/// A value that is decoded and encoded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EchoCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// JSON text.
    pub json: String,
    /// What must come of it; never written by a runner.
    pub expected: Echoed,
}

/// What may come of a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged, deny_unknown_fields)]
pub enum Echoed {
    /// The same value.
    Same {
        /// Always `true`.
        same_value: bool,
    },
    /// The same value, or this error where the language cannot hold it.
    SameOr {
        /// The code.
        same_value_or: String,
    },
    /// This error.
    Error {
        /// The code.
        error: String,
    },
}

/// A number that an enum does not have.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EnumCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// Full name.
    pub r#enum: String,
    /// The number.
    pub number: i32,
    /// What must come of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Kept>,
}

/// Whether a number survives.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Kept {
    /// It does.
    pub kept: bool,
}
