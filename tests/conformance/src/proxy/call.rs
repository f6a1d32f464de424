//! What passed: one call, with the messages of both sides.

use bytes::{Bytes, BytesMut};
use prost::Message;
use tokio::time::Instant;

/// Bytes before a message: a flag and a length.
const PREFIX_BYTES: usize = 5;

/// One call of a worker that the coordinator has answered.
#[derive(Debug, Clone)]
pub struct Call {
    /// The RPC, such as `LeaseTasks`.
    pub method: String,
    /// The message that the coordinator was sent.
    pub request: Bytes,
    /// The message that it answered; none when it refused.
    pub answer: Option<Bytes>,
    /// Whether the worker never got it.
    pub lost: bool,
    /// When the request came.
    pub begun: Instant,
    /// When the answer came.
    pub ended: Instant,
}

impl Call {
    /// The request, read.
    pub fn request<M: Message + Default>(&self) -> M {
        M::decode(self.request.clone()).expect("the coordinator took it for one")
    }

    /// The answer, read; none when it was a refusal.
    pub fn answer<M: Message + Default>(&self) -> Option<M> {
        self.answer.clone().map(|bytes| M::decode(bytes).expect("the coordinator made it"))
    }
}

/// The first message of a body of gRPC or gRPC-web; none when there is none.
pub(super) fn first_message(body: &Bytes) -> Option<Bytes> {
    let (flag, length) = prefix(body)?;
    (flag == 0 && body.len() >= PREFIX_BYTES + length).then(|| body.slice(PREFIX_BYTES..PREFIX_BYTES + length))
}

/// The body with another first message; what follows it stays, such as the trailers of gRPC-web.
pub(super) fn with_message(body: &Bytes, message: &Bytes) -> Bytes {
    let (_, length) = prefix(body).expect("it has a first message");
    let mut changed = BytesMut::with_capacity(body.len());
    changed.extend_from_slice(&[0]);
    changed.extend_from_slice(&u32::try_from(message.len()).expect("messages are small").to_be_bytes());
    changed.extend_from_slice(message);
    changed.extend_from_slice(&body[PREFIX_BYTES + length..]);
    changed.freeze()
}

fn prefix(body: &Bytes) -> Option<(u8, usize)> {
    let length = body.get(1..PREFIX_BYTES)?;
    let length = u32::from_be_bytes(length.try_into().expect("four bytes"));
    Some((body[0], usize::try_from(length).expect("32 bits fit")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_message_is_found_and_replaced_and_the_rest_stays() {
        let body = Bytes::from_static(b"\0\0\0\0\x02hi\x80\0\0\0\x0fgrpc-status: 0\n");
        assert_eq!(first_message(&body), Some(Bytes::from_static(b"hi")));
        let changed = with_message(&body, &Bytes::from_static(b"hello"));
        assert_eq!(first_message(&changed), Some(Bytes::from_static(b"hello")));
        assert!(changed.ends_with(b"\x80\0\0\0\x0fgrpc-status: 0\n"));
    }

    #[test]
    fn what_is_no_message_is_none() {
        for body in [&b""[..], b"\0\0\0", b"\0\0\0\0\x09cut", b"\x80\0\0\0\x0fgrpc-status: 0\n"] {
            assert_eq!(first_message(&Bytes::from_static(body)), None, "{body:?}");
        }
    }
}
