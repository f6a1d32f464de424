//! The reasons that an error can carry in its `google.rpc.ErrorInfo`. Each has a page in `docs/errors/`.

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "esteira.v1";

macro_rules! reasons {
    ($($name:ident = $text:literal),+ $(,)?) => {
        $(#[doc = concat!("See `docs/errors/", $text, ".md`.")] pub const $name: &str = $text;)+

        /// Every reason.
        pub const ALL: &[&str] = &[$($name),+];
    };
}

reasons! {
    FIELD_INVALID = "FIELD_INVALID",
    JSON_INVALID = "JSON_INVALID",
    PLAN_INVALID = "PLAN_INVALID",
    OUTPUT_TYPE_MISMATCH = "OUTPUT_TYPE_MISMATCH",
    DIGEST_MISMATCH = "DIGEST_MISMATCH",
    PAGE_TOKEN_INVALID = "PAGE_TOKEN_INVALID",
    PAYLOAD_TOO_LARGE = "PAYLOAD_TOO_LARGE",
    PLAN_NOT_FOUND = "PLAN_NOT_FOUND",
    PLAN_VERSION_NOT_FOUND = "PLAN_VERSION_NOT_FOUND",
    JOB_NOT_FOUND = "JOB_NOT_FOUND",
    TASK_NOT_FOUND = "TASK_NOT_FOUND",
    WORKER_NOT_FOUND = "WORKER_NOT_FOUND",
    OUTBOX_KEY_NOT_FOUND = "OUTBOX_KEY_NOT_FOUND",
    NAME_TAKEN = "NAME_TAKEN",
    LEASE_LOST = "LEASE_LOST",
    JOB_TERMINAL = "JOB_TERMINAL",
    JOB_STATE_CONFLICT = "JOB_STATE_CONFLICT",
    CHUNK_GAP = "CHUNK_GAP",
    VERSION_RETIRED = "VERSION_RETIRED",
    REQUEST_ID_REUSED = "REQUEST_ID_REUSED",
    PROTOCOL_UNSUPPORTED = "PROTOCOL_UNSUPPORTED",
    ETAG_MISMATCH = "ETAG_MISMATCH",
    VERSION_CONFLICT = "VERSION_CONFLICT",
    RESULT_CONFLICT = "RESULT_CONFLICT",
    LOG_REFUSED = "LOG_REFUSED",
    OVERLOADED = "OVERLOADED",
    STORE_UNAVAILABLE = "STORE_UNAVAILABLE",
    TOKEN_INVALID = "TOKEN_INVALID",
    ROLE_MISSING = "ROLE_MISSING",
    FUNCTION_NOT_ALLOWED = "FUNCTION_NOT_ALLOWED",
    ACCOUNT_MISMATCH = "ACCOUNT_MISMATCH",
    INTERNAL = "INTERNAL",
}
