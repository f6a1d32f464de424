//! Failures and verdicts as JSON text.

use crate::codec::{from_json, to_json};
use base64::{Engine, engine::general_purpose::STANDARD};
use esteira_model::{Body, Failure, Payload};
use esteira_store::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use std::time::Duration;

#[derive(Serialize, Deserialize)]
struct StoredFailure {
    kind: String,
    code: String,
    message: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    stack_trace: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    retry_after: Option<Duration>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    details: Option<StoredDetails>,
    source: String,
}

/// A payload inside a failure. JSON is kept as the text that it is, so that its bytes come back unchanged.
#[derive(Serialize, Deserialize)]
struct StoredDetails {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    json: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    base64: Option<String>,
    content_type: String,
    schema: String,
}

impl From<&Payload> for StoredDetails {
    fn from(payload: &Payload) -> Self {
        let (json, base64) = match &payload.body {
            Body::Json(text) => (Some(text.to_string()), None),
            Body::Binary(bytes) => (None, Some(STANDARD.encode(bytes))),
            Body::None => (None, None),
        };
        Self { json, base64, content_type: payload.content_type.to_string(), schema: payload.schema.to_string() }
    }
}

fn read_details(stored: StoredDetails) -> Result<Payload> {
    let body = match (stored.json, stored.base64) {
        (Some(text), _) => Body::Json(text.into()),
        (None, Some(text)) => Body::Binary(
            STANDARD
                .decode(text)
                .map_err(|_| Error::new(Kind::Defect, "stored failure details are not base64"))?
                .into(),
        ),
        (None, None) => Body::None,
    };
    Ok(Payload { body, content_type: stored.content_type.into(), schema: stored.schema.into() })
}

/// The text of a failure, or none.
pub(crate) fn failure_text(failure: Option<&Failure>) -> Option<String> {
    failure.map(|f| {
        to_json(&StoredFailure {
            kind: f.kind.as_str().to_owned(),
            code: f.code.clone(),
            message: f.message.clone(),
            stack_trace: f.stack_trace.clone(),
            retry_after: f.retry_after,
            details: f.details.as_ref().map(Into::into),
            source: f.source.clone(),
        })
    })
}

/// The failure of a text, if there is one.
pub(crate) fn read_failure(text: Option<&str>) -> Result<Option<Failure>> {
    let Some(text) = text else { return Ok(None) };
    let stored: StoredFailure = from_json(text)?;
    Ok(Some(Failure {
        kind: stored.kind.parse().map_err(|_| Error::new(Kind::Defect, "stored failure has an unknown kind"))?,
        code: stored.code,
        message: stored.message,
        stack_trace: stored.stack_trace,
        retry_after: stored.retry_after,
        details: stored.details.map(read_details).transpose()?,
        source: stored.source,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::FailureKind;

    fn check(details: Option<Payload>) {
        let failure = Failure {
            kind: FailureKind::Retryable,
            code: "X".into(),
            message: "a \0 byte".into(),
            stack_trace: String::new(),
            retry_after: Some(Duration::new(1, 500)),
            details,
            source: "f".into(),
        };
        let text = failure_text(Some(&failure)).expect("some");
        assert!(!text.contains('\0'));
        assert_eq!(read_failure(Some(&text)).expect("reads"), Some(failure));
    }

    #[test]
    fn details_come_back_byte_for_byte() {
        check(None);
        check(Some(Payload::none()));
        check(Some(Payload::json("{ \"a\" : 1e2 }")));
        check(Some(Payload::binary([0u8, 255, 10])));
        check(Some(Payload { content_type: "text/x".into(), schema: "s".into(), ..Payload::binary([]) }));
    }
}
