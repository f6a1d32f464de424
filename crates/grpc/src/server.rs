//! The server put together: services, layers, limits of HTTP/2, and how it stops.

use crate::{
    admin, audit, authenticate::AuthenticateLayer, cors::CorsLayer, edge::Edge, job, options::Options, outbox, plan,
    recorder::RecorderLayer, trace, transport_errors, worker,
};
use esteira_contract::{
    FILE_DESCRIPTOR_SET,
    v1::{
        admin_service_server::AdminServiceServer, audit_service_server::AuditServiceServer,
        job_service_server::JobServiceServer, outbox_service_server::OutboxServiceServer,
        plan_service_server::PlanServiceServer, trace_service_server::TraceServiceServer,
        worker_service_server::WorkerServiceServer,
    },
};
use esteira_coordinator::Coordinator;
use esteira_model::limits;
use std::{sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::{
    codec::CompressionEncoding,
    server::NamedService,
    service::Routes,
    transport::{Server, server::TcpIncoming},
};
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_web::GrpcWebLayer;
use tower::util::MapResponseLayer;

/// Why a server could not serve.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The transport failed.
    #[error("transport: {0}")]
    Transport(#[from] tonic::transport::Error),
    /// The contract's own description cannot be served for reflection.
    #[error("reflection: {0}")]
    Reflection(#[from] tonic_reflection::server::Error),
}

/// Calls at once on one connection.
const CONCURRENT_STREAMS_MAX: u32 = 1_024;
/// Streams that a peer may open and reset before they are accepted ("rapid reset").
const PENDING_RESETS_MAX: usize = 100;
/// Streams that we may reset for a peer's errors before the connection ends.
const LOCAL_RESETS_MAX: usize = 512;
/// Bytes of all headers of a request.
const HEADERS_BYTES_MAX: u32 = 16 << 10;
/// Bytes of one frame.
const FRAME_BYTES_MAX: u32 = 64 << 10;
/// Bytes that may be under way on one stream, and on one connection.
const STREAM_WINDOW_BYTES: u32 = 2 << 20;
/// See [`STREAM_WINDOW_BYTES`].
const CONNECTION_WINDOW_BYTES: u32 = 16 << 20;
/// How often an idle peer is asked whether it is there, and how long it has to answer.
const KEEPALIVE: Duration = Duration::from_secs(20);
/// Messages are decoded up to twice what is taken, so that the refusal has a reason.
const DECODED_BYTES_MAX: usize = 2 * limits::MESSAGE_BYTES_MAX;

/// A service of the contract, with its limits and what it may compress.
macro_rules! limited {
    ($server:ident, $service:expr, $options:expr) => {{
        let server = $server::new($service)
            .max_decoding_message_size(DECODED_BYTES_MAX)
            .max_encoding_message_size(DECODED_BYTES_MAX);
        if $options.gzip {
            server.accept_compressed(CompressionEncoding::Gzip).send_compressed(CompressionEncoding::Gzip)
        } else {
            server
        }
    }};
}

/// Serves until `shutdown` is cancelled; then says NOT_SERVING, answers what waits, lets handlers finish, and returns when
/// all connections are closed. The coordinator is not stopped.
///
/// # Errors
/// When the transport or the reflection service cannot be set up.
pub async fn serve(
    listener: TcpListener,
    coordinator: Coordinator,
    options: Options,
    shutdown: CancellationToken,
) -> Result<(), Error> {
    let drain = CancellationToken::new();
    // A server that is dropped, not stopped, drains too: nothing waits for it for ever.
    let _drain_on_drop = drain.clone().drop_guard();
    let recorder = RecorderLayer::new(coordinator.clone());
    let edge = Arc::new(Edge::new(coordinator, drain.clone()));
    let health = HealthReporter::new();
    let routes = routes(&edge, &options, &health)?;
    drop(edge);
    let ready = if options.is_ready { ServingStatus::Serving } else { ServingStatus::NotServing };
    report(&health, ready).await;
    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true)).with_keepalive(Some(KEEPALIVE));
    let stop = async move {
        shutdown.cancelled().await;
        report(&health, ServingStatus::NotServing).await;
        drain.cancel();
    };
    let server = limited_server(options.connection_age_max)
        .layer(CorsLayer::new(&options.web_origins))
        .layer(GrpcWebLayer::new())
        .layer(recorder)
        .layer(MapResponseLayer::new(transport_errors::typed))
        .layer(AuthenticateLayer::new(options.principals.clone()));
    server.serve_with_incoming_shutdown(routes, incoming, stop).await?;
    Ok(())
}

