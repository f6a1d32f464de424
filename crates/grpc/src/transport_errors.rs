//! Refusals of the transport in the contract's own form: bytes that are no message, messages beyond what is decoded.

use crate::status::Refusal;
use esteira_coordinator::Reason;
use http::Response;
use tonic::{Code, Status, body::Body};

/// Gives an error that tonic made its reason. All of ours have details already, and stay as they are.
pub fn typed(response: Response<Body>) -> Response<Body> {
    let Some(status) = response.extensions().get::<Status>().filter(|status| status.details().is_empty()) else {
        return response;
    };
    let refusal = match status.code() {
        // Text that is not UTF-8, a field of another type, a message that is cut short.
        Code::Internal => Refusal::new(Reason::FieldInvalid, "the bytes are not a message of this RPC"),
        Code::OutOfRange => Refusal::new(Reason::PayloadTooLarge, "the message is larger than any that is taken"),
        _ => return response,
    };
    tracing::debug!(reason = refusal.reason, "rpc refused");
    Status::from(refusal).into_http()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(status: Status, expected: Code) {
        let answered = typed(status.into_http());
        let code = answered.headers().get("grpc-status").and_then(|value| value.to_str().ok()).map(str::to_owned);
        assert_eq!(code, Some((expected as i32).to_string()));
    }

    #[test]
    fn only_what_the_transport_said_changes() {
        check(Status::internal("failed to decode"), Code::InvalidArgument);
        check(Status::out_of_range("too large"), Code::InvalidArgument);
        check(Status::unimplemented("no such method"), Code::Unimplemented);
        check(Status::cancelled("timeout"), Code::Cancelled);
        check(Refusal::new(Reason::Internal, "ours").into(), Code::Internal);
    }
}
