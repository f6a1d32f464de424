//! One connection of a worker: it can be cut, silenced or asked to leave.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    task::{Context, Poll},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::TcpStream,
    sync::Notify,
};

/// What is done to one connection, from outside of it.
#[derive(Debug, Default)]
pub(super) struct Gate {
    cut: AtomicBool,
    silent: AtomicBool,
    pub(super) cutting: Notify,
    pub(super) leaving: Notify,
}

impl Gate {
    /// Ends the connection with a TCP reset.
    pub(super) fn cut(&self) {
        self.cut.store(true, SeqCst);
        self.cutting.notify_one();
    }

    /// From now on nothing passes in either direction, and nobody is told: a half-open connection.
    pub(super) fn silence(&self) {
        self.silent.store(true, SeqCst);
    }

    /// Says GOAWAY and lets the calls that run end.
    pub(super) fn leave(&self) {
        self.leaving.notify_one();
    }
}

/// The connection's bytes, past the gate.
pub(super) struct Gated {
    pub(super) stream: TcpStream,
    pub(super) gate: Arc<Gate>,
}

impl Gated {
    fn is_silent(&self) -> bool {
        self.gate.silent.load(SeqCst)
    }
}

impl Drop for Gated {
    fn drop(&mut self) {
        if self.gate.cut.load(SeqCst) {
            // Without it the connection would end politely. One that has ended already cannot be reset, and need not.
            let _ = self.stream.set_zero_linger();
        }
    }
}

// A silent connection is never woken again: it stays until its worker closes it or the test ends.
impl AsyncRead for Gated {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.is_silent() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Gated {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.is_silent() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_silent() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.is_silent() {
            return Poll::Pending;
        }
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
