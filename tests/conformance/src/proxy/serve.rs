//! One connection of a worker, call by call.

use super::{
    Shared,
    call::{Call, first_message, with_message},
    gate::{Gate, Gated},
    loss::By,
};
use bytes::Bytes;
use http::{HeaderMap, HeaderName, Request, Response, header};
use http_body_util::{BodyExt as _, Full, combinators::UnsyncBoxBody};
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use std::{convert::Infallible, future::pending, pin::pin, sync::Arc};
use tokio::{net::TcpStream, time::Instant};
use tower::ServiceExt as _;

/// Headers of one connection, which are not passed on; and the offer of compression, so that messages can be read here.
const NOT_PASSED: [HeaderName; 7] = [
    header::CONNECTION,
    header::HOST,
    header::TRANSFER_ENCODING,
    header::CONTENT_LENGTH,
    header::UPGRADE,
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("grpc-accept-encoding"),
];

/// The answer does not reach the worker.
#[derive(Debug, thiserror::Error)]
#[error("this answer is lost")]
pub(super) struct Lost;

type Answer = Response<UnsyncBoxBody<Bytes, Infallible>>;

/// Serves HTTP/1 and HTTP/2 until the worker leaves or the gate cuts it off.
pub(super) async fn serve(shared: Arc<Shared>, stream: TcpStream, gate: Arc<Gate>) {
    let io = TokioIo::new(Gated { stream, gate: Arc::clone(&gate) });
    let forwarding = Arc::clone(&gate);
    let service = service_fn(move |request| forward(Arc::clone(&shared), Arc::clone(&forwarding), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let mut connection = pin!(builder.serve_connection(io, service));
    loop {
        tokio::select! {
            // How a connection of a worker ended is the worker's business.
            _ = connection.as_mut() => return,
            () = gate.cutting.notified() => return,
            () = gate.leaving.notified() => connection.as_mut().graceful_shutdown(),
        }
    }
}

async fn forward(shared: Arc<Shared>, gate: Arc<Gate>, request: Request<Incoming>) -> Result<Answer, Lost> {
    let begun = Instant::now();
    let (head, body) = request.into_parts();
    let method = head.uri.path().rsplit('/').next().unwrap_or_default().to_owned();
    let mut sent = body.collect().await.map_err(|_| Lost)?.to_bytes();
    let mut message = first_message(&sent).unwrap_or_default();
    if let Some(disguise) = &shared.disguise
        && !message.is_empty()
    {
        message = disguise.request(&method, message);
        sent = with_message(&sent, &message);
        if let Some(answer) = disguise.instead(&method, &message) {
            return Ok(made_up(&head.headers, &answer));
        }
    }
    let open = shared.opened(&method);
    let mut onward = Request::builder().method(head.method).uri(head.uri.path());
    pass(&head.headers, onward.headers_mut().expect("nothing is wrong with it so far"));
    let onward = onward.body(tonic::body::Body::new(Full::new(sent))).map_err(|_| Lost)?;
    let Ok(answer) = shared.upstream.clone().oneshot(onward).await else { return cut(&gate).await };
    let (head, body) = answer.into_parts();
    let Ok(body) = body.collect().await else { return cut(&gate).await };
    let trailers = body.trailers().cloned();
    let mut received = body.to_bytes();
    let answer = first_message(&received);
    drop(open);

    let loss = shared.judge(&method, answer.as_ref());
    let call = Call { method, request: message, answer, lost: loss.is_some(), begun, ended: Instant::now() };
    if let (Some(disguise), Some(answer)) = (&shared.disguise, &call.answer) {
        received = with_message(&received, &disguise.answer(&call.method, answer.clone()));
    }
    shared.log(call);
    tokio::time::sleep(shared.delay()).await;
    match loss {
        Some(By::Connection) => return cut(&gate).await,
        Some(By::Stream) => return Err(Lost),
        None => {}
    }
    let mut response = Response::new(Full::new(received).with_trailers(async move { trailers.map(Ok) }).boxed_unsync());
    *response.status_mut() = head.status;
    pass(&head.headers, response.headers_mut());
    Ok(response)
}

/// Cuts the connection; whoever waits for this answer is gone with it.
async fn cut(gate: &Gate) -> Result<Answer, Lost> {
    gate.cut();
    pending().await
}

/// An answer that the coordinator did not give, in the form in which the worker asks.
fn made_up(asked: &HeaderMap, message: &Bytes) -> Answer {
    let mut body = vec![0];
    body.extend_from_slice(&u32::try_from(message.len()).expect("messages are small").to_be_bytes());
    body.extend_from_slice(message);
    let kind = asked.get(header::CONTENT_TYPE).cloned();
    let web = kind.as_ref().is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc-web"));
    let mut trailers = HeaderMap::new();
    if web {
        let text = b"grpc-status:0\r\n";
        body.extend_from_slice(&[0x80, 0, 0, 0, u8::try_from(text.len()).expect("it is short")]);
        body.extend_from_slice(text);
    } else {
        trailers.insert("grpc-status", http::HeaderValue::from_static("0"));
    }
    let trailers = (!web).then_some(Ok(trailers));
    let mut response = Response::new(Full::new(body.into()).with_trailers(async move { trailers }).boxed_unsync());
    response.headers_mut().extend(kind.map(|kind| (header::CONTENT_TYPE, kind)));
    response
}

fn pass(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| !NOT_PASSED.contains(name)) {
        to.append(name, value.clone());
    }
}
