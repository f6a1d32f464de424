//! What a function raises, and the failure that is reported.

use crate::case::{Bytes, Raised, RaisedType, Reported, TruncateCase};
use esteira_model::limits::{FAILURE_MESSAGE_BYTES_MAX, FAILURE_STACK_BYTES_MAX};
use esteira_sdk::model::{Error, Failure, FailureKind, error::truncated};
use std::time::Duration;

/// An ordinary error of the language.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Ordinary(String);

/// The failure that is reported for an error.
pub fn report(raised: &Raised) -> Result<Reported, String> {
    let message = raised.message.as_str();
    let error = match (raised.r#type, &raised.code) {
        (RaisedType::Retryable, Some(code)) => Error::retryable(code, message),
        (RaisedType::NonRetryable, Some(code)) => Error::non_retryable(code, message),
        (RaisedType::Other, None) => Ordinary(message.to_owned()).into(),
        (RaisedType::InputInvalid, None) => Error::input_invalid(message),
        (RaisedType::ConfigInvalid, None) => Error::config_invalid(message),
        (kind, code) => return Err(format!("{kind:?} with the code {code:?}")),
    };
    let error = match raised.after_ms {
        Some(ms) => error.after(Duration::from_millis(ms)),
        None => error,
    };
    let failure = error.into_failure("kit.script");
    Ok(Reported {
        kind: failure.kind.to_string(),
        code: failure.code,
        message: failure.message,
        retry_after_ms: failure.retry_after.and_then(|after| u64::try_from(after.as_millis()).ok()),
    })
}

/// How long a text is after it was cut.
pub fn truncate(case: &TruncateCase) -> Result<Bytes, String> {
    let text = case.text_unit.repeat(case.count);
    let mut failure = Failure::engine(FailureKind::Retryable, "X", "");
    let is_message = match case.limit {
        FAILURE_MESSAGE_BYTES_MAX => true,
        FAILURE_STACK_BYTES_MAX => false,
        other => return Err(format!("nothing is cut at {other} bytes")),
    };
    *(if is_message { &mut failure.message } else { &mut failure.stack_trace }) = text.clone();
    let cut = truncated(failure);
    let left = if is_message { cut.message } else { cut.stack_trace };
    if text.starts_with(&left) {
        Ok(Bytes { bytes: left.len() })
    } else {
        Err("what is left is not a beginning".into())
    }
}
