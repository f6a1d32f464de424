//! What stands before coordinators in real life: spreads connections over those that are well, and cuts those to others.

use esteira_contract::v1::{GetSystemInfoRequest, admin_service_client::AdminServiceClient};
use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};
use tonic::transport::Endpoint;

/// How often each coordinator is asked whether it is well.
const ASK_EVERY: Duration = Duration::from_millis(250);
/// How long it may take to answer.
const ANSWER_MAX: Duration = Duration::from_secs(2);

struct Backend {
    address: SocketAddr,
    is_well: watch::Sender<bool>,
}

/// A running balancer; it ends with the test's runtime.
pub struct Balancer {
    address: SocketAddr,
}

impl Balancer {
    /// Stands before these coordinators.
    pub async fn start(addresses: Vec<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let backend = |address| Backend { address, is_well: watch::Sender::new(true) };
        let backends: Arc<Vec<Backend>> = Arc::new(addresses.into_iter().map(backend).collect());
        for at in 0..backends.len() {
            tokio::spawn(look_after(backends.clone(), at));
        }
        let next = Arc::new(AtomicUsize::new(0));
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(carry(client, backends.clone(), next.fetch_add(1, Relaxed)));
            }
        });
        Self { address }
    }

    /// `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

/// Asks a coordinator again and again, over connections of its own.
async fn look_after(backends: Arc<Vec<Backend>>, at: usize) {
    let backend = &backends[at];
    let endpoint = Endpoint::from_shared(format!("http://{}", backend.address)).expect("an endpoint");
    let channel = endpoint.timeout(ANSWER_MAX).connect_lazy();
    let mut admin = AdminServiceClient::new(channel);
    let mut looks = tokio::time::interval(ASK_EVERY);
    loop {
        looks.tick().await;
        let asked = tokio::time::timeout(ANSWER_MAX, admin.get_system_info(GetSystemInfoRequest::default())).await;
        backend.is_well.send_replace(matches!(asked, Ok(Ok(_))));
    }
}

/// Carries one connection to the next coordinator that is well and takes it, for as long as it is well.
async fn carry(mut client: TcpStream, backends: Arc<Vec<Backend>>, first: usize) {
    for at in 0..backends.len() {
        let backend = &backends[(first + at) % backends.len()];
        let mut health = backend.is_well.subscribe();
        if !*health.borrow_and_update() {
            continue;
        }
        let Ok(mut server) = TcpStream::connect(backend.address).await else { continue };
        tokio::select! {
            _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
            _ = health.wait_for(|is_well| !is_well) => {}
        }
        return;
    }
}
