//! ApplyRetention.

use crate::{
    convert::retention,
    edge::Edge,
    page_token::List,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::{Reason, purge::Ask};
use esteira_model::{JobId, Uuid};
use std::sync::Arc;
use std::time::Duration;

/// How long one call works: less than the patience of whoever waits for it.
const BUDGET: Duration = Duration::from_secs(4);

pub async fn apply_retention(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::ApplyRetentionRequest,
) -> Answer<v1::ApplyRetentionResponse> {
    let list = List {
        rpc: "ApplyRetention",
        principal: &caller.principal,
        within: if request.dry_run { "dry_run" } else { "" },
        filter: "",
    };
    let after = match edge.pages.page(&list, 0, &request.page_token)?.after {
        None => None,
        Some(bytes) => {
            let id = <[u8; 16]>::try_from(bytes);
            let id = id.map_err(|_| Refusal::new(Reason::PageTokenInvalid, "the token names no job"))?;
            Some(JobId(Uuid::from_bytes(id)))
        }
    };
    let ask =
        Ask { account: Some(caller.principal.account.clone()), after, dry_run: request.dry_run, dropped_below: None };
    deed.choose(if request.dry_run { "DRY_RUN" } else { "" });
    edge.coordinator.record_begin(deed).await?;
    let applied = edge.coordinator.apply_retention(ask, BUDGET).await?;
    if !request.dry_run {
        tracing::info!(jobs = applied.removed.jobs, user = caller.principal.user_id, "retention applied");
    }
    let next = applied.next.map(|job| *job.0.as_bytes());
    let next_page_token = edge.pages.next(&list, next.as_ref().map(<[u8; 16]>::as_slice));
    Ok(retention::applied_out(&applied, next_page_token))
}