/// The transport with every limit said, and a span for each call. Never `Server::timeout`: long-polls end by themselves.
fn limited_server(connection_age_max: Duration) -> Server {
    Server::builder()
        .accept_http1(true)
        .max_concurrent_streams(CONCURRENT_STREAMS_MAX)
        .http2_max_pending_accept_reset_streams(Some(PENDING_RESETS_MAX))
        .http2_max_local_error_reset_streams(Some(LOCAL_RESETS_MAX))
        .http2_max_header_list_size(HEADERS_BYTES_MAX)
        .max_frame_size(FRAME_BYTES_MAX)
        .initial_stream_window_size(STREAM_WINDOW_BYTES)
        .initial_connection_window_size(CONNECTION_WINDOW_BYTES)
        .http2_keepalive_interval(Some(KEEPALIVE))
        .http2_keepalive_timeout(Some(KEEPALIVE))
        // Without tonic's grace, which would close a connection in the middle of a call.
        .max_connection_age(connection_age_max)
        .trace_fn(|request| {
            use tracing::field::Empty;
            tracing::info_span!("rpc", path = request.uri().path(), job_id = Empty, worker_id = Empty)
        })
}

fn routes(edge: &Arc<Edge>, options: &Options, health: &HealthReporter) -> Result<Routes, Error> {
    let reflection =
        || tonic_reflection::server::Builder::configure().register_encoded_file_descriptor_set(FILE_DESCRIPTOR_SET);
    let health_set = tonic_health::pb::FILE_DESCRIPTOR_SET;
    Ok(Routes::new(limited!(PlanServiceServer, plan::Service(edge.clone()), options))
        .add_service(limited!(JobServiceServer, job::Service(edge.clone()), options))
        .add_service(limited!(WorkerServiceServer, worker::Service(edge.clone()), options))
        .add_service(limited!(OutboxServiceServer, outbox::Service(edge.clone()), options))
        .add_service(limited!(TraceServiceServer, trace::Service(edge.clone()), options))
        .add_service(limited!(AdminServiceServer, admin::Service(edge.clone()), options))
        .add_service(limited!(AuditServiceServer, audit::Service(edge.clone()), options))
        .add_service(tonic_health::pb::health_server::HealthServer::new(
            tonic_health::server::HealthService::from_health_reporter(health.clone()),
        ))
        .add_service(reflection().register_encoded_file_descriptor_set(health_set).build_v1()?)
        .add_service(reflection().register_encoded_file_descriptor_set(health_set).build_v1alpha()?)
        .prepare())
}

/// The health of the server as a whole, and of each service.
async fn report(health: &HealthReporter, status: ServingStatus) {
    let services = [
        "",
        PlanServiceServer::<plan::Service>::NAME,
        JobServiceServer::<job::Service>::NAME,
        WorkerServiceServer::<worker::Service>::NAME,
        OutboxServiceServer::<outbox::Service>::NAME,
        TraceServiceServer::<trace::Service>::NAME,
        AdminServiceServer::<admin::Service>::NAME,
        AuditServiceServer::<audit::Service>::NAME,
    ];
    for service in services {
        health.set_service_status(service, status).await;
    }
}
