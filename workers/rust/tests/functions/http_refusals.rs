//! What `http.request` does not do, whatever a plan, a server or a name says.

use crate::support::{check_error, context, server::Server, single};
use axum::{
    Router,
    body::{Body, Bytes},
    response::Redirect,
    routing::get,
};
use esteira_functions::{Guard, HttpRequest, Secrets};
use esteira_sdk::{
    Context, Function as _,
    model::{CancelReason, Cancellation, OutputType, Payload},
};
use futures::stream;
use serde_json::json;
use std::{
    convert::Infallible,
    future::pending,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

fn allowing(patterns: &[&str]) -> HttpRequest {
    HttpRequest::new(
        Guard::new(patterns.iter().map(|pattern| pattern.parse().expect("pattern")).collect()),
        Secrets::none(),
    )
}

/// A server that counts who comes.
async fn counting() -> (Server, Arc<AtomicUsize>) {
    let count = Arc::new(AtomicUsize::new(0));
    let counted = count.clone();
    let secret = move || {
        let counted = counted.clone();
        async move {
            counted.fetch_add(1, Ordering::SeqCst);
            "canary"
        }
    };
    let routes = Router::new()
        .route("/secret", get(secret))
        .route("/there", get(|| async { Redirect::temporary("/secret") }))
        .route("/away", get(|| async { Redirect::permanent("http://169.254.169.254/latest/meta-data") }));
    (Server::start(routes).await, count)
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let (server, count) = counting().await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    for path in ["/there", "/away"] {
        check_error(single(&function, &json!({"url": server.url(path)}), "null").await, "HTTP_REDIRECT", false);
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn private_addresses_need_their_port_on_the_list() {
    let (server, count) = counting().await;
    let port = server.address.rsplit(':').next().expect("port");
    let url = server.url("/secret");
    let cases: [&[&str]; 4] = [&[], &["127.0.0.1"], &["example.com"], &["*.0.0.1.example"]];
    for allow in cases {
        check_error(single(&allowing(allow), &json!({"url": url}), "null").await, "EGRESS_REFUSED", false);
    }
    for url in
        [format!("http://localhost:{port}/secret"), format!("http://[::1]:{port}/secret"), "http://[::1]/".to_owned()]
    {
        check_error(
            single(&allowing(&[&server.address, "[::1]"]), &json!({"url": url}), "null").await,
            "EGRESS_REFUSED",
            false,
        );
    }
    assert_eq!(count.load(Ordering::SeqCst), 0);
    single(&allowing(&[&server.address]), &json!({"url": url}), "null").await.expect("permitted");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_name_that_resolves_to_loopback_is_refused() {
    let (server, count) = counting().await;
    let error = check_error(
        single(&allowing(&["localhost"]), &json!({"url": "http://localhost/"}), "null").await,
        "EGRESS_REFUSED",
        false,
    );
    assert!(error.message().contains("localhost"), "{error}");
    let port = server.address.rsplit(':').next().expect("port");
    let named = format!("localhost:{port}");
    single(&allowing(&[&named]), &json!({"url": format!("http://{named}/secret")}), "null")
        .await
        .expect("named with its port");
    assert_eq!(count.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn an_endless_body_is_cut() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let endless = move || {
        let counted = counted.clone();
        async move {
            Body::from_stream(stream::repeat_with(move || {
                counted.fetch_add(1024, Ordering::SeqCst);
                Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024]))
            }))
        }
    };
    let server = Server::start(Router::new().route("/", get(endless))).await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    let config = json!({"url": server.url("/"), "max_bytes": 10_000});
    check_error(single(&function, &config, "null").await, "HTTP_BODY_TOO_LARGE", false);
    // What the kernel's buffers took, at most.
    assert!(sent.load(Ordering::SeqCst) < 32 << 20);
}

#[tokio::test]
async fn slow_servers_run_out_of_time() {
    let drip = || async {
        let drops = stream::unfold((), |()| async {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
            Some((Ok::<_, Infallible>(Bytes::from_static(b"x")), ()))
        });
        Body::from_stream(drops)
    };
    let routes = Router::new().route("/silent", get(pending::<()>)).route("/drip", get(drip));
    let server = Server::start(routes).await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    for path in ["/silent", "/drip"] {
        let config = json!({"url": server.url(path), "timeout": "200ms"});
        check_error(single(&function, &config, "null").await, "HTTP_TIMEOUT", true);
    }
}

#[tokio::test]
async fn a_cancelled_attempt_ends_at_once() {
    let server = Server::start(Router::new().route("/silent", get(pending::<()>))).await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    let cancellation = Cancellation::new();
    let invocation = context(&json!({"url": server.url("/silent")}), OutputType::Single).invocation().clone();
    let cx = Context::new(invocation, cancellation.clone(), ());
    let (result, ()) =
        tokio::join!(function.execute(&cx, Payload::none()), async { cancellation.cancel(CancelReason::Job) });
    check_error(result, "CANCELLED", true);
}

#[tokio::test]
async fn mistakes_of_a_plan_are_named() {
    let function = allowing(&["example.com"]);
    for (config, named) in [
        (json!({"url": "https://example.com", "redirect": true}), "redirect"),
        (json!({"url": "not a url"}), "url"),
        (json!({"url": "https://example.com", "max_pages": 3}), "max_pages"),
    ] {
        let error = check_error(single(&function, &config, "null").await, "CONFIG_INVALID", false);
        assert!(error.message().contains(named), "{error}");
    }
    let config = json!({"url": "https://example.com", "query": {"q": {"input": "/q"}}});
    check_error(single(&function, &config, "{}").await, "INPUT_INVALID", false);
}
