//! The layer that lets nobody in unknown: it asks the [`PrincipalSource`] who calls, and checks the RPC's permission.

use crate::{
    permission::{self, Needs},
    principal::{Caller, PrincipalSource},
    status::{Answer, Refusal},
};
use esteira_coordinator::audit::Deed;
use http::{Request, Response};
use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};
use tonic::{Status, body::Body, transport::server::TcpConnectInfo};
use tower::{Layer, Service};

/// Puts an `Arc<Caller>` into the extensions of every request of the contract.
#[derive(Clone)]
pub struct AuthenticateLayer {
    source: Arc<dyn PrincipalSource>,
}

impl AuthenticateLayer {
    /// With this source.
    pub fn new(source: Arc<dyn PrincipalSource>) -> Self {
        Self { source }
    }
}

impl<S> Layer<S> for AuthenticateLayer {
    type Service = Authenticate<S>;

    fn layer(&self, inner: S) -> Authenticate<S> {
        Authenticate { inner, source: self.source.clone() }
    }
}

/// See [`AuthenticateLayer`].
#[derive(Clone)]
pub struct Authenticate<S> {
    inner: S,
    source: Arc<dyn PrincipalSource>,
}

impl<S> Service<Request<Body>> for Authenticate<S>
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
        let needs = permission::of(request.uri().path());
        if needs == Needs::Nothing {
            return Box::pin(self.inner.call(request));
        }
        let source = self.source.clone();
        // The service that is ready is the one to call.
        let mut inner = self.inner.clone();
        std::mem::swap(&mut self.inner, &mut inner);
        Box::pin(async move {
            let deed = request.extensions().get::<Arc<Deed>>().cloned();
            let peer = request.extensions().get::<TcpConnectInfo>().and_then(TcpConnectInfo::remote_addr);
            match admit(&*source, request.headers(), peer, needs, deed.as_deref()).await {
                Ok(caller) => {
                    request.extensions_mut().insert(caller);
                    inner.call(request).await
                }
                Err(refusal) => {
                    tracing::info!(reason = refusal.reason, "refused");
                    Ok(Status::from(refusal).into_http())
                }
            }
        })
    }
}

async fn admit(
    source: &dyn PrincipalSource,
    headers: &http::HeaderMap,
    peer: Option<SocketAddr>,
    needs: Needs,
    deed: Option<&Deed>,
) -> Answer<Arc<Caller>> {
    let caller = source.caller(headers, peer).await?;
    if let Some(deed) = deed {
        deed.by(&caller.principal);
    }
    match needs {
        Needs::Permission(permission) if !caller.may(permission) => Err(Refusal::role_missing(permission)),
        Needs::Unknown => Err(Refusal::role_missing("none that exists")),
        Needs::Permission(_) | Needs::Nothing => Ok(caller),
    }
}
