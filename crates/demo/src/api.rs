//! The HTTP API that the plan fetches from: the data set in pages, on this machine only.
//!
//! `GET /v1/airports?page=1&page_size=500` answers `{"items": [...], "next": "/v1/airports?page=2&page_size=500" | null,
//! "total": 3145}`. Pages count from 1. A page behind the last one is empty; a number out of range is 400 with
//! `{"error": "..."}`.

use crate::{airports::Data, error::Error};
use axum::{
    Json, Router,
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use serde_json::{json, value::RawValue};
use std::{net::SocketAddr, sync::Arc};
use tokio::{net::TcpListener, task::JoinHandle};

/// Where the list is.
pub const PATH: &str = "/v1/airports";
/// Most records of one page, and how many there are when the caller does not say.
const PAGE_SIZE_MAX: usize = 500;

/// The running API. Dropping it ends it.
#[derive(Debug)]
pub struct Api {
    /// Where it listens.
    pub address: SocketAddr,
    server: JoinHandle<()>,
}

impl Api {
    /// Listens on a free port of the loopback interface.
    pub async fn start(data: Arc<Data>) -> Result<Self, Error> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(|source| Error::io("listen", source))?;
        let address = listener.local_addr().map_err(|source| Error::io("listen", source))?;
        let router = Router::new().route(PATH, get(list)).with_state(data);
        let server = tokio::spawn(async move {
            if let Err(problem) = axum::serve(listener, router).await {
                eprintln!("demo: the API stopped: {problem}");
            }
        });
        Ok(Self { address, server })
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PageRequest {
    #[serde(default = "first_page")]
    page: usize,
    #[serde(default = "page_size_max")]
    page_size: usize,
}

fn first_page() -> usize {
    1
}

fn page_size_max() -> usize {
    PAGE_SIZE_MAX
}

#[derive(Debug, Serialize)]
struct Page<'a> {
    items: &'a [Box<RawValue>],
    next: Option<String>,
    total: usize,
}

async fn list(State(data): State<Arc<Data>>, request: Result<Query<PageRequest>, QueryRejection>) -> Response {
    let request = match request {
        Ok(Query(request)) => request,
        Err(rejection) => return refuse(&rejection.body_text()),
    };
    if request.page == 0 {
        return refuse("page counts from 1");
    }
    if !(1..=PAGE_SIZE_MAX).contains(&request.page_size) {
        return refuse(&format!("page_size is 1 to {PAGE_SIZE_MAX}"));
    }
    Json(page(&data.lines, &request)).into_response()
}

fn page<'a>(lines: &'a [Box<RawValue>], request: &PageRequest) -> Page<'a> {
    let begin = (request.page - 1).saturating_mul(request.page_size).min(lines.len());
    let end = begin.saturating_add(request.page_size).min(lines.len());
    let next = (end < lines.len()).then(|| format!("{PATH}?page={}&page_size={}", request.page + 1, request.page_size));
    Page { items: &lines[begin..end], next, total: lines.len() }
}

fn refuse(problem: &str) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "error": problem }))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpStream,
    };

    /// A real request over a real socket: status and JSON body.
    async fn fetch(api: &Api, target: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(api.address).await.expect("the API listens");
        let request = format!("GET {target} HTTP/1.1\r\nhost: {}\r\nconnection: close\r\n\r\n", api.address);
        stream.write_all(request.as_bytes()).await.expect("it reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.expect("it answers");
        let (head, body) = answer.split_once("\r\n\r\n").expect("head and body");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, serde_json::from_str(body).unwrap_or(Value::Null))
    }

    async fn start() -> (Api, Arc<Data>) {
        let data = Arc::new(Data::load().expect("every line is a record"));
        (Api::start(Arc::clone(&data)).await.expect("a port is free"), data)
    }

    #[tokio::test]
    async fn following_next_gives_every_record_once_in_order() {
        let (api, data) = start().await;
        let (mut target, mut ids, mut pages) = (Some(format!("{PATH}?page=1&page_size=500")), Vec::new(), 0);
        while let Some(url) = target {
            let (status, body) = fetch(&api, &url).await;
            assert_eq!((status, &body["total"]), (200, &json!(3_145)));
            ids.extend(body["items"].as_array().expect("items").iter().map(|item| item["id"].as_i64().expect("an id")));
            target = body["next"].as_str().map(str::to_owned);
            pages += 1;
        }
        assert_eq!(pages, 7);
        assert_eq!(ids, data.airports.iter().map(|airport| airport.id).collect::<Vec<_>>());
    }

    #[tokio::test]
    async fn pages_at_the_edges() {
        let (api, _) = start().await;
        let (_, body) = fetch(&api, PATH).await;
        assert_eq!(
            (body["items"].as_array().map(Vec::len), body["next"].as_str()),
            (Some(500), Some("/v1/airports?page=2&page_size=500"))
        );
        let (_, body) = fetch(&api, &format!("{PATH}?page=7&page_size=500")).await;
        assert_eq!((body["items"].as_array().map(Vec::len), &body["next"]), (Some(145), &Value::Null));
        let (_, body) = fetch(&api, &format!("{PATH}?page=629&page_size=5")).await;
        assert_eq!((body["items"].as_array().map(Vec::len), &body["next"]), (Some(5), &Value::Null));
        let (status, body) = fetch(&api, &format!("{PATH}?page=18446744073709551615&page_size=500")).await;
        assert_eq!((status, &body["items"], &body["next"]), (200, &json!([]), &Value::Null));
    }

    #[tokio::test]
    async fn what_makes_no_sense_is_refused() {
        let (api, _) = start().await;
        for query in ["page=0", "page=-1", "page=x", "page_size=0", "page_size=501", "colour=red"] {
            let (status, body) = fetch(&api, &format!("{PATH}?{query}")).await;
            assert_eq!(status, 400, "{query}");
            assert!(body["error"].is_string(), "{query}: {body}");
        }
        assert_eq!(fetch(&api, "/v1/heliports").await.0, 404);
    }
}
