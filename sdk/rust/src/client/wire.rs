//! Between values of the model and values of the contract's messages.

use crate::model::{Body, Payload};
use esteira_contract::v1::{self, payload::Body as WireBody};
use std::{sync::Arc, time::Duration};

/// A payload as it came over the wire.
pub fn payload_in(payload: v1::Payload) -> Payload {
    let body = match payload.body {
        Some(WireBody::Json(text)) => Body::Json(text.into()),
        Some(WireBody::Binary(bytes)) => Body::Binary(Arc::from(&bytes[..])),
        None => Body::None,
    };
    Payload { body, content_type: payload.content_type.into(), schema: payload.schema.into() }
}

/// A payload as it goes over the wire; the digest is the coordinator's business.
pub fn payload_out(payload: &Payload) -> v1::Payload {
    let body = match &payload.body {
        Body::Json(text) => Some(WireBody::Json(text.to_string())),
        Body::Binary(bytes) => Some(WireBody::Binary(bytes::Bytes::from_owner(Arc::clone(bytes)))),
        Body::None => None,
    };
    v1::Payload {
        body,
        content_type: payload.content_type.to_string(),
        schema: payload.schema.to_string(),
        sha256: Default::default(),
    }
}

/// A duration as it came over the wire; none when it is absent, negative or out of range.
pub fn duration_in(duration: Option<prost_types::Duration>) -> Option<Duration> {
    duration.and_then(|duration| Duration::try_from(duration).ok())
}

/// A duration as it goes over the wire; the longest that it can hold when it is longer.
pub fn duration_out(duration: Duration) -> prost_types::Duration {
    prost_types::Duration::try_from(duration).unwrap_or(prost_types::Duration { seconds: 315_576_000_000, nanos: 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn payloads_keep_their_bytes() {
        for payload in [
            Payload::json(r#"{"n":9007199254740993,"t":"\u0000"}"#),
            Payload::json("null"),
            Payload::binary([0, 159, 146, 150]),
            Payload::none(),
            Payload { content_type: "text/csv".into(), schema: "s/1".into(), ..Payload::binary(*b"a,b") },
        ] {
            assert_eq!(payload_in(payload_out(&payload)), payload);
        }
    }

    #[test]
    fn durations_stay_what_they_are() {
        let cases =
            [Duration::ZERO, Duration::from_nanos(1), Duration::from_millis(1500), Duration::from_secs(86_400 * 366)];
        for duration in cases {
            assert_eq!(duration_in(Some(duration_out(duration))), Some(duration));
        }
        assert_eq!(duration_in(Some(prost_types::Duration { seconds: -1, nanos: 0 })), None);
        assert_eq!(duration_in(None), None);
    }
}
