//! Makes requests of a configuration, an input and the operator's secrets.

use crate::{
    argument::Argument,
    http_request::config::{BodyFrom, Config, Header, Method},
    pointer::document,
    secrets::Secrets,
};
use esteira_sdk::{
    Context, Error,
    model::{Body, Payload},
};
use reqwest::{
    Request, Url,
    header::{ACCEPT, ACCEPT_ENCODING, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue},
};
use serde_json::value::RawValue;
use std::sync::Arc;

const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// Headers of the job that travel on.
const TRACE_HEADERS: [&str; 2] = ["traceparent", "tracestate"];
/// Headers that belong to the connection, and the one that would ask for compression.
const RESERVED: [&str; 11] = [
    "accept-encoding",
    "connection",
    "content-length",
    "expect",
    "host",
    "keep-alive",
    "proxy-authorization",
    "te",
    "trailer",
    "transfer-encoding",
    "upgrade",
];

/// A request that is ready to be sent, to its own URL or to that of a further page.
pub(crate) struct Prepared {
    method: reqwest::Method,
    url: Url,
    headers: HeaderMap,
    body: Option<Arc<str>>,
}

impl Prepared {
    /// Reads everything that the request needs.
    ///
    /// Errors: `CONFIG_INVALID`, `INPUT_INVALID`, `SECRET_UNKNOWN`, `SECRET_INVALID`.
    pub(crate) fn new(config: &Config, cx: &Context, secrets: &Secrets, input: &Payload) -> Result<Self, Error> {
        let method = match config.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Patch => reqwest::Method::PATCH,
            Method::Delete => reqwest::Method::DELETE,
        };
        let body = match (config.body, &input.body) {
            (None, _) => None,
            (Some(BodyFrom::Input), Body::Json(text)) => Some(text.clone()),
            (Some(BodyFrom::Input), _) => {
                return Err(Error::input_invalid("there is no JSON input to send as the body"));
            }
        };
        Ok(Self { headers: headers(config, cx, secrets, body.is_some())?, url: url(config, input)?, method, body })
    }

    /// Where the request goes.
    pub(crate) fn url(&self) -> &Url {
        &self.url
    }

    /// The request, to this URL.
    pub(crate) fn request(&self, url: Url) -> Request {
        let mut request = Request::new(self.method.clone(), url);
        *request.headers_mut() = self.headers.clone();
        *request.body_mut() = self.body.as_ref().map(|text| text.to_string().into());
        request
    }
}

fn url(config: &Config, input: &Payload) -> Result<Url, Error> {
    let mut url = Url::parse(&config.url).map_err(|error| Error::config_invalid(format!("url: {error}")))?;
    url.set_fragment(None);
    let uses_input = config.path.iter().chain(config.query.values()).any(Argument::is_from_input);
    let input = if uses_input { document(input)? } else { RawValue::NULL };
    for argument in &config.path {
        let segment = argument.text(input)?;
        // The URL library leaves dot segments out: the request would go to another resource.
        if matches!(segment.as_str(), "" | "." | "..") {
            return Err(Error::input_invalid(format!("path: {segment:?} cannot be a segment of a path")));
        }
        let mut segments = url.path_segments_mut().map_err(|()| Error::config_invalid("url: it cannot have a path"))?;
        segments.pop_if_empty().push(&segment);
    }
    for (name, argument) in &config.query {
        let value = argument.text(input)?;
        url.query_pairs_mut().append_pair(name, &value);
    }
    Ok(url)
}

fn headers(config: &Config, cx: &Context, secrets: &Secrets, has_body: bool) -> Result<HeaderMap, Error> {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT, HeaderValue::from_static("application/json, */*;q=0.5"));
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static("identity"));
    if has_body {
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    }
    for name in TRACE_HEADERS {
        if let Some(value) = cx.headers().get(name).and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    if !matches!(config.method, Method::Get | Method::Head) && !cx.idempotency_key().is_empty() {
        let key = HeaderValue::from_str(cx.idempotency_key())
            .map_err(|_| Error::input_invalid("the idempotency key cannot be a header"))?;
        headers.insert(IDEMPOTENCY_KEY, key);
    }
    for (name, header) in &config.headers {
        let parsed = HeaderName::try_from(name.as_str())
            .map_err(|_| Error::config_invalid(format!("headers: {name:?} is no name")))?;
        if RESERVED.contains(&parsed.as_str()) {
            return Err(Error::config_invalid(format!(
                "headers: {name:?} belongs to the connection and cannot be set"
            )));
        }
        headers.insert(parsed, header_value(name, header, secrets)?);
    }
    Ok(headers)
}

