//! `http.request` with output multiple: both styles of paging.

use crate::support::{check_error, multiple, server::Server};
use axum::{Router, extract::Query, http::header::CONTENT_TYPE, response::IntoResponse, routing::get};
use esteira_functions::{HttpRequest, Secrets};
use serde_json::json;
use std::collections::HashMap;

type Params = Query<HashMap<String, String>>;

fn json_text(text: String) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], text)
}

fn number(params: &Params, name: &str, default: usize) -> usize {
    params.get(name).map_or(default, |text| text.parse().expect("a number"))
}

/// 25 items `{"n": 1.0}` .. behind `?page=` and `?page_size=`, and behind links.
async fn books() -> Server {
    let item = |n: usize| format!("{{\"n\": {n}.0}}");
    let paged = move |params: Params| async move {
        let (page, size) = (number(&params, "page", 1), number(&params, "page_size", 10));
        assert_eq!(params["q"], "a&b");
        let items: Vec<String> = (page * size - size..(page * size).min(25)).map(item).collect();
        json_text(format!("{{\"data\":{{\"list\":[{}]}}}}", items.join(" , ")))
    };
    let linked = move |params: Params| async move {
        let from = number(&params, "from", 0);
        let items: Vec<String> = (from..(from + 10).min(25)).map(item).collect();
        let next = if from + 10 < 25 { format!("\"?from={}\"", from + 10) } else { "null".to_owned() };
        json_text(format!("{{\"items\":[{}],\"next\":{next}}}", items.join(",")))
    };
    let routes = Router::new()
        .route("/paged", get(paged))
        .route("/linked", get(linked))
        .route("/circle", get(|| async { json_text("{\"items\":[1],\"next\":\"/circle\"}".to_owned()) }))
        .route("/away", get(|| async { json_text("{\"items\":[1],\"next\":\"http://127.0.0.1:9/\"}".to_owned()) }))
        .route("/plain", get(|| async { json_text("[1, \"a\" ,null]".to_owned()) }))
        .route("/none", get(|| async { json_text("[]".to_owned()) }))
        .route("/broken", get(|| async { json_text("[1,".to_owned()) }));
    Server::start(routes).await
}

#[tokio::test]
async fn pages_are_fetched_until_one_is_short() {
    let server = books().await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    let expected: Vec<String> = (0..25).map(|n| format!("{{\"n\": {n}.0}}")).collect();
    for size in [5, 10, 25, 100] {
        let config =
            json!({"url": server.url("/paged"), "query": {"q": "a&b"}, "items": "/data/list", "page": {"size": size}});
        assert_eq!(multiple(&function, &config, "null").await.expect("items"), expected, "{size}");
    }
}

#[tokio::test]
async fn links_are_followed_to_the_end() {
    let server = books().await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    let config = json!({"url": server.url("/linked"), "items": "/items", "next": "/next"});
    assert_eq!(multiple(&function, &config, "null").await.expect("items").len(), 25);
    // Nothing is cut off silently.
    let config = json!({"url": server.url("/linked"), "items": "/items", "next": "/next", "max_pages": 2});
    check_error(multiple(&function, &config, "null").await, "HTTP_PAGES_MAX", false);
    let config = json!({"url": server.url("/linked"), "items": "/items", "next": "/next", "max_bytes": 200});
    check_error(multiple(&function, &config, "null").await, "HTTP_BODY_TOO_LARGE", false);
}

#[tokio::test]
async fn links_lead_nowhere_else() {
    let server = books().await;
    let guard = esteira_functions::Guard::new(vec![
        server.address.parse().expect("pattern"),
        "127.0.0.1:9".parse().expect("pattern"),
    ]);
    let function = HttpRequest::new(guard, Secrets::none());
    for path in ["/circle", "/away"] {
        let config = json!({"url": server.url(path), "items": "/items", "next": "/next"});
        check_error(multiple(&function, &config, "null").await, "HTTP_NEXT_REFUSED", false);
    }
}

#[tokio::test]
async fn a_body_that_is_an_array_needs_no_pointer() {
    let server = books().await;
    let function = HttpRequest::new(server.guard(), Secrets::none());
    let items = multiple(&function, &json!({"url": server.url("/plain")}), "null").await.expect("items");
    assert_eq!(items, ["1", "\"a\"", "null"]);
    assert!(multiple(&function, &json!({"url": server.url("/none")}), "null").await.expect("items").is_empty());
    check_error(
        multiple(&function, &json!({"url": server.url("/plain"), "items": "/x"}), "null").await,
        "HTTP_ITEMS_MISSING",
        false,
    );
    check_error(multiple(&function, &json!({"url": server.url("/broken")}), "null").await, "HTTP_BODY_INVALID", false);
}
