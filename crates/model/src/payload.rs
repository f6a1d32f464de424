//! Payloads: bytes that are kept and hashed exactly as received (INV-VALIDATE).

use std::sync::Arc;

/// The body of a payload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Body {
    /// JSON text, checked for form at the edge and never re-serialised.
    Json(Arc<str>),
    /// Anything else.
    Binary(Arc<[u8]>),
    /// No data at all; not the same as JSON `null`.
    None,
}

/// A body with what the sender said about it. Cloning shares the bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    /// The bytes.
    pub body: Body,
    /// "" means `application/json` for JSON and `application/octet-stream` for binary.
    pub content_type: Arc<str>,
    /// Schema id that the producing function declared, or "".
    pub schema: Arc<str>,
}

impl Payload {
    /// A payload without data.
    pub fn none() -> Self {
        Self { body: Body::None, content_type: "".into(), schema: "".into() }
    }

    /// JSON text, as it is.
    pub fn json(text: impl Into<Arc<str>>) -> Self {
        Self { body: Body::Json(text.into()), content_type: "".into(), schema: "".into() }
    }

    /// Bytes, as they are.
    pub fn binary(bytes: impl Into<Arc<[u8]>>) -> Self {
        Self { body: Body::Binary(bytes.into()), content_type: "".into(), schema: "".into() }
    }

    /// The body bytes: what is stored and hashed.
    pub fn bytes(&self) -> &[u8] {
        match &self.body {
            Body::Json(text) => text.as_bytes(),
            Body::Binary(bytes) => bytes,
            Body::None => &[],
        }
    }

    /// The JSON text, unless the body is binary or absent.
    pub fn as_json(&self) -> Option<&str> {
        match &self.body {
            Body::Json(text) => Some(text),
            _ => None,
        }
    }
}