fn header_value(name: &str, header: &Header, secrets: &Secrets) -> Result<HeaderValue, Error> {
    match header {
        Header::Text(text) => {
            HeaderValue::from_str(text).map_err(|_| Error::config_invalid(format!("headers: the value of {name:?}")))
        }
        Header::Secret(reference) => {
            let text = format!("{}{}", reference.prefix, secrets.get(&reference.secret)?);
            let mut value = HeaderValue::from_str(&text).map_err(|_| {
                Error::non_retryable(
                    "SECRET_INVALID",
                    format!("the secret {:?} cannot be sent in a header", reference.secret),
                )
            })?;
            value.set_sensitive(true);
            Ok(value)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::context;

    fn prepared(config: &str, input: &str) -> Result<Prepared, Error> {
        let secrets = Secrets::from_iter([
            ("CRM".to_owned(), "canary-7".to_owned()),
            ("BROKEN".to_owned(), "canary\n8".to_owned()),
        ]);
        let config = serde_json::from_str(config).map_err(Error::config_invalid)?;
        Prepared::new(&config, &context(""), &secrets, &Payload::json(input))
    }

    #[test]
    fn data_cannot_leave_its_place_in_the_url() {
        let config =
            r#"{"url":"https://a.example/v1/?k=1","path":["contacts",{"input":"/id"}],"query":{"q":{"input":"/q"}}}"#;
        let cases = [
            (r#"{"id":7,"q":"x"}"#, Some("https://a.example/v1/contacts/7?k=1&q=x")),
            (
                r#"{"id":"a/../b?c#d%2e","q":"x&y=z"}"#,
                Some("https://a.example/v1/contacts/a%2F..%2Fb%3Fc%23d%252e?k=1&q=x%26y%3Dz"),
            ),
            (r#"{"id":"..","q":"x"}"#, None),
            (r#"{"id":"","q":"x"}"#, None),
            (r#"{"q":"x"}"#, None),
        ];
        for (input, expected) in cases {
            let prepared = prepared(config, input);
            assert_eq!(prepared.as_ref().map(|p| p.url().as_str()).ok(), expected, "{input}");
            if let Err(error) = prepared {
                assert_eq!(error.code(), "INPUT_INVALID");
            }
        }
    }

    #[test]
    fn secrets_are_sent_and_never_shown() {
        let config = r#"{"url":"https://a.example","headers":{"Authorization":{"secret":"CRM","prefix":"Bearer "}}}"#;
        let prepared = prepared(config, "null").expect("prepared");
        assert_eq!(prepared.headers["authorization"], "Bearer canary-7");
        assert!(!format!("{:?}", prepared.headers).contains("canary"), "{:?}", prepared.headers);
    }

    #[test]
    fn headers_are_refused_by_name() {
        let cases = [
            (r#"{"Host":"b.example"}"#, "CONFIG_INVALID", "Host"),
            (r#"{"Accept-Encoding":"gzip"}"#, "CONFIG_INVALID", "Accept-Encoding"),
            (r#"{"a b":"c"}"#, "CONFIG_INVALID", "a b"),
            (r#"{"x":"a\nb"}"#, "CONFIG_INVALID", "x"),
            (r#"{"x":{"secret":"NONE"}}"#, "SECRET_UNKNOWN", "NONE"),
            (r#"{"x":{"secret":"BROKEN"}}"#, "SECRET_INVALID", "BROKEN"),
        ];
        for (headers, code, named) in cases {
            let error = prepared(&format!(r#"{{"url":"https://a.example","headers":{headers}}}"#), "null")
                .err()
                .expect(headers);
            assert_eq!(error.code(), code, "{headers}");
            assert!(error.message().contains(named) && !error.message().contains("canary"), "{error}");
        }
    }
}
