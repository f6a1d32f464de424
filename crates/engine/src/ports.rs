//! What the engine asks of the world: time is a parameter, the rest stands behind these traits.

use esteira_model::{ArtifactId, Payload, Time, Uuid};
use std::collections::BTreeMap;

/// New identities and randomness.
pub trait Entropy {
    /// A new time-ordered id (UUID version 7).
    fn uuid(&mut self) -> Uuid;
    /// A new time-ordered 63-bit id, larger than all that this source gave before.
    fn sequence(&mut self) -> i64;
    /// A number in `0.0..1.0`.
    fn fraction(&mut self) -> f64;

    /// A new artifact id.
    fn artifact(&mut self) -> ArtifactId {
        ArtifactId(self.sequence())
    }
}

/// Conditions, policies and templates: their language is a detail behind this port.
pub trait Evaluate {
    /// Parses a condition and says what it refers to.
    fn check_condition(&self, source: &str) -> Result<References, ExpressionError>;
    /// Parses a policy rule: a condition over the one variable `value`.
    fn check_policy(&self, source: &str) -> Result<(), ExpressionError>;
    /// Parses a template and says what it refers to.
    fn check_template(&self, source: &str) -> Result<References, ExpressionError>;

    /// Whether the condition holds. Anything but a boolean is an error.
    fn condition(&self, source: &str, scope: &Scope<'_>) -> Result<bool, ExpressionError>;
    /// Whether the rule holds for this value.
    fn policy(&self, source: &str, value: &Payload) -> Result<bool, ExpressionError>;
    /// The payload that the template builds.
    fn template(&self, source: &str, scope: &Scope<'_>) -> Result<Payload, ExpressionError>;
}

/// What an expression refers to, so that only that is loaded.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct References {
    /// Keys of the steps whose output it reads (`steps.<key>.output`), sorted, each once.
    pub steps: Vec<String>,
    /// Whether it reads the job's input (`job.input`).
    pub job_input: bool,
    /// Whether it reads `output`; a template may not, there is none yet.
    pub output: bool,
}

/// Why an expression has no value. The code is stable and becomes the failure's code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpressionError {
    /// `EXPRESSION_INVALID`, `EXPRESSION_MISSING_PATH`, `EXPRESSION_TYPE` or `EXPRESSION_FAILED`.
    pub code: &'static str,
    /// For a person; never holds payload bytes.
    pub message: String,
}

impl std::fmt::Display for ExpressionError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for ExpressionError {}

/// The variables of an expression.
///
/// | variable | in a condition of step `s` | in the input template of step `t` |
/// | --- | --- | --- |
/// | `input` | the input of the task that ended | what arrived at `t` |
/// | `output` | what flows along the edge: the output, or one item of a MULTIPLE | not there |
/// | `item` | `{"index": 3, "path": [0, 3]}` of what flows along the edge | the same of the new task |
/// | `steps.<key>.output` | output of an earlier step of this branch | the same |
/// | `job` | `{"id": .., "input": .., "labels": {..}, "data_class": ".."}` | the same |
/// | `config` | the config of `s` | the config of `t` |
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    /// See the table.
    pub input: &'a Payload,
    /// See the table.
    pub output: Option<&'a Payload>,
    /// Item path; empty outside a fan-out: then `item` is not there.
    pub item_path: &'a [u32],
    /// Outputs of the steps that the expression refers to, by step key.
    pub steps: &'a BTreeMap<String, Payload>,
    /// See the table.
    pub job: JobScope<'a>,
    /// JSON text, or "" when the step has none: then `config` is not there.
    pub config_json: &'a str,
}

/// The variable `job`.
#[derive(Debug, Clone, Copy)]
pub struct JobScope<'a> {
    /// The job's id.
    pub id: &'a str,
    /// The data that the job started with; none unless the expression refers to it.
    pub input: Option<&'a Payload>,
    /// The job's labels.
    pub labels: &'a BTreeMap<String, String>,
    /// The job's data class.
    pub data_class: &'static str,
}

/// Everything a transition needs besides state and command.
pub struct Context<'a> {
    /// The time of the transition.
    pub now: Time,
    /// New ids and randomness.
    pub entropy: &'a mut dyn Entropy,
    /// Conditions, policies and templates.
    pub evaluate: &'a dyn Evaluate,
}
