//! An HTTP server on loopback.

use axum::Router;
use esteira_functions::Guard;
use tokio::net::TcpListener;

/// A server that runs as long as its test.
pub(crate) struct Server {
    /// `127.0.0.1:port`.
    pub(crate) address: String,
}

impl Server {
    /// Serves these routes on a free port.
    pub(crate) async fn start(routes: Router) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        tokio::spawn(async move { axum::serve(listener, routes).await.expect("serves") });
        Self { address }
    }

    /// A URL of this server.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// A guard that permits this server.
    pub(crate) fn guard(&self) -> Guard {
        Guard::new(vec![self.address.parse().expect("a pattern")])
    }
}
