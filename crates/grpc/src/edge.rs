//! What all handlers share, and how a call begins and ends.

use crate::{
    digest::{self, Maps},
    page_token::PageTokens,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_coordinator::{
    Coordinator, Reason,
    audit::{Deed, OK},
};
use esteira_model::{Decision, Time, limits};
use prost::Message;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tonic::{Code, Request, Response, Status};

/// What all handlers share.
pub struct Edge {
    /// The use cases.
    pub coordinator: Coordinator,
    /// Page tokens.
    pub pages: PageTokens,
    /// Cancelled when the server drains: who waits is answered at once.
    pub drain: CancellationToken,
}

impl Edge {
    /// Over this coordinator.
    pub fn new(coordinator: Coordinator, drain: CancellationToken) -> Self {
        let pages = PageTokens::new(coordinator.tokens().derive("page token"));
        Self { coordinator, pages, drain }
    }

    /// Records that the answer shows data. No answer that does may leave before this has returned (INV-AUDIT).
    pub async fn reveal(&self, deed: &Deed) -> Answer<()> {
        Ok(self.coordinator.record(deed, Decision::Allowed, OK).await?)
    }

    /// The coordinator's time.
    pub fn now(&self) -> Time {
        self.coordinator.clock().now()
    }
}

/// A call whose caller is known and whose message is small enough.
pub struct Call<M> {
    /// Who calls.
    pub caller: Arc<Caller>,
    /// What becomes the call's record.
    pub deed: Arc<Deed>,
    /// What they say.
    pub message: M,
}

/// Begins a call whose record, if it leaves one, says what was asked.
pub fn open_recorded<M: Maps>(request: Request<M>) -> Result<Call<M>, Status> {
    let mut call = open(request)?;
    call.deed.asked(digest::of(call.deed.rpc(), &mut call.message, &mut Vec::new()));
    Ok(call)
}

/// Begins a call.
pub fn open<M: Message>(request: Request<M>) -> Result<Call<M>, Status> {
    let (_, mut extensions, message) = request.into_parts();
    let caller = extensions.remove::<Arc<Caller>>().ok_or_else(|| Refusal::token_invalid("the caller is not known"))?;
    let deed = extensions.remove::<Arc<Deed>>();
    let deed = deed.ok_or_else(|| Refusal::new(Reason::Internal, "the call has no record to be"))?;
    let bytes = message.encoded_len();
    if bytes > limits::MESSAGE_BYTES_MAX {
        let text = format!("the message has {bytes} bytes; at most {} are taken", limits::MESSAGE_BYTES_MAX);
        return Err(Refusal::new(Reason::PayloadTooLarge, text).into());
    }
    Ok(Call { caller, deed, message })
}

/// Ends a call.
pub fn close<T>(answer: Answer<T>) -> Result<Response<T>, Status> {
    answer.map(Response::new).map_err(refused)
}

/// Logs a refusal, once, and turns it into a status.
pub fn refused(refusal: Refusal) -> Status {
    let Refusal { code, reason, field, .. } = &refusal;
    match code {
        Code::Internal => tracing::error!(reason, error = refusal.message, "rpc failed"),
        // What a store said was logged where it said it.
        Code::Unavailable | Code::ResourceExhausted => tracing::warn!(reason, "rpc refused"),
        _ => tracing::debug!(reason, field, "rpc refused"),
    }
    refusal.into()
}
