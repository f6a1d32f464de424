//! Why an attempt, a task or a job failed.

use crate::{closed_enum::closed_enum, payload::Payload};
use std::time::Duration;

closed_enum! {
    /// What a failure means for a retry.
    FailureKind {
        /// Another attempt may succeed.
        Retryable = "RETRYABLE",
        /// No attempt will succeed with this input.
        NonRetryable = "NON_RETRYABLE",
        /// The execution time-out of the step passed.
        Timeout = "TIMEOUT",
        /// The job was cancelled or terminated.
        Cancelled = "CANCELLED",
        /// The worker stopped sending heartbeats, too many times in a row.
        LeaseExpired = "LEASE_EXPIRED",
        /// The worker or the plan broke a rule of the contract.
        Protocol = "PROTOCOL",
    }
}

/// A failure with a stable code. Texts may hold data and are treated like data.
#[derive(Debug, Clone, PartialEq)]
pub struct Failure {
    /// What it means for a retry.
    pub kind: FailureKind,
    /// Stable UPPER_SNAKE code chosen by the author; retry rules match it exactly.
    pub code: String,
    /// For a person; at most 4 KiB.
    pub message: String,
    /// At most 16 KiB, or "".
    pub stack_trace: String,
    /// The worker asks for at least this pause before the next attempt.
    pub retry_after: Option<Duration>,
    /// More about it, if the author gave it.
    pub details: Option<Payload>,
    /// Which part failed: a function, `engine`, `coordinator`.
    pub source: String,
}

impl Failure {
    /// A failure found by esteira itself.
    pub fn engine(kind: FailureKind, code: &str, message: impl Into<String>) -> Self {
        Self {
            kind,
            code: code.into(),
            message: message.into(),
            stack_trace: String::new(),
            retry_after: None,
            details: None,
            source: "engine".into(),
        }
    }
}
