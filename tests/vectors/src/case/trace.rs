//! Plans that run to their end.

use super::{Payload, Start};
use crate::json_text::JsonText;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// A plan that runs to its end.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TraceCase {
    /// See [`crate::Case::name`].
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
