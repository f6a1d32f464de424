//! A bare connection to PostgreSQL: it says hello, runs a statement, and stays. That is all that holding a connection or a lock
//! takes, and a client library would answer for more.

use std::path::Path;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::UnixStream,
};

/// Version 3.0 of the protocol.
const PROTOCOL: u32 = 3 << 16;

/// An open connection; it ends when it is dropped.
pub(crate) struct Held(UnixStream);

impl Held {
    /// Opens one. None when the server refuses, or goes away meanwhile.
    pub async fn open(socket: &Path, role: &str, database: &str) -> Option<Self> {
        let mut stream = UnixStream::connect(socket).await.ok()?;
        let mut hello = PROTOCOL.to_be_bytes().to_vec();
        for text in ["user", role, "database", database, ""] {
            hello.extend_from_slice(text.as_bytes());
            hello.push(0);
        }
        let length = u32::try_from(hello.len() + 4).ok()?;
        stream.write_all(&[&length.to_be_bytes()[..], &hello].concat()).await.ok()?;
        let mut held = Self(stream);
        held.is_ready().await.then_some(held)
    }

    /// Runs a statement and waits until the server is ready for another; whether it did as it was told.
    pub async fn run(&mut self, sql: &str) -> bool {
        let Ok(length) = u32::try_from(sql.len() + 5) else { return false };
        let message = [b"Q", &length.to_be_bytes()[..], sql.as_bytes(), b"\0"].concat();
        self.0.write_all(&message).await.is_ok() && self.is_ready().await
    }

    /// Reads messages until `ReadyForQuery`; false for an error or an end.
    async fn is_ready(&mut self) -> bool {
        let mut good = true;
        loop {
            let mut head = [0; 5];
            if self.0.read_exact(&mut head).await.is_err() {
                return false;
            }
            let length = u32::from_be_bytes([head[1], head[2], head[3], head[4]]);
            let mut body = vec![0; usize::try_from(length.saturating_sub(4)).unwrap_or_default()];
            if self.0.read_exact(&mut body).await.is_err() {
                return false;
            }
            match head[0] {
                b'E' => good = false,
                b'Z' => return good,
                _ => {}
            }
        }
    }
}
