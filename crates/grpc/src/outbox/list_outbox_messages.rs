//! ListOutboxMessages.

use crate::{
    convert::outbox,
    edge::Edge,
    filter::{self, Column, Kind},
    fit::Room,
    page_token::List,
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_store::Page;
use prost::Message;
use std::sync::Arc;

const COLUMNS: &[Column] = &[
    Column { name: "topic", kind: Kind::Text },
    Column { name: "key", kind: Kind::Text },
    Column { name: "job_id", kind: Kind::Id },
    Column { name: "parked", kind: Kind::Bool },
];

pub async fn list_outbox_messages(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    request: v1::ListOutboxMessagesRequest,
) -> Answer<v1::ListOutboxMessagesResponse> {
    let list = List { rpc: "ListOutboxMessages", principal: &caller.principal, within: "", filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let (reader, account) = (edge.coordinator.reader(), &caller.principal.account);
    let mut found = reader.list_outbox(account, &filter, &page).await?;
    let mut room = Room::message();
    let shown = found.rows.iter().map(outbox::row_out);
    let messages: Vec<_> = shown.take_while(|message| room.take(message.encoded_len())).collect();
    if messages.len() < found.rows.len() {
        // A shorter page, with its own cursor.
        found = reader.list_outbox(account, &filter, &Page { size: messages.len(), ..page }).await?;
    }
    if messages.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::ListOutboxMessagesResponse { messages, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}
