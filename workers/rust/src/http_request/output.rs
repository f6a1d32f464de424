//! What a step with output `single` receives.

use crate::egress::Answer;
use base64::{Engine as _, engine::general_purpose::STANDARD};
use esteira_sdk::{
    Error,
    model::{Body, Payload},
};
use reqwest::header::{CONTENT_TYPE, HeaderMap, SET_COOKIE};
use serde_json::value::RawValue;
use std::{collections::BTreeMap, str};

/// `{"status": 200, "headers": {..}, "body": ..}`.
///
/// The body is the JSON value as it was written, a text, `{"base64": ".."}` for bytes that are no text, or `null` when there is
/// none. Header names are in lower case, repeated ones are joined with `, `; cookies are left out, they are credentials.
pub(crate) fn answer_payload(answer: &Answer) -> Result<Payload, Error> {
    let headers = serde_json::to_string(&header_texts(&answer.headers))?;
    let body = match (json(answer)?, str::from_utf8(&answer.body)) {
        _ if answer.body.is_empty() => "null".to_owned(),
        (Some(json), _) => json.get().to_owned(),
        (None, Ok(text)) => serde_json::to_string(text)?,
        (None, Err(_)) => format!(r#"{{"base64":"{}"}}"#, STANDARD.encode(&answer.body)),
    };
    Ok(Payload::json(format!(r#"{{"status":{},"headers":{headers},"body":{body}}}"#, answer.status.as_u16())))
}

/// The body alone, byte for byte: JSON when the server says so, else binary with the server's content type.
pub(crate) fn body_payload(answer: &Answer) -> Result<Payload, Error> {
    if answer.body.is_empty() {
        return Ok(Payload::none());
    }
    let content_type = header(&answer.headers, &CONTENT_TYPE).unwrap_or_default();
    let mut payload = match (json(answer)?, str::from_utf8(&answer.body)) {
        (Some(_), Ok(text)) => Payload::json(text),
        _ => Payload::binary(&answer.body[..]),
    };
    if matches!(payload.body, Body::Binary(_)) {
        payload.content_type = content_type.into();
    }
    Ok(payload)
}

/// The body as JSON, if the server says that it is.
fn json(answer: &Answer) -> Result<Option<&RawValue>, Error> {
    let content_type = header(&answer.headers, &CONTENT_TYPE).unwrap_or_default().to_ascii_lowercase();
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    if answer.body.is_empty() || !(essence == "application/json" || essence.ends_with("+json")) {
        return Ok(None);
    }
    serde_json::from_slice(&answer.body).map(Some).map_err(|error| {
        Error::non_retryable(
            "HTTP_BODY_INVALID",
            format!("the body is not the JSON that its content type says: {error}"),
        )
    })
}

fn header<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn header_texts(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let mut texts: BTreeMap<&str, String> = BTreeMap::new();
    for (name, value) in headers.iter().filter(|(name, _)| *name != SET_COOKIE) {
        let value = String::from_utf8_lossy(value.as_bytes());
        texts
            .entry(name.as_str())
            .and_modify(|text| {
                text.push_str(", ");
                text.push_str(&value);
            })
            .or_insert_with(|| value.to_string());
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::StatusCode;

    fn answer(content_type: &str, body: &'static [u8]) -> Answer {
        let mut headers = HeaderMap::new();
        for (name, value) in
            [("content-type", content_type), ("x-a", "1"), ("x-a", "2"), ("set-cookie", "session=canary")]
        {
            headers.append(name, value.parse().expect("value"));
        }
        Answer { status: StatusCode::OK, headers, body: body.into() }
    }

    fn check(content_type: &str, body: &'static [u8], whole: &str, only: Payload) {
        let answer = answer(content_type, body);
        let expected =
            format!(r#"{{"status":200,"headers":{{"content-type":"{content_type}","x-a":"1, 2"}},"body":{whole}}}"#);
        assert_eq!(answer_payload(&answer).expect("payload"), Payload::json(expected));
        assert_eq!(body_payload(&answer).expect("payload"), only);
    }

    #[test]
    fn bodies_are_handed_on_as_they_are() {
        check(
            "application/json",
            br#"{"n": 9007199254740993}"#,
            r#"{"n": 9007199254740993}"#,
            Payload::json(r#"{"n": 9007199254740993}"#),
        );
        check("Application/Problem+JSON; charset=utf-8", b"[1]", "[1]", Payload::json("[1]"));
        check("application/json", b"", "null", Payload::none());
        let text = Payload { content_type: "text/plain".into(), ..Payload::binary(&b"a\"b"[..]) };
        check("text/plain", b"a\"b", r#""a\"b""#, text);
        let image = Payload { content_type: "image/png".into(), ..Payload::binary(&[0xff, 0xd8][..]) };
        check("image/png", &[0xff, 0xd8], r#"{"base64":"/9g="}"#, image);
    }

    #[test]
    fn a_body_that_is_not_what_it_says_is_refused() {
        let error = answer_payload(&answer("application/json", b"<html>canary</html>")).expect_err("html");
        assert_eq!(error.code(), "HTTP_BODY_INVALID");
        assert!(!error.message().contains("canary"), "{error}");
    }
}
