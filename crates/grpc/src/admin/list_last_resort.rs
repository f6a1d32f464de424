//! ListLastResort.

use crate::{convert::last_resort, edge::Edge, page_token::List, principal::Caller, status::Answer};
use esteira_contract::v1;

pub async fn list_last_resort(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListLastResortRequest,
) -> Answer<v1::ListLastResortResponse> {
    let list = List { rpc: "ListLastResort", principal: &caller.principal, within: "", filter: "" };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let after = page.after.unwrap_or_default();
    let mut rows = edge.coordinator.list_last_resort(&caller.principal.account).await?;
    rows.retain(|entry| entry.sequence.to_be_bytes().as_slice() > after.as_slice());
    let more = rows.len() > page.size;
    rows.truncate(page.size);
    let cursor = if more { rows.last().map(|entry| entry.sequence.to_be_bytes()) } else { None };
    Ok(v1::ListLastResortResponse {
        records: rows.iter().map(last_resort::record_out).collect(),
        next_page_token: edge.pages.next(&list, cursor.as_ref().map(<[u8; 8]>::as_slice)),
    })
}
