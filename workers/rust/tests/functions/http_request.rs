//! `http.request`: what is sent, and what comes back.

use crate::support::{TRACEPARENT, check_error, run, server::Server, single};
use axum::{
    Router,
    http::{HeaderMap, HeaderName, Method, StatusCode},
    routing::{any, get},
};
use esteira_functions::{HttpRequest, Secrets};
use esteira_sdk::{Output, model::OutputType};
use serde_json::{Value, json};
use std::time::Duration;

fn secrets() -> Secrets {
    Secrets::from_iter([("CRM".to_owned(), "canary-token".to_owned())])
}

/// Answers with what it was asked.
async fn mirror() -> Server {
    let echo = |method: Method, headers: HeaderMap, body: String| async move {
        let header = |name: &str| headers.get(name).map(|value| value.to_str().expect("text").to_owned());
        axum::Json(json!({
            "method": method.as_str(), "body": body, "key": header("idempotency-key"), "trace": header("traceparent"),
            "authorization": header("authorization"), "encoding": header("accept-encoding"), "type": header("content-type"),
        }))
    };
    Server::start(Router::new().route("/echo", any(echo))).await
}

#[tokio::test]
async fn the_body_is_the_input_byte_for_byte() {
    let server = mirror().await;
    let function = HttpRequest::new(server.guard(), secrets());
    let config = json!({"url": server.url("/echo"), "method": "POST", "body": "input",
        "headers": {"authorization": {"secret": "CRM", "prefix": "Bearer "}}});
    let answer = single(&function, &config, "{\"n\": 9007199254740993,\"a\":1.0}").await.expect("answered");
    assert_eq!(answer["status"], 200);
    assert_eq!(answer["headers"]["content-type"], "application/json");
    let seen = &answer["body"];
    assert_eq!(seen["body"], "{\"n\": 9007199254740993,\"a\":1.0}");
    assert_eq!((&seen["method"], &seen["type"]), (&json!("POST"), &json!("application/json")));
    assert_eq!((&seen["key"], &seen["trace"]), (&json!("task-7"), &json!(TRACEPARENT)));
    assert_eq!((&seen["authorization"], &seen["encoding"]), (&json!("Bearer canary-token"), &json!("identity")));
}

#[tokio::test]
async fn a_get_has_no_body_and_no_idempotency_key() {
    let server = mirror().await;
    let function = HttpRequest::new(server.guard(), secrets());
    let config = json!({"url": server.url("/echo"), "body_only": true});
    let seen = single(&function, &config, "null").await.expect("answered");
    assert_eq!((&seen["method"], &seen["body"], &seen["key"]), (&json!("GET"), &json!(""), &Value::Null));
    assert_eq!(seen["trace"], TRACEPARENT);
    assert_eq!(run(&function, &config, OutputType::None, "null").await.expect("answered"), Output::None);
}

#[tokio::test]
async fn an_idempotency_key_of_the_author_stays() {
    let server = mirror().await;
    let function = HttpRequest::new(server.guard(), secrets());
    let config = json!({"url": server.url("/echo"), "method": "DELETE", "body_only": true, "headers": {"Idempotency-Key": "mine"}});
    assert_eq!(single(&function, &config, "null").await.expect("answered")["key"], "mine");
}

#[tokio::test]
async fn statuses_say_whether_another_attempt_helps() {
    let fail = |status: u16| {
        move |headers: HeaderMap| async move {
            assert_eq!(headers["authorization"], "canary-token");
            // A server that says more than it should.
            (
                StatusCode::from_u16(status).expect("status"),
                [(HeaderName::from_static("retry-after"), "7")],
                "canary-token",
            )
        }
    };
    let mut routes = Router::new();
    let cases = [
        (400, "HTTP_400", false),
        (401, "HTTP_401", false),
        (404, "HTTP_404", false),
        (408, "HTTP_408", true),
        (425, "HTTP_425", true),
        (429, "HTTP_429", true),
        (500, "HTTP_500", true),
        (503, "HTTP_503", true),
    ];
    for (status, _, _) in cases {
        routes = routes.route(&format!("/{status}"), get(fail(status)));
    }
    let server = Server::start(routes).await;
    let function = HttpRequest::new(server.guard(), secrets());
    for (status, code, retryable) in cases {
        let config =
            json!({"url": server.url(&format!("/{status}?q=canary")), "headers": {"authorization": {"secret": "CRM"}}});
        let error = check_error(single(&function, &config, "null").await, code, retryable);
        let failure = error.into_failure("http.request");
        assert_eq!(failure.retry_after, retryable.then_some(Duration::from_secs(7)), "{status}");
    }
}

#[tokio::test]
async fn a_server_that_is_not_there_is_tried_again() {
    let server = mirror().await;
    let guard = esteira_functions::Guard::new(vec!["127.0.0.1:9".parse().expect("pattern")]);
    let function = HttpRequest::new(guard, secrets());
    let config = json!({"url": "http://127.0.0.1:9/?q=canary", "headers": {"authorization": {"secret": "CRM"}}});
    check_error(single(&function, &config, "null").await, "HTTP_CONNECT", true);
    // TLS towards a server that speaks none.
    let config = json!({"url": server.url("/echo").replace("http:", "https:")});
    let function = HttpRequest::new(server.guard(), secrets());
    check_error(single(&function, &config, "null").await, "HTTP_CONNECT", true);
}
