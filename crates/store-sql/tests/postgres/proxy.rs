//! A proxy on loopback before the server's socket, which loses what a test tells it to.

use std::{
    path::PathBuf,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream, UnixStream, tcp::OwnedWriteHalf as OwnedTcpWrite, unix::OwnedReadHalf as OwnedUnixRead,
    },
};

/// What happens to the next COMMIT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// The server gets it; its answer is lost with the connection.
    LoseAnswer,
    /// The server gets it; its answer never comes, and the connection stays.
    HoldAnswer,
    /// The server never gets it: both connections end.
    LoseCommit,
    /// The server never gets it and does not notice that the client is gone.
    KeepOpen,
}

/// What the proxy does.
#[derive(Default)]
struct Orders {
    fault: Mutex<Option<Fault>>,
    /// New connections are closed at once.
    closed: AtomicBool,
    /// Nothing goes through, in any direction.
    frozen: AtomicBool,
}

/// A running proxy; it ends with the test's runtime.
pub struct Proxy {
    port: u16,
    orders: Arc<Orders>,
}

impl Proxy {
    /// Listens before this socket.
    pub async fn start(socket: PathBuf) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let orders = Arc::new(Orders::default());
        let theirs = orders.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if theirs.closed.load(Ordering::Relaxed) {
                    continue;
                }
                let server = UnixStream::connect(&socket).await.expect("the server is there");
                tokio::spawn(relay(client, server, theirs.clone()));
            }
        });
        Self { port, orders }
    }

    /// The URL of a database through the proxy.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://tester:s3cret@127.0.0.1:{}/{database}", self.port)
    }

    /// What happens to the next COMMIT.
    pub fn next_commit(&self, fault: Fault) {
        *self.orders.fault.lock().expect("no panic") = Some(fault);
    }

    /// Whether new connections are closed at once.
    pub fn close(&self, closed: bool) {
        self.orders.closed.store(closed, Ordering::Relaxed);
    }

    /// Whether nothing goes through.
    pub fn freeze(&self, frozen: bool) {
        self.orders.frozen.store(frozen, Ordering::Relaxed);
    }
}

async fn relay(client: TcpStream, server: UnixStream, orders: Arc<Orders>) {
    let (mut from_client, to_client) = client.into_split();
    let (from_server, mut to_server) = server.into_split();
    let mute = Arc::new(AtomicBool::new(false));
    let answering = tokio::spawn(answer(from_server, to_client, orders.clone(), mute.clone()));
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from_client.read(&mut buffer).await {
        thaw(&orders).await;
        let is_commit = buffer[..count].windows(7).any(|window| window == b"COMMIT\0");
        let fault = if is_commit { orders.fault.lock().expect("no panic").take() } else { None };
        match fault {
            Some(Fault::LoseAnswer | Fault::HoldAnswer) => mute.store(true, Ordering::Relaxed),
            Some(Fault::KeepOpen) => {
                answering.abort();
                drop(from_client);
                return std::future::pending().await;
            }
            Some(Fault::LoseCommit) => break,
            None => {}
        }
        if to_server.write_all(&buffer[..count]).await.is_err() || fault == Some(Fault::LoseAnswer) {
            break;
        }
    }
    answering.abort();
}

async fn answer(
    mut from_server: OwnedUnixRead,
    mut to_client: OwnedTcpWrite,
    orders: Arc<Orders>,
    mute: Arc<AtomicBool>,
) {
    let mut buffer = vec![0; 1 << 16];
    while let Ok(count @ 1..) = from_server.read(&mut buffer).await {
        thaw(&orders).await;
        if mute.load(Ordering::Relaxed) {
            continue;
        }
        if to_client.write_all(&buffer[..count]).await.is_err() {
            break;
        }
    }
}

async fn thaw(orders: &Orders) {
    while orders.frozen.load(Ordering::Relaxed) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
