//! What can go wrong with a call, by the reason that the contract gives.

use esteira_contract::v1;
use prost::Message as _;
use std::{fmt, time::Duration};
use tonic::{Code, Status};
use tonic_types::StatusExt as _;

/// A call that did not succeed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The endpoint or the token cannot be used at all.
    #[error("the endpoint cannot be used: {0}")]
    Endpoint(String),
    /// The coordinator refused the call, or could not be reached while patience lasted.
    #[error("{0}")]
    Refused(Box<Refusal>),
}

/// An error status of the contract.
#[derive(Debug)]
pub struct Refusal {
    /// What kind of error it is; decides what to do when the reason is not known.
    pub code: Code,
    /// The stable reason, such as `JOB_NOT_FOUND`; "" when the error is the transport's.
    pub reason: String,
    /// For a person; may change.
    pub message: String,
    /// What is wrong with a plan definition, when the reason is `PLAN_INVALID`.
    pub plan_issues: Vec<v1::PlanIssue>,
}

impl Error {
    /// The stable reason, or "" when there is none.
    pub fn reason(&self) -> &str {
        match self {
            Self::Refused(refusal) => &refusal.reason,
            Self::Endpoint(_) => "",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = if self.reason.is_empty() { self.code.description() } else { &self.reason };
        write!(f, "{name}: {}", self.message)
    }
}

impl From<Status> for Error {
    fn from(status: Status) -> Self {
        let plan_issues = plan_issues(&status);
        Self::Refused(Box::new(Refusal {
            code: status.code(),
            reason: reason(&status),
            message: status.message().into(),
            plan_issues,
        }))
    }
}

/// The reason in a status, or "".
pub(crate) fn reason(status: &Status) -> String {
    status.get_details_error_info().map(|info| info.reason).unwrap_or_default()
}

/// How long the coordinator asks to wait.
pub(crate) fn retry_delay(status: &Status) -> Option<Duration> {
    status.get_details_retry_info().and_then(|info| info.retry_delay)
}

fn plan_issues(status: &Status) -> Vec<v1::PlanIssue> {
    let Ok(detailed) = tonic_types::pb::Status::decode(status.details()) else { return Vec::new() };
    let issues = detailed.details.iter().filter(|any| any.type_url.rsplit('/').next() == Some("esteira.v1.PlanIssue"));
    issues.filter_map(|any| v1::PlanIssue::decode(any.value.as_slice()).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tonic_types::ErrorDetails;

    #[test]
    fn reason_and_pause_are_read_from_the_details() {
        let mut details = ErrorDetails::with_error_info("OVERLOADED", "esteira.v1", std::collections::HashMap::new());
        details.set_retry_info(Some(Duration::from_millis(250)));
        let status = Status::with_error_details(Code::ResourceExhausted, "too busy", details);
        assert_eq!(retry_delay(&status), Some(Duration::from_millis(250)));
        assert_eq!(Error::from(status).to_string(), "OVERLOADED: too busy");
    }

    #[test]
    fn a_status_without_details_is_named_by_its_code() {
        let error = Error::from(Status::unavailable("gone"));
        assert_eq!((error.reason(), error.to_string().ends_with(": gone")), ("", true));
    }
}
