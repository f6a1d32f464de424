//! ListWorkers.

use crate::{convert::worker, edge::Edge, page_token::List, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::workers::Seen;

pub async fn list_workers(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListWorkersRequest,
) -> Answer<v1::ListWorkersResponse> {
    let list = List { rpc: "ListWorkers", principal: &caller.principal, within: "", filter: "" };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let seen = edge.coordinator.workers().list(&caller.principal.account, edge.now());
    let after = page.after.unwrap_or_default();
    let mut rows: Vec<Seen> =
        seen.into_iter().filter(|seen| seen.info.worker_id.as_bytes() > after.as_slice()).collect();
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let cursor = if more { rows.last().map(|seen| seen.info.worker_id.clone().into_bytes()) } else { None };
    let leases = edge.coordinator.lease_counts(&caller.principal.account).await?;
    let workers = rows.into_iter().map(|seen| {
        let held = leases.get(&seen.info.worker_id).copied().unwrap_or_default();
        worker::worker_out(seen, held)
    });
    Ok(v1::ListWorkersResponse {
        workers: workers.collect(),
        next_page_token: edge.pages.next(&list, cursor.as_deref()),
    })
}
