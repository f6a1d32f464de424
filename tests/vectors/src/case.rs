//! What stands in a file of vectors. `tests/vectors/README.md` describes each kind.

use crate::json_text::JsonText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// One file.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What its cases are about.
    pub about: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// One case: what is given and what must come of it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Case {
    /// A plan runs to its end.
    Trace(TraceCase),
    /// A plan or an input is refused before anything runs.
    Refused(RefusedCase),
    /// The digest of a payload.
    Digest(DigestCase),
    /// A template builds a value.
    Template(TemplateCase),
    /// What a function raises, and the failure that is reported.
    Error(ErrorCase),
    /// A long message is cut at the end of a code point.
    Truncate(TruncateCase),
    /// A duration of a plan document.
    Duration(DurationCase),
    /// A value survives decoding and encoding, or is refused.
    Echo(EchoCase),
    /// A number that the contract does not know yet.
    Enum(EnumCase),
    /// A document is read and written again.
    Document(DocumentCase),
}

impl Case {
    /// Its name, unique among all files.
    pub fn name(&self) -> &str {
        match self {
            Self::Trace(case) => &case.name,
            Self::Refused(case) => &case.name,
            Self::Digest(case) => &case.name,
            Self::Template(case) => &case.name,
            Self::Error(case) => &case.name,
            Self::Truncate(case) => &case.name,
            Self::Duration(case) => &case.name,
            Self::Echo(case) => &case.name,
            Self::Enum(case) => &case.name,
            Self::Document(case) => &case.name,
        }
    }
}

/// Bytes of one of three kinds.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Payload {
    /// JSON text, verbatim.
    Json(String),
    /// Bytes as Base64.
    Binary(String),
    /// No data; always `true`.
    None(bool),
}

/// Which aggregate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Aggregate {
    /// Its kind.
    pub r#type: String,
    /// Its identity.
    pub id: String,
    /// Its version.
    pub version: i64,
}

/// What a job starts with. Absent keys mean empty.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Start {
    /// The data.
    pub input: Payload,
    /// The aggregate to move.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub aggregate: Option<Aggregate>,
    /// On whose behalf.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub operator: String,
    /// Whose account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub account: String,
    /// Headers of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub headers: BTreeMap<String, String>,
    /// Labels of the job.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, String>,
}

/// A plan that runs to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceCase {
    /// See [`Case::name`].
    pub name: String,
    /// The document.
    pub plan: JsonText,
    /// Documents of sub-plans, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub plans: BTreeMap<String, JsonText>,
    /// What it starts with.
    pub start: Start,
    /// What an author promises by hand; in sources only.
    #[serde(default, skip_serializing)]
    pub must: Option<Must>,
    /// The trace; in sources it is left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<Trace>,
}

/// Parts of a trace that an author writes by hand, so that a wrong runner does not write them.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Must {
    /// How the job ends; SUCCEEDED unless it is named.
    #[serde(default)]
    pub state: Option<String>,
    /// JSON texts of the results.
    #[serde(default)]
    pub results: Option<Vec<String>>,
    /// Kind and code of the failure: `RETRYABLE BUSY`.
    #[serde(default)]
    pub failure: Option<String>,
    /// The tasks as `step[item]`, in order; an attempt count that is not 1 follows as `*3`.
    #[serde(default)]
    pub tasks: Option<Vec<String>>,
    /// JSON texts of the messages.
    #[serde(default)]
    pub messages: Option<Vec<String>>,
}

/// What a job did. See [`esteira_sdk::model::Trace`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Trace {
    /// How it ended.
    pub state: String,
    /// Why, if it did not succeed.
    pub failure: Option<Failure>,
    /// All tasks in the order in which they ended.
    pub tasks: Vec<Task>,
    /// Outputs of the steps that no step follows.
    pub results: Vec<Payload>,
    /// What the functions emitted.
    pub messages: Vec<Message>,
}

/// A task after it ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Task {
    /// Name of the sub-plan; "" for the plan itself.
    pub plan: String,
    /// Its step.
    pub step: String,
    /// Which item: `0/3`; "" outside a fan-out.
    pub item: String,
    /// Attempts that were made.
    pub attempts: u32,
    /// How it ended.
    pub state: String,
    /// What it ran on.
    pub input: Option<Payload>,
    /// What it produced.
    pub outputs: Vec<Payload>,
    /// What policies and the function said.
    pub verdicts: Vec<Verdict>,
    /// Why it failed.
    pub failure: Option<Failure>,
}

/// What a rule said.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Verdict {
    /// The rule.
    pub policy: String,
    /// Its version.
    pub version: String,
    /// Whether it held.
    pub passed: bool,
    /// What was judged.
    pub detail: String,
}

/// Why something failed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Failure {
    /// RETRYABLE, NON_RETRYABLE, ..
    pub kind: String,
    /// The stable code.
    pub code: String,
    /// What a function said; absent when the engine or the SDK wrote it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

/// An emitted message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Message {
    /// Where to.
    pub topic: String,
    /// What its order is kept by; `<job>` for the job's id.
    pub key: String,
    /// What is said.
    pub payload: Payload,
}

/// A plan or an input that is refused.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RefusedCase {
    /// See [`Case::name`].
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

/// The digest of a payload.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DigestCase {
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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
    /// See [`Case::name`].
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

/// A document that is read and written.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentCase {
    /// See [`Case::name`].
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
