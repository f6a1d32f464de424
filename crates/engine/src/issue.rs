//! What is wrong with a plan definition, named by its place.

/// One finding about a plan document. An error refuses the plan; a warning does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Issue {
    /// JSON Pointer into the plan document, for example `/steps/2/next/0/condition`.
    pub path: String,
    /// Stable UPPER_SNAKE code, for example `STEP_UNKNOWN`.
    pub code: &'static str,
    /// For a person.
    pub message: String,
    /// Whether the plan may be published all the same.
    pub warning: bool,
}

impl Issue {
    /// A finding that refuses the plan.
    pub fn error(path: impl Into<String>, code: &'static str, message: impl Into<String>) -> Self {
        Self { path: path.into(), code, message: message.into(), warning: false }
    }
}
