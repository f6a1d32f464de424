//! ListRetention.

use crate::{convert::retention, edge::Edge, page_token::List, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::retention::Policy;

/// A policy's place in the list.
fn place(policy: &Policy) -> String {
    format!("{} {}", policy.project, policy.data_class.as_str())
}

pub async fn list_retention(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListRetentionRequest,
) -> Answer<v1::ListRetentionResponse> {
    let list = List { rpc: "ListRetention", principal: &caller.principal, within: "", filter: "" };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let mut policies = edge.coordinator.list_retention(&caller.principal).await?;
    policies.sort_by_key(place);
    let after = page.after.unwrap_or_default();
    let mut rows: Vec<Policy> =
        policies.into_iter().filter(|policy| place(policy).as_bytes() > after.as_slice()).collect();
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let cursor = if more { rows.last().map(|policy| place(policy).into_bytes()) } else { None };
    Ok(v1::ListRetentionResponse {
        policies: rows.into_iter().map(retention::policy_out).collect(),
        next_page_token: edge.pages.next(&list, cursor.as_deref()),
    })
}
