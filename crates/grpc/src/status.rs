//! From what went wrong to a gRPC status: one table, and the details that every error carries.

use crate::reason;
use bytes::Bytes;
use esteira_coordinator::Reason;
use esteira_engine::Issue;
use prost::Message;
use prost_types::Any;
use std::time::Duration;
use tonic::{Code, Status};
use tonic_types::pb;

/// Why a request is refused, before it becomes a status or the outcome of one report.
#[derive(Debug, Clone, PartialEq)]
pub struct Refusal {
    /// The status code.
    pub code: Code,
    /// One of [`crate::reason`].
    pub reason: &'static str,
    /// The request field that is wrong, or "".
    pub field: String,
    /// For a person; never holds payload bytes.
    pub message: String,
    /// When to try again, if that can help.
    pub retry_after: Option<Duration>,
    /// Findings about a plan.
    pub issues: Vec<Issue>,
}

/// The answer of a handler.
pub type Answer<T> = Result<T, Refusal>;

/// The one table: what each reason of the coordinator is on the wire.
pub const fn row(reason: Reason) -> (Code, &'static str) {
    match reason {
        Reason::FieldInvalid => (Code::InvalidArgument, reason::FIELD_INVALID),
        Reason::JsonInvalid => (Code::InvalidArgument, reason::JSON_INVALID),
        Reason::PlanInvalid => (Code::InvalidArgument, reason::PLAN_INVALID),
        Reason::OutputTypeMismatch => (Code::InvalidArgument, reason::OUTPUT_TYPE_MISMATCH),
        Reason::DigestMismatch => (Code::InvalidArgument, reason::DIGEST_MISMATCH),
        Reason::PageTokenInvalid => (Code::InvalidArgument, reason::PAGE_TOKEN_INVALID),
        Reason::PayloadTooLarge => (Code::InvalidArgument, reason::PAYLOAD_TOO_LARGE),
        Reason::PlanNotFound => (Code::NotFound, reason::PLAN_NOT_FOUND),
        Reason::PlanVersionNotFound => (Code::NotFound, reason::PLAN_VERSION_NOT_FOUND),
        Reason::JobNotFound => (Code::NotFound, reason::JOB_NOT_FOUND),
        Reason::TaskNotFound => (Code::NotFound, reason::TASK_NOT_FOUND),
        Reason::WorkerNotFound => (Code::NotFound, reason::WORKER_NOT_FOUND),
        Reason::LastResortRecordNotFound => (Code::NotFound, reason::LAST_RESORT_RECORD_NOT_FOUND),
        Reason::OutboxKeyNotFound => (Code::NotFound, reason::OUTBOX_KEY_NOT_FOUND),
        Reason::NameTaken | Reason::JobIdTaken => (Code::AlreadyExists, reason::NAME_TAKEN),
        Reason::LeaseLost => (Code::FailedPrecondition, reason::LEASE_LOST),
        Reason::JobTerminal => (Code::FailedPrecondition, reason::JOB_TERMINAL),
        Reason::JobStateConflict => (Code::FailedPrecondition, reason::JOB_STATE_CONFLICT),
        Reason::ChunkGap => (Code::FailedPrecondition, reason::CHUNK_GAP),
        Reason::VersionRetired => (Code::FailedPrecondition, reason::VERSION_RETIRED),
        Reason::StepsMismatch => (Code::FailedPrecondition, reason::STEPS_MISMATCH),
        Reason::RequestIdReused => (Code::FailedPrecondition, reason::REQUEST_ID_REUSED),
        Reason::ProtocolUnsupported => (Code::FailedPrecondition, reason::PROTOCOL_UNSUPPORTED),
        Reason::EtagMismatch => (Code::Aborted, reason::ETAG_MISMATCH),
        Reason::VersionConflict => (Code::Aborted, reason::VERSION_CONFLICT),
        Reason::ResultConflict => (Code::Aborted, reason::RESULT_CONFLICT),
        Reason::LogRefused => (Code::FailedPrecondition, reason::LOG_REFUSED),
        Reason::Overloaded => (Code::ResourceExhausted, reason::OVERLOADED),
        Reason::ReserveExhausted => (Code::ResourceExhausted, reason::RESERVE_EXHAUSTED),
        Reason::StoreUnavailable => (Code::Unavailable, reason::STORE_UNAVAILABLE),
        Reason::Internal => (Code::Internal, reason::INTERNAL),
    }
}

/// How long a caller waits when nothing better is known.
const RETRY_DEFAULT: Duration = Duration::from_millis(500);
/// Most bytes of a message, and of the details, on the wire: they travel in headers, as percent code and Base64, and
/// clients of gRPC core refuse more than 8 KiB of those.
const MESSAGE_BYTES_MAX: usize = 512;
/// See [`MESSAGE_BYTES_MAX`].
const DETAILS_BYTES_MAX: usize = 4 << 10;

