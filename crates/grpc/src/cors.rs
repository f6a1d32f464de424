//! Cross-origin calls of browsers, for gRPC-web: from the configured origins, by default none.

use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, header};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::body::Body;
use tower::{Layer, Service};

/// Answers preflights, and lets the listed origins read answers.
#[derive(Debug, Clone)]
pub struct CorsLayer {
    origins: Arc<[HeaderValue]>,
}

impl CorsLayer {
    /// For these origins, compared byte for byte. Texts that cannot be a header match nothing.
    pub fn new(origins: &[String]) -> Self {
        Self { origins: origins.iter().filter_map(|origin| HeaderValue::from_str(origin).ok()).collect() }
    }
}

impl<S> Layer<S> for CorsLayer {
    type Service = Cors<S>;

    fn layer(&self, inner: S) -> Cors<S> {
        Cors { inner, origins: self.origins.clone() }
    }
}

/// See [`CorsLayer`].
#[derive(Debug, Clone)]
pub struct Cors<S> {
    inner: S,
    origins: Arc<[HeaderValue]>,
}

const ALLOW_HEADERS: &str = "authorization, content-type, grpc-timeout, traceparent, x-grpc-web, x-user-agent";
const EXPOSE_HEADERS: &str = "grpc-status, grpc-message, grpc-status-details-bin";
/// How long a browser keeps the answer to a preflight.
const MAX_AGE_S: &str = "7200";

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}

/// The answer to a preflight: 204, and what is allowed if the origin is.
fn preflight(origin: Option<HeaderValue>) -> Response<Body> {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    let headers = response.headers_mut();
    set(headers, header::VARY, "origin");
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, "POST");
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        set(headers, header::ACCESS_CONTROL_MAX_AGE, MAX_AGE_S);
    }
    response
}

impl<S> Service<Request<Body>> for Cors<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Send,
    S::Future: Send + 'static,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let Some(origin) = request.headers().get(header::ORIGIN) else {
            // Not a browser.
            return Box::pin(self.inner.call(request));
        };
        let origin = self.origins.contains(origin).then(|| origin.clone());
        if request.method() == Method::OPTIONS {
            return Box::pin(std::future::ready(Ok(preflight(origin))));
        }
        let answer = self.inner.call(request);
        Box::pin(async move {
            let mut response = answer.await?;
            let headers = response.headers_mut();
            headers.append(header::VARY, HeaderValue::from_static("origin"));
            if let Some(origin) = origin {
                headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
                set(headers, header::ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSE_HEADERS);
            }
            Ok(response)
        })
    }
}
