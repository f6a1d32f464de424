//! ListQueues.

use crate::{convert::worker, edge::Edge, page_token::List, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::queues::Queue;

pub async fn list_queues(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListQueuesRequest,
) -> Answer<v1::ListQueuesResponse> {
    let list = List { rpc: "ListQueues", principal: &caller.principal, within: "", filter: "" };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let queues = edge.coordinator.list_queues(&caller.principal).await?;
    let after = page.after.unwrap_or_default();
    let mut rows: Vec<Queue> = queues.into_iter().filter(|queue| queue.name.as_bytes() > after.as_slice()).collect();
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let cursor = if more { rows.last().map(|queue| queue.name.clone().into_bytes()) } else { None };
    let now = edge.now();
    Ok(v1::ListQueuesResponse {
        queues: rows.into_iter().map(|queue| worker::queue_out(queue, now)).collect(),
        next_page_token: edge.pages.next(&list, cursor.as_deref()),
    })
}
