//! ListAuditRecords.

use crate::{
    convert::audit,
    edge::Edge,
    filter::{self, Column, Kind},
    fit::Room,
    page_token::List,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_model::{DataClass, Decision};
use esteira_store::Page;
use prost::Message;

const COLUMNS: &[Column] = &[
    Column { name: "start_time", kind: Kind::Instant },
    Column { name: "user_id", kind: Kind::Text },
    Column { name: "credential_id", kind: Kind::Text },
    Column { name: "action", kind: Kind::Text },
    Column { name: "resource", kind: Kind::Text },
    Column {
        name: "decision",
        kind: Kind::Enum { prefix: "AUDIT_DECISION_", knows: |word| word.parse::<Decision>().is_ok() },
    },
    Column { name: "result", kind: Kind::Text },
    Column { name: "client_address", kind: Kind::Text },
    Column {
        name: "data_class",
        kind: Kind::Enum { prefix: "DATA_CLASS_", knows: |word| word.parse::<DataClass>().is_ok() },
    },
];

pub async fn list_audit_records(
    edge: &Edge,
    caller: &Caller,
    request: v1::ListAuditRecordsRequest,
) -> Answer<v1::ListAuditRecordsResponse> {
    let list = List { rpc: "ListAuditRecords", principal: &caller.principal, within: "", filter: &request.filter };
    let page = edge.pages.page(&list, request.page_size, &request.page_token)?;
    let filter = filter::parse(&request.filter, COLUMNS)?;
    let (reader, account) = (edge.coordinator.reader(), &caller.principal.account);
    let mut found = reader.list_audit_records(account, &filter, &page).await?;
    let mut room = Room::message();
    let shown = found.rows.iter().map(audit::record_out);
    let records: Vec<_> = shown.take_while(|record| room.take(record.encoded_len())).collect();
    if records.len() < found.rows.len() {
        // A shorter page, with its own cursor.
        found = reader.list_audit_records(account, &filter, &Page { size: records.len(), ..page }).await?;
    }
    Ok(v1::ListAuditRecordsResponse { records, next_page_token: edge.pages.next(&list, found.next.as_deref()) })
}
