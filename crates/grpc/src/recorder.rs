//! The layer that sees to it that no call goes unrecorded (INV-AUDIT): it makes the deed that each call of the contract is,
//! and records those that end in a refusal, whoever refused them: a handler, the caller's rights, the transport.

use crate::{
    permission::{self, Recording},
    reason,
};
use esteira_coordinator::{Coordinator, audit::Deed};
use esteira_model::Decision;
use http::{Request, Response};
use std::{
    convert::Infallible,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU32, Ordering},
    },
    task::{Context, Poll},
};
use tonic::{Code, Status, body::Body, transport::server::TcpConnectInfo};
use tonic_types::StatusExt;
use tower::{Layer, Service};

/// Records that callers who are not known may leave in a second; what goes beyond is in the log alone. Nobody fills the disk
/// from outside.
const UNKNOWN_PER_SECOND_MAX: u32 = 100;

/// Puts an `Arc<Deed>` into the extensions of every request of the contract, and records refusals.
#[derive(Clone)]
pub struct RecorderLayer {
    recorder: Arc<Recorder>,
}

impl RecorderLayer {
    /// Over this coordinator.
    pub fn new(coordinator: Coordinator) -> Self {
        Self { recorder: Arc::new(Recorder { coordinator, unknown: Unknown::default() }) }
    }
}

impl<S> Layer<S> for RecorderLayer {
    type Service = Recorded<S>;

    fn layer(&self, inner: S) -> Recorded<S> {
        Recorded { inner, recorder: self.recorder.clone() }
    }
}

/// See [`RecorderLayer`].
#[derive(Clone)]
pub struct Recorded<S> {
    inner: S,
    recorder: Arc<Recorder>,
}

impl<S> Service<Request<Body>> for Recorded<S>
where
    S: Service<Request<Body>, Response = Response<Body>, Error = Infallible> + Clone + Send + 'static,
    S::Future: Send,
{
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        self.inner.poll_ready(cx)
    }

    fn call(&mut self, mut request: Request<Body>) -> Self::Future {
        let Some((rpc, recording)) = permission::recording(request.uri().path()) else {
            return Box::pin(self.inner.call(request));
        };
        let recorder = self.recorder.clone();
        let peer = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
        let deed = Arc::new(Deed::new(rpc, recorder.coordinator.clock().now(), peer.map(|peer| peer.ip())));
        request.extensions_mut().insert(deed.clone());
        let answered = self.inner.call(request);
        Box::pin(async move {
            let response = answered.await?;
            match response.extensions().get::<Status>() {
                Some(status) if recording.has_refusal(status.code()) && !deed.is_recorded() => {
                    let status = status.clone();
                    // A caller that goes away now was refused all the same.
                    let recorded = tokio::spawn(async move { recorder.refusal(&deed, &status).await });
                    let _ = recorded.await;
                }
                None if recording == Recording::Change && !deed.is_recorded() && !deed.is_begun() => {
                    tracing::error!(rpc, "a change was made without a record");
                }
                _ => {}
            }
            Ok(response)
        })
    }
}

impl Recording {
    /// Whether a call that ended so leaves a record as a refusal. One for which there was no room or no store cannot.
    fn has_refusal(self, code: Code) -> bool {
        match code {
            Code::Ok | Code::Unavailable | Code::ResourceExhausted => false,
            Code::Unauthenticated | Code::PermissionDenied => true,
            _ => self != Self::Denial,
        }
    }
}

struct Recorder {
    coordinator: Coordinator,
    unknown: Unknown,
}

impl Recorder {
    /// Nothing was done and nothing was shown, so the answer leaves even when this cannot be recorded.
    async fn refusal(&self, deed: &Deed, status: &Status) {
        let denied = matches!(status.code(), Code::Unauthenticated | Code::PermissionDenied);
        let details = status.get_details_error_info();
        let result = details.as_ref().map_or(reason::INTERNAL, |info| &info.reason);
        if status.code() == Code::Unauthenticated && !self.unknown.takes(self.coordinator.clock().now().0 / 1_000_000) {
            return tracing::warn!(rpc = deed.rpc(), "a call of nobody known is not recorded: there are too many");
        }
        let decision = if denied { Decision::Denied } else { Decision::Allowed };
        if let Err(error) = self.coordinator.record(deed, decision, result).await {
            tracing::warn!(rpc = deed.rpc(), result, %error, "a refusal could not be recorded");
        }
    }
}

/// Counts the records of callers who are not known, second by second.
#[derive(Default)]
struct Unknown {
    second: AtomicI64,
    records: AtomicU32,
}

impl Unknown {
    /// Whether there is room for one more in this second.
    fn takes(&self, second: i64) -> bool {
        if self.second.swap(second, Ordering::Relaxed) != second {
            self.records.store(0, Ordering::Relaxed);
        }
        self.records.fetch_add(1, Ordering::Relaxed) < UNKNOWN_PER_SECOND_MAX
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_of_a_refusal_is_recorded() {
        use Recording::*;
        for (recording, code, expected) in [
            (Change, Code::Ok, false),
            (Change, Code::NotFound, true),
            (Change, Code::Unavailable, false),
            (Reveal, Code::InvalidArgument, true),
            (Refusal, Code::AlreadyExists, true),
            (Refusal, Code::ResourceExhausted, false),
            (Denial, Code::NotFound, false),
            (Denial, Code::PermissionDenied, true),
            (Denial, Code::Unauthenticated, true),
        ] {
            assert_eq!(recording.has_refusal(code), expected, "{recording:?} {code:?}");
        }
    }

    #[test]
    fn nobody_fills_the_disk_from_outside() {
        let unknown = Unknown::default();
        let taken = |second| (0..1_000).filter(|_| unknown.takes(second)).count() as u32;
        assert_eq!((taken(7), taken(7), taken(8)), (UNKNOWN_PER_SECOND_MAX, 0, UNKNOWN_PER_SECOND_MAX));
    }
}
