//! Plans that are refused, and documents.

use super::Start;
use crate::json_text::JsonText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plan or an input that is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// The document.
    pub plan: JsonText,
    /// Documents of sub-plans, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, JsonText>,
    /// What it starts with; JSON `null` unless it is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start: Option<Start>,
    /// Why it is refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Refusal>,
}

/// Why something is refused.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// PLAN_INVALID, FUNCTION_MISSING, INPUT_INVALID or TOO_DEEP.
    pub error: String,
    /// For PLAN_INVALID: the errors, by path, then code.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub issues: Vec<Issue>,
}

/// One error of a plan.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issue {
    /// JSON Pointer.
    pub path: String,
    /// The stable code.
    pub code: String,
}

/// A document that is read and written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentCase {
    /// See [`crate::Case::name`].
    pub name: String,
    /// The document.
    pub plan: JsonText,
    /// As it is written again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Document>,
}

/// A document.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Document {
    /// Its text.
    pub document: String,
}
