//! Health, reflection, gRPC-web, cross-origin calls.

use crate::harness::*;
use esteira_grpc::Options;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_stream::StreamExt;
use tonic::Code;
use tonic_health::pb::{HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient};

#[tokio::test]
async fn health_by_service() {
    let server = Harness::start().await;
    let mut health = HealthClient::new(server.channel());
    for service in ["", "esteira.v1.JobService", "esteira.v1.WorkerService", "esteira.v1.AdminService"] {
        let request = HealthCheckRequest { service: service.into() };
        let status = health.check(request).await.expect("known").into_inner().status();
        assert_eq!(status, ServingStatus::Serving, "{service}");
    }
    let unknown = health.check(HealthCheckRequest { service: "esteira.v1.Nothing".into() }).await.expect_err("unknown");
    assert_eq!(unknown.code(), Code::NotFound);
    let request = HealthCheckRequest { service: "esteira.v1.JobService".into() };
    let mut watched = health.watch(request).await.expect("watched").into_inner();
    assert_eq!(watched.next().await.expect("a status").expect("no error").status(), ServingStatus::Serving);
    server.drain();
    let last = tokio::time::timeout(SOON, watched.next()).await.expect("at once").expect("a status").expect("no error");
    assert_eq!(last.status(), ServingStatus::NotServing);
    drop((watched, health));
    server.stop().await;
}

#[tokio::test]
async fn reflection_in_both_versions() {
    let server = Harness::start().await;
    macro_rules! services {
        ($pb:ident) => {{
            use tonic_reflection::pb::$pb::{
                ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
                server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
            };
            let request = ServerReflectionRequest {
                message_request: Some(MessageRequest::ListServices(String::new())),
                ..Default::default()
            };
            let mut client = ServerReflectionClient::new(server.channel());
            let mut answers =
                client.server_reflection_info(tokio_stream::iter([request])).await.expect("answered").into_inner();
            match answers.next().await.expect("an answer").expect("no error").message_response {
                Some(MessageResponse::ListServicesResponse(list)) => {
                    list.service.into_iter().map(|service| service.name).collect::<Vec<_>>()
                }
                other => panic!("{other:?}"),
            }
        }};
    }
    for services in [services!(v1), services!(v1alpha)] {
        for service in ["PlanService", "JobService", "WorkerService", "OutboxService", "AdminService"] {
            assert!(services.contains(&format!("esteira.v1.{service}")), "{services:?}");
        }
        assert!(services.contains(&"grpc.health.v1.Health".to_owned()), "{services:?}");
    }
    server.stop().await;
}

/// One request over HTTP/1.1, as it is written; the answer as it comes.
async fn http1(server: &Harness, head: &str, body: &[u8]) -> String {
    let mut stream = tokio::net::TcpStream::connect(server.address).await.expect("connects");
    let length = body.len();
    let head = format!("{head}\r\nhost: localhost\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.expect("written");
    stream.write_all(body).await.expect("written");
    let mut answer = Vec::new();
    tokio::time::timeout(SOON, stream.read_to_end(&mut answer)).await.expect("soon").expect("read");
    String::from_utf8_lossy(&answer).into_owned()
}

const WEB_CALL: &str =
    "POST /esteira.v1.AdminService/GetSystemInfo HTTP/1.1\r\ncontent-type: application/grpc-web+proto\r\nx-grpc-web: 1";

#[tokio::test]
async fn grpc_web_on_the_same_port() {
    let server = Harness::start().await;
    let answer = http1(&server, WEB_CALL, &[0; 5]).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("application/grpc-web"), "{answer}");
    assert!(answer.contains("grpc-status:0"), "{answer}");
    assert!(!answer.contains("access-control-allow-origin"), "{answer}");
    let with_origin = format!("{WEB_CALL}\r\norigin: https://console.example");
    assert!(!http1(&server, &with_origin, &[0; 5]).await.contains("access-control-allow-origin"));
    server.stop().await;
}

#[tokio::test]
async fn pages_of_listed_origins_may_call() {
    let options = Options { web_origins: vec!["https://console.example".into()], ..Options::new(Arc::new(operator())) };
    let server = Harness::with(options).await;
    let preflight = |origin: &str| {
        format!(
            "OPTIONS /esteira.v1.JobService/StartJob HTTP/1.1\r\norigin: {origin}\r\naccess-control-request-method: POST"
        )
    };
    let allowed = http1(&server, &preflight("https://console.example"), &[]).await;
    assert!(allowed.starts_with("HTTP/1.1 204"), "{allowed}");
    assert!(allowed.contains("access-control-allow-origin: https://console.example"), "{allowed}");
    assert!(allowed.contains("access-control-allow-methods: POST"), "{allowed}");
    for other in ["https://evil.example", "null", "https://console.example.evil.example"] {
        let answer = http1(&server, &preflight(other), &[]).await;
        assert!(!answer.contains("access-control-allow-origin"), "{answer}");
    }
    let call = http1(&server, &format!("{WEB_CALL}\r\norigin: https://console.example"), &[0; 5]).await;
    assert!(call.contains("access-control-allow-origin: https://console.example"), "{call}");
    assert!(call.contains("access-control-expose-headers: grpc-status"), "{call}");
    server.stop().await;
}

#[tokio::test]
async fn paths_that_nobody_serves() {
    let server = Harness::start().await;
    let mut grpc = tonic::client::Grpc::new(server.channel());
    grpc.ready().await.expect("ready");
    let path = http::uri::PathAndQuery::from_static("/esteira.v2.JobService/StartJob");
    let codec: tonic_prost::ProstCodec<(), ()> = tonic_prost::ProstCodec::default();
    let status = grpc.unary(tonic::Request::new(()), path, codec).await.expect_err("nobody");
    assert_eq!(status.code(), Code::Unimplemented);
    server.stop().await;
}
