//! Sends one request until there is an answer: the same bytes each time (INV-REPLAY, INV-POLL).

use crate::client::{backoff::Backoff, entropy::fraction, error::retry_delay, link::Link};
use crate::model::clock;
use std::{error::Error as _, future::Future, time::Duration};
use tokio::time::Instant;
use tonic::{Code, Request, Response, Status, transport::Channel};

/// An answer and when the request that it answers was sent: leases are counted from then.
#[derive(Debug)]
pub(crate) struct Answer<T> {
    pub(crate) value: T,
    #[cfg_attr(not(feature = "worker"), expect(dead_code, reason = "only leases are counted from it"))]
    pub(crate) sent: std::time::Instant,
}

/// How one kind of call is made.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Call {
    /// A single sending without an answer for this long is given up.
    pub(crate) timeout: Duration,
    /// All sendings together; none = until there is an answer.
    pub(crate) patience: Option<Duration>,
}

impl Call {
    /// Sends the request, and sends it again while that can help.
    pub(crate) async fn send<Req, Resp, F, Fut>(
        self,
        link: &Link,
        message: &Req,
        call: F,
    ) -> Result<Answer<Resp>, Status>
    where
        Req: Clone,
        F: Fn(Channel, Request<Req>) -> Fut,
        Fut: Future<Output = Result<Response<Resp>, Status>>,
    {
        let begun = Instant::now();
        let mut backoff = Backoff::default();
        loop {
            let (generation, channel) = link.channel();
            let sent = clock::instant();
            let status = match tokio::time::timeout(self.timeout, call(channel, link.request(message.clone()))).await {
                Ok(Ok(response)) => return Ok(Answer { value: response.into_inner(), sent }),
                Ok(Err(status)) => status,
                Err(_) => {
                    link.renew(generation);
                    Status::deadline_exceeded("no answer in time")
                }
            };
            let Some(pause) = pause(&status, &mut backoff) else { return Err(status) };
            if self.patience.is_some_and(|patience| begun.elapsed() + pause > patience) {
                return Err(status);
            }
            tokio::time::sleep(pause).await;
        }
    }
}

/// How long to wait before the same bytes are sent again; none when that is of no use.
fn pause(status: &Status, backoff: &mut Backoff) -> Option<Duration> {
    let asked = retry_delay(status);
    match status.code() {
        // CANCELLED: tonic's own word for a deadline that passed, and for a stream that was reset.
        Code::Unavailable | Code::DeadlineExceeded | Code::Cancelled => {
            Some(backoff.next(fraction()).max(asked.unwrap_or_default()))
        }
        Code::ResourceExhausted => asked,
        // A status that was made here out of a broken connection has a source; one that was sent has none.
        _ if status.source().is_some() => Some(backoff.next(fraction())),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Mutex;
    use tonic_types::{ErrorDetails, StatusExt as _};

    fn check(status: &Status, expected: bool) {
        assert_eq!(pause(status, &mut Backoff::default()).is_some(), expected, "{status:?}");
    }

    #[test]
    fn only_what_may_pass_is_sent_again() {
        for code in [Code::Unavailable, Code::DeadlineExceeded, Code::Cancelled] {
            check(&Status::new(code, ""), true);
        }
        for code in [
            Code::InvalidArgument,
            Code::NotFound,
            Code::FailedPrecondition,
            Code::ResourceExhausted,
            Code::Internal,
            Code::Unauthenticated,
        ] {
            check(&Status::new(code, ""), false);
        }
        check(&Status::from_error(Box::new(std::io::Error::other("reset"))), true);
    }

    fn link() -> Link {
        Link::new("http://localhost:1", None).expect("an address")
    }

    #[tokio::test]
    async fn the_same_bytes_are_sent_until_there_is_an_answer() {
        let (link, message, sent) = (link(), "the request".to_owned(), Mutex::new(Vec::new()));
        let call = Call { timeout: Duration::from_millis(10), patience: None };
        let answer = call.send(&link, &message, |_, request| {
            let mut sent = sent.lock().expect("one at a time");
            sent.push(request.into_inner());
            let tries = sent.len();
            async move {
                match tries {
                    1 => Err(Status::unavailable("gone")),
                    2 => std::future::pending().await,
                    _ => Ok(Response::new(tries)),
                }
            }
        });
        assert_eq!(answer.await.expect("an answer").value, 3);
        assert_eq!(*sent.lock().expect("one at a time"), ["the request"; 3]);
        // The second sending found the connection silent, so the third used another.
        assert_eq!(link.channel().0, 1);
    }

    #[tokio::test]
    async fn patience_has_an_end_and_a_refusal_is_final() {
        let call = Call { timeout: Duration::from_secs(1), patience: Some(Duration::from_millis(50)) };
        for (refusal, again) in [(Status::unavailable("gone"), true), (Status::not_found("no"), false)] {
            let sent = Mutex::new(0);
            let refuse = |_, _| {
                *sent.lock().expect("one at a time") += 1;
                std::future::ready(Err::<Response<()>, _>(refusal.clone()))
            };
            let status = call.send(&link(), &(), refuse).await.expect_err("never answered");
            assert_eq!((status.code(), again || *sent.lock().expect("one at a time") == 1), (refusal.code(), true));
        }
    }

    #[test]
    fn an_overloaded_coordinator_is_obeyed() {
        let delay = Duration::from_secs(7);
        let status =
            Status::with_error_details(Code::ResourceExhausted, "", ErrorDetails::with_retry_info(Some(delay)));
        assert_eq!(pause(&status, &mut Backoff::default()), Some(delay));
    }
}
