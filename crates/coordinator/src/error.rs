//! What a use case can answer instead of a result. The edge maps reasons to status codes, nothing else.

use esteira_engine::Issue;
use std::time::Duration;

/// The result of a use case.
pub type Result<T> = std::result::Result<T, Error>;

/// Stable machine-readable reason; each has a page in `docs/errors/`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[allow(missing_docs)] // each variant is documented by its page
pub enum Reason {
    FieldInvalid,
    JsonInvalid,
    PlanInvalid,
    OutputTypeMismatch,
    DigestMismatch,
    PageTokenInvalid,
    PayloadTooLarge,
    PlanNotFound,
    PlanVersionNotFound,
    JobNotFound,
    TaskNotFound,
    WorkerNotFound,
    /// No such record.
    LastResortRecordNotFound,
    OutboxKeyNotFound,
    NameTaken,
    JobIdTaken,
    LeaseLost,
    JobTerminal,
    JobStateConflict,
    ChunkGap,
    VersionRetired,
    StepsMismatch,
    RequestIdReused,
    ProtocolUnsupported,
    EtagMismatch,
    VersionConflict,
    ResultConflict,
    LogRefused,
    Overloaded,
    ReserveExhausted,
    StoreUnavailable,
    Internal,
}

/// An error with its reason, a text for the caller, and what the caller needs to act on it.
#[derive(Debug, Clone, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// Why.
    pub reason: Reason,
    /// For a person; never holds payload bytes.
    pub message: String,
    /// The request field that is wrong, if one is.
    pub field: String,
    /// When to try again, if that can help.
    pub retry_after: Option<Duration>,
    /// Findings about a plan.
    pub issues: Vec<Issue>,
    /// Another coordinator was first: the same work on a fresh snapshot may find another answer.
    pub overtaken: bool,
    /// The store cannot be reached or takes nothing: what the last resort is for.
    pub store_away: bool,
}

impl Error {
    /// An error for this reason.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            field: String::new(),
            retry_after: None,
            issues: Vec::new(),
            overtaken: false,
            store_away: false,
        }
    }

    /// A request field that is wrong.
    pub fn field(field: impl Into<String>, message: impl Into<String>) -> Self {
        Self { field: field.into(), ..Self::new(Reason::FieldInvalid, message) }
    }

    /// Too much work waits; the caller waits too.
    pub fn overloaded() -> Self {
        Self {
            retry_after: Some(Duration::from_millis(200)),
            ..Self::new(Reason::Overloaded, "too much work waits in this coordinator")
        }
    }
}

impl From<esteira_store::Error> for Error {
    fn from(error: esteira_store::Error) -> Self {
        use esteira_store::Kind;
        match error.kind() {
            Kind::UnknownField => Self::field("filter", error.to_string()),
            Kind::Conflict => Self {
                retry_after: Some(Duration::from_millis(500)),
                overtaken: true,
                ..Self::new(Reason::StoreUnavailable, "other work was first, again and again")
            },
            Kind::Unavailable | Kind::CommitUnknown => {
                tracing::warn!(kind = ?error.kind(), %error, "store unavailable");
                Self {
                    retry_after: Some(Duration::from_millis(500)),
                    store_away: true,
                    ..Self::new(Reason::StoreUnavailable, "the store does not accept work now")
                }
            }
            Kind::Duplicate => Self { overtaken: true, ..Self::new(Reason::NameTaken, "the name or id is taken") },
            Kind::Defect => {
                tracing::error!(%error, "store defect");
                Self::new(Reason::Internal, "the store refused a statement; the log has more")
            }
        }
    }
}
