//! Payloads: bytes kept and hashed exactly as received.

use crate::{
    convert::{at::At, check},
    status::{Answer, Refusal},
};
use bytes::Bytes;
use esteira_contract::v1::{self, payload::Body as Wire};
use esteira_coordinator::Reason;
use esteira_model::{Body, Payload, limits};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Strictly checked: form of the JSON, sizes, and the digest when the sender gave one.
pub fn payload(payload: v1::Payload, at: At<'_>) -> Answer<Payload> {
    let v1::Payload { body, content_type, schema, sha256 } = payload;
    let body = match body {
        None => Body::None,
        Some(Wire::Json(text)) => {
            size(text.len(), at)?;
            json(&text, at)?;
            Body::Json(text.into())
        }
        Some(Wire::Binary(bytes)) => {
            size(bytes.len(), at)?;
            Body::Binary(Arc::from(bytes.as_ref()))
        }
    };
    let content_type = shared(check::line(content_type, at.field("content_type"), limits::ID_CHARS_MAX)?);
    let schema = shared(check::line(schema, at.field("schema"), limits::TEXT_CHARS_MAX)?);
    let payload = Payload { body, content_type, schema };
    if !sha256.is_empty() {
        digest(&payload, &sha256, at)?;
    }
    Ok(payload)
}

/// A payload, or none at all.
pub fn optional(value: Option<v1::Payload>, at: At<'_>) -> Answer<Option<Payload>> {
    value.map(|value| payload(value, at)).transpose()
}

/// Checks the form of JSON text. What is said of it holds no part of it.
pub fn json(text: &str, at: At<'_>) -> Answer<()> {
    esteira_expr::check_json(text).map_err(|error| {
        Refusal::at(Reason::JsonInvalid, at, format!("{} at byte {}", error.problem.as_str(), error.offset))
    })
}

fn size(bytes: usize, at: At<'_>) -> Answer<()> {
    if bytes > limits::PAYLOAD_BYTES_MAX {
        let message = format!("has {bytes} bytes; a payload has at most {}", limits::PAYLOAD_BYTES_MAX);
        return Err(Refusal::at(Reason::PayloadTooLarge, at, message));
    }
    Ok(())
}

fn digest(payload: &Payload, sha256: &Bytes, at: At<'_>) -> Answer<()> {
    if sha256.len() != 32 {
        return Err(Refusal::field(at.field("sha256"), "has not 32 bytes"));
    }
    if payload.body == Body::None {
        return Err(Refusal::field(at.field("sha256"), "there is no body that it could be the digest of"));
    }
    if Sha256::digest(payload.bytes()).as_slice() != sha256.as_ref() {
        return Err(Refusal::at(
            Reason::DigestMismatch,
            at.field("sha256"),
            "is not the SHA-256 of the body as it arrived",
        ));
    }
    Ok(())
}

/// An empty text takes no memory.
fn shared(text: String) -> Arc<str> {
    if text.is_empty() { Arc::default() } else { text.into() }
}

/// Whether an answer carries the bodies of payloads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bodies {
    /// It does.
    Sent,
    /// Only their digests.
    Omitted,
}

impl Bodies {
    /// Sent unless the request says otherwise.
    pub fn unless(omit: bool) -> Self {
        if omit { Self::Omitted } else { Self::Sent }
    }
}

/// With a digest that is known.
pub fn payload_out(payload: &Payload, sha256: &[u8; 32], bodies: Bodies) -> v1::Payload {
    let (body, sha256) = match &payload.body {
        Body::None => (None, Bytes::new()),
        _ if bodies == Bodies::Omitted => (None, Bytes::copy_from_slice(sha256)),
        Body::Json(text) => (Some(Wire::Json(text.as_ref().to_owned())), Bytes::copy_from_slice(sha256)),
        Body::Binary(bytes) => (Some(Wire::Binary(Bytes::from_owner(bytes.clone()))), Bytes::copy_from_slice(sha256)),
    };
    v1::Payload {
        body,
        content_type: payload.content_type.as_ref().to_owned(),
        schema: payload.schema.as_ref().to_owned(),
        sha256,
    }
}

/// The digest of a payload's body.
pub fn sha256(payload: &Payload) -> [u8; 32] {
    Sha256::digest(payload.bytes()).into()
}

/// With a digest that is computed here.
pub fn hashed_out(payload: &Payload) -> v1::Payload {
    payload_out(payload, &sha256(payload), Bodies::Sent)
}

#[cfg(test)]
#[path = "payload_tests.rs"]
mod tests;
