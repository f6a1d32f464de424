//! Sends one request and reads its answer, within a time and a number of bytes.

use crate::egress::{guard::Guard, resolver::AddressRefused};
use bytes::{Bytes, BytesMut};
use esteira_sdk::Error;
use reqwest::{Request, StatusCode, header::HeaderMap};
use std::{error::Error as _, time::Duration};

/// Bytes that an attempt may still read.
#[derive(Debug)]
pub(crate) struct Budget {
    left: usize,
    max: usize,
}

impl Budget {
    /// A budget of this many bytes.
    pub(crate) const fn new(max: usize) -> Self {
        Self { left: max, max }
    }

    /// Takes bytes that arrived; `HTTP_BODY_TOO_LARGE` when there are more than are left.
    fn take(&mut self, bytes: usize) -> Result<(), Error> {
        match self.left.checked_sub(bytes) {
            Some(left) => self.left = left,
            None => {
                let max = self.max;
                return Err(Error::non_retryable(
                    "HTTP_BODY_TOO_LARGE",
                    format!("the answer is larger than max_bytes = {max}"),
                ));
            }
        }
        Ok(())
    }
}

/// An answer, read to its end.
#[derive(Debug)]
pub(crate) struct Answer {
    /// Its status.
    pub(crate) status: StatusCode,
    /// Its headers.
    pub(crate) headers: HeaderMap,
    /// Its body; empty unless the status is a success.
    pub(crate) body: Bytes,
}

impl Guard {
    /// Sends a request and reads the answer. Both together take no longer than `time`.
    ///
    /// Errors: `EGRESS_REFUSED`, `HTTP_CONNECT`, `HTTP_TIMEOUT`, `HTTP_FAILED`, `HTTP_BODY_TOO_LARGE`. A status is no error
    /// here. The body of an answer that is not a success is not read: nobody may see it.
    pub(crate) async fn send(&self, request: Request, time: Duration, budget: &mut Budget) -> Result<Answer, Error> {
        let client = self.client(request.url())?;
        let url = request.url().clone();
        let exchange = async {
            let mut response = client.execute(request).await.map_err(|error| failure(self, &url, &error))?;
            let status = response.status();
            let headers = std::mem::take(response.headers_mut());
            let mut body = BytesMut::new();
            if status.is_success() {
                while let Some(chunk) = response.chunk().await.map_err(|error| failure(self, &url, &error))? {
                    budget.take(chunk.len())?;
                    body.extend_from_slice(&chunk);
                }
            }
            Ok(Answer { status, headers, body: body.freeze() })
        };
        match tokio::time::timeout(time, exchange).await {
            Ok(result) => result,
            Err(_) => {
                Err(Error::retryable("HTTP_TIMEOUT", format!("no complete answer within {} ms", time.as_millis())))
            }
        }
    }
}

/// What a failed exchange means. The text names no URL: its query may hold data.
fn failure(guard: &Guard, url: &reqwest::Url, error: &reqwest::Error) -> Error {
    let mut cause = error.source();
    let mut deepest = None;
    while let Some(inner) = cause {
        if inner.is::<AddressRefused>() {
            return guard.refused_address(url);
        }
        deepest = Some(inner);
        cause = inner.source();
    }
    let reason = deepest.map_or_else(|| "the exchange failed".to_owned(), ToString::to_string);
    if error.is_timeout() {
        Error::retryable("HTTP_TIMEOUT", "the connection was not established in time")
    } else if error.is_connect() {
        Error::retryable("HTTP_CONNECT", reason)
    } else {
        Error::retryable("HTTP_FAILED", reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::egress::resolver::Lookup;
    use reqwest::Method;
    use std::{
        future::{Future, ready},
        io,
        net::IpAddr,
        pin::Pin,
        sync::{
            Arc,
            atomic::{AtomicUsize, Ordering::SeqCst},
        },
    };
    use tokio::{
        io::{AsyncReadExt as _, AsyncWriteExt as _},
        net::TcpListener,
    };

    #[test]
    fn a_budget_counts_what_arrives() {
        let mut budget = Budget::new(10);
        assert!(budget.take(6).is_ok());
        assert!(budget.take(4).is_ok());
        let error = budget.take(1).expect_err("spent");
        assert_eq!((error.code(), error.is_retryable()), ("HTTP_BODY_TOO_LARGE", false));
    }

    /// A name server under someone else's control: every name is loopback, and every question is counted.
    struct Hostile(Arc<AtomicUsize>);

    impl Lookup for Hostile {
        fn lookup(&self, _: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send>> {
            self.0.fetch_add(1, SeqCst);
            Box::pin(ready(Ok(vec![IpAddr::from([127, 0, 0, 1])])))
        }
    }

    async fn send(pattern: &str, url: &str, asked: &Arc<AtomicUsize>) -> Result<Answer, Error> {
        let guard = Guard::with_lookup(vec![pattern.parse().expect("pattern")], Arc::new(Hostile(asked.clone())));
        let request = Request::new(Method::GET, url.parse().expect("url"));
        guard.send(request, Duration::from_secs(5), &mut Budget::new(100)).await
    }

    #[tokio::test]
    async fn what_was_checked_is_what_is_connected() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("an address").port();
        let connected = Arc::new(AtomicUsize::new(0));
        let counted = connected.clone();
        tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                counted.fetch_add(1, SeqCst);
                // The request is not looked at.
                let _ = stream.read(&mut [0; 1024]).await;
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok").await;
            }
        });
        let asked = Arc::new(AtomicUsize::new(0));
        // Below a domain, only public addresses are meant, whatever the name server says.
        let url = format!("http://evil.example.com:{port}/");
        let refused = send(&format!("*.example.com:{port}"), &url, &asked).await.expect_err("refused");
        assert_eq!(refused.code(), "EGRESS_REFUSED");
        assert_eq!((asked.load(SeqCst), connected.load(SeqCst)), (1, 0));
        // Named with its port, the name may be private: one question, and its answer is connected to.
        let answer = send(&format!("crm.example.com:{port}"), &format!("http://crm.example.com:{port}/"), &asked).await;
        assert_eq!(answer.expect("permitted").body, "ok");
        assert_eq!((asked.load(SeqCst), connected.load(SeqCst)), (2, 1));
    }
}