impl Refusal {
    /// A refusal for one of the coordinator's reasons.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        let (code, text) = row(reason);
        Self {
            code,
            reason: text,
            field: String::new(),
            message: message.into(),
            retry_after: None,
            issues: Vec::new(),
        }
    }

    /// A refusal that only the edge knows: who calls, and what a caller may do.
    fn edge(code: Code, reason: &'static str, message: impl Into<String>) -> Self {
        Self { code, reason, ..Self::new(Reason::Internal, message) }
    }

    /// The caller is not known.
    pub fn token_invalid(message: impl Into<String>) -> Self {
        Self::edge(Code::Unauthenticated, reason::TOKEN_INVALID, message)
    }

    /// The caller may not call this RPC.
    pub fn role_missing(permission: &str) -> Self {
        Self::edge(
            Code::PermissionDenied,
            reason::ROLE_MISSING,
            format!("the caller lacks the permission `{permission}`"),
        )
    }

    /// The caller may not serve this function.
    pub fn function_not_allowed(field: impl Into<String>, function: &str) -> Self {
        let message = format!("the caller may not run the function `{function}`");
        Self { field: field.into(), ..Self::edge(Code::PermissionDenied, reason::FUNCTION_NOT_ALLOWED, message) }
    }

    /// The request names another account or user than the caller's.
    pub fn account_mismatch(field: impl Into<String>) -> Self {
        let message = "the value contradicts the caller";
        Self { field: field.into(), ..Self::edge(Code::PermissionDenied, reason::ACCOUNT_MISMATCH, message) }
    }

    /// A request field that is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::new(Reason::FieldInvalid, message) }
    }

    /// A request field that is wrong in a way that has a reason of its own.
    pub fn at(reason: Reason, field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::new(reason, message) }
    }

    /// The message with the field in front, for where there is no detail to carry the field.
    pub fn text(&self) -> String {
        if self.field.is_empty() { self.message.clone() } else { format!("{}: {}", self.field, self.message) }
    }
}

impl From<esteira_coordinator::Error> for Refusal {
    fn from(error: esteira_coordinator::Error) -> Self {
        let esteira_coordinator::Error { reason, message, field, retry_after, issues, overtaken: _, store_away: _ } =
            error;
        Self { field, retry_after, issues, ..Self::new(reason, message) }
    }
}

impl From<esteira_store::Error> for Refusal {
    fn from(error: esteira_store::Error) -> Self {
        esteira_coordinator::Error::from(error).into()
    }
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Self {
        let message = cut(&refusal.text(), MESSAGE_BYTES_MAX).to_owned();
        let details = pb::Status { code: refusal.code as i32, message: message.clone(), details: details(&refusal) };
        Self::with_details(refusal.code, message, Bytes::from(details.encode_to_vec()))
    }
}

/// The longest start of a text that has at most so many bytes and ends with a whole character.
pub(crate) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// Exactly one `ErrorInfo`, first; then what the reason calls for.
fn details(refusal: &Refusal) -> Vec<Any> {
    let info =
        pb::ErrorInfo { reason: refusal.reason.into(), domain: reason::DOMAIN.into(), ..pb::ErrorInfo::default() };
    let mut details = vec![any("google.rpc.ErrorInfo", &info)];
    if matches!(refusal.code, Code::ResourceExhausted | Code::Unavailable) {
        let wait = refusal.retry_after.unwrap_or(RETRY_DEFAULT);
        let retry_delay = prost_types::Duration::try_from(wait).ok();
        details.push(any("google.rpc.RetryInfo", &pb::RetryInfo { retry_delay }));
    }
    let mut violations = Vec::new();
    if !refusal.field.is_empty() {
        violations.push(violation(&refusal.field, &refusal.message));
    }
    let mut issues = Vec::new();
    let mut room = DETAILS_BYTES_MAX - 3 * MESSAGE_BYTES_MAX;
    for issue in &refusal.issues {
        let issue_detail = any("esteira.v1.PlanIssue", &crate::convert::plan::issue(issue));
        let issue_violation =
            violation(if issue.path.is_empty() { "definition_json" } else { &issue.path }, &issue.message);
        let size = issue_detail.encoded_len() + issue_violation.encoded_len() + 8;
        if size > room {
            break;
        }
        room -= size;
        issues.push(issue_detail);
        if !issue.warning {
            violations.push(issue_violation);
        }
    }
    if !violations.is_empty() {
        details.push(any("google.rpc.BadRequest", &pb::BadRequest { field_violations: violations }));
    }
    details.extend(issues);
    details
}

fn violation(field: &str, description: &str) -> pb::bad_request::FieldViolation {
    pb::bad_request::FieldViolation {
        field: cut(field, MESSAGE_BYTES_MAX).into(),
        description: cut(description, MESSAGE_BYTES_MAX).into(),
        ..Default::default()
    }
}

fn any(name: &str, message: &impl Message) -> Any {
    Any { type_url: format!("type.googleapis.com/{name}"), value: message.encode_to_vec() }
}

#[cfg(test)]
mod tests;
