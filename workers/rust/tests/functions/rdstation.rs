//! `rdstation.get_leads` against a server that speaks like the vendor's.

use crate::support::{check_error, multiple, server::Server};
use axum::{
    Json, Router,
    extract::{Path, Query},
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
    routing::{get, post},
};
use esteira_functions::{RdStationGetLeads, Secrets};
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

/// A vendor with 300 leads in segmentation 7, whose tokens are `token-<refreshes>`.
#[derive(Clone, Default)]
struct Vendor {
    refreshes: Arc<AtomicUsize>,
    requests: Arc<AtomicUsize>,
}

impl Vendor {
    async fn start(&self) -> Server {
        let (tokens, contacts) = (self.clone(), self.clone());
        let token = move |query: Query<HashMap<String, String>>, Json(body): Json<Value>| async move {
            tokens.token(&query, &body)
        };
        let list = move |id: Path<String>, query: Query<HashMap<String, String>>, headers: HeaderMap| async move {
            contacts.contacts(&id, &query, &headers)
        };
        let routes = Router::new()
            .route("/rd/auth/token", post(token))
            .route("/rd/platform/segmentations/{id}/contacts", get(list));
        Server::start(routes).await
    }

    fn token(&self, query: &HashMap<String, String>, body: &Value) -> Response {
        assert_eq!(query["token_by"], "refresh_token");
        assert_eq!((&body["client_id"], &body["client_secret"]), (&json!("canary-id"), &json!("canary-secret")));
        if body["refresh_token"] != "canary-refresh" {
            return (StatusCode::UNAUTHORIZED, "canary-refresh").into_response();
        }
        let count = self.refreshes.fetch_add(1, SeqCst) + 1;
        Json(json!({"access_token": format!("token-{count}"), "expires_in": 86400, "refresh_token": "canary-refresh"}))
            .into_response()
    }

    fn contacts(&self, id: &str, query: &HashMap<String, String>, headers: &HeaderMap) -> Response {
        self.requests.fetch_add(1, SeqCst);
        let valid = format!("Bearer token-{}", self.refreshes.load(SeqCst));
        if headers["authorization"] != *valid || self.refreshes.load(SeqCst) == 0 {
            return (StatusCode::UNAUTHORIZED, "canary").into_response();
        }
        match id {
            "7" => {
                let (page, size): (usize, usize) =
                    (query["page"].parse().expect("page"), query["page_size"].parse().expect("size"));
                assert!(size <= 125, "the vendor's limit");
                let lead = |n: usize| json!({"uuid": format!("lead-{n}"), "email": format!("{n}@example.com")});
                let leads: Vec<Value> = (page * size - size..(page * size).min(300)).map(lead).collect();
                Json(json!({"contacts": leads})).into_response()
            }
            "8" => (StatusCode::TOO_MANY_REQUESTS, [("retry-after", "42")], "canary").into_response(),
            "9" => (StatusCode::UNAUTHORIZED, "canary").into_response(),
            _ => StatusCode::NOT_FOUND.into_response(),
        }
    }
}

fn secrets(more: &[(&str, &str)]) -> Secrets {
    [
        ("RDSTATION_CLIENT_ID", "canary-id"),
        ("RDSTATION_CLIENT_SECRET", "canary-secret"),
        ("RDSTATION_REFRESH_TOKEN", "canary-refresh"),
    ]
    .iter()
    .chain(more)
    .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
    .collect()
}

fn function(server: &Server, secrets: Secrets) -> RdStationGetLeads {
    RdStationGetLeads::new(server.url("/rd").parse().expect("server"), secrets)
}

#[tokio::test]
async fn all_leads_come_one_an_item() {
    let vendor = Vendor::default();
    let server = vendor.start().await;
    let function = function(&server, secrets(&[]));
    for config in [json!({"segmentation": 7}), json!({"segmentation": {"input": "/id"}, "page_size": 100})] {
        let leads = multiple(&function, &config, r#"{"id":"7"}"#).await.expect("leads");
        assert_eq!(leads.len(), 300);
        assert_eq!(leads[299], r#"{"email":"299@example.com","uuid":"lead-299"}"#);
    }
    assert_eq!(vendor.refreshes.load(SeqCst), 1, "the token is kept");
    // 125 + 125 + 50, then 100 + 100 + 100 + 0.
    assert_eq!(vendor.requests.load(SeqCst), 3 + 4);
}

#[tokio::test]
async fn an_expired_token_is_refreshed_once() {
    let vendor = Vendor::default();
    let server = vendor.start().await;
    let function = function(&server, secrets(&[("RDSTATION_ACCESS_TOKEN", "canary-expired")]));
    assert_eq!(multiple(&function, &json!({"segmentation": 7}), "null").await.expect("leads").len(), 300);
    assert_eq!((vendor.refreshes.load(SeqCst), vendor.requests.load(SeqCst)), (1, 4));
    // Tasks that are refused the same token share one refresh.
    vendor.refreshes.fetch_add(1, SeqCst);
    let config = json!({"segmentation": 7});
    let all = futures::future::join_all((0..8).map(|_| multiple(&function, &config, "null"))).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    assert_eq!(vendor.refreshes.load(SeqCst), 3);
    check_error(multiple(&function, &json!({"segmentation": 9}), "null").await, "RDSTATION_UNAUTHORIZED", false);
}

#[tokio::test]
async fn limits_and_mistakes_are_told_apart() {
    let server = Vendor::default().start().await;
    let good = function(&server, secrets(&[]));
    let limited = check_error(multiple(&good, &json!({"segmentation": 8}), "null").await, "HTTP_429", true);
    assert_eq!(limited.into_failure("x").retry_after, Some(Duration::from_secs(42)));
    check_error(multiple(&good, &json!({"segmentation": 404}), "null").await, "HTTP_404", false);
    check_error(multiple(&good, &json!({"segmentation": 7, "max_pages": 1}), "null").await, "HTTP_PAGES_MAX", false);
    check_error(multiple(&good, &json!({"segmentation": "../../auth"}), "null").await, "INPUT_INVALID", false);
    check_error(multiple(&good, &json!({"segmentation": 7, "page_size": 126}), "null").await, "CONFIG_INVALID", false);
    check_error(
        multiple(&good, &json!({"segmentation": 7, "credentials": "OTHER"}), "null").await,
        "SECRET_UNKNOWN",
        false,
    );
    let revoked = function(&server, secrets(&[("RDSTATION_REFRESH_TOKEN", "canary-revoked")]));
    check_error(multiple(&revoked, &json!({"segmentation": 7}), "null").await, "RDSTATION_TOKEN_REFUSED", false);
}
