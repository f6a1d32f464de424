//! VerifyStore.

use super::progress::{Progress, answer};
use crate::{
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    Reason,
    verify::{Cursor, Scope},
};
use std::time::Duration;

/// How long one call works: less than the patience of whoever waits for it.
const BUDGET: Duration = Duration::from_secs(2);

pub async fn verify_store(
    edge: &Edge,
    caller: &Caller,
    request: v1::VerifyStoreRequest,
) -> Answer<v1::VerifyStoreResponse> {
    let list = List { rpc: "VerifyStore", principal: &caller.principal, within: "", filter: "" };
    let progress = Progress::read(edge, &list, &request.page_token)?;
    let cursor = match &progress {
        Some(progress) => Some(
            Cursor::from_bytes(&progress.cursor)
                .ok_or_else(|| Refusal::new(Reason::PageTokenInvalid, "the token names no place in the store"))?,
        ),
        None => None,
    };
    let progress = progress.unwrap_or_else(|| Progress::begin(edge));
    let turn = edge.coordinator.check_store(cursor, BUDGET).await?;
    let found = (turn.report, turn.next.map(|next| next.to_bytes()), (turn.head.0, turn.head.1.0));
    let (shown, token) = answer(edge, caller, &list, Scope::All, progress, found).await?;
    Ok(v1::VerifyStoreResponse { verification: Some(shown), next_page_token: token })
}
