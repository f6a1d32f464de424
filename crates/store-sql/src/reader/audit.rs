//! Records of operators' calls.

use crate::{
    codec::{audit::audit_columns, read_audit},
    connection::Connection,
    reader::{
        filter::{Field, Query, Sql},
        paging,
    },
    value::{Value, values},
};
use esteira_model::{AccountId, AuditRecord};
use esteira_store::{Filter, Page, Paged, Result};

const FIELDS: &[Field] = &[
    Field { name: "start_time", sql: Sql::Int("start_time") },
    Field { name: "user_id", sql: Sql::Text("user_id") },
    Field { name: "credential_id", sql: Sql::Text("credential_id") },
    Field { name: "action", sql: Sql::Text("action") },
    Field { name: "resource", sql: Sql::Text("resource") },
    Field { name: "decision", sql: Sql::Text("decision") },
    Field { name: "result", sql: Sql::Text("result") },
    Field { name: "client_address", sql: Sql::Text("client_address") },
    Field { name: "data_class", sql: Sql::Text("data_class") },
];

/// See [`esteira_store::Reader::list_audit_records`]. Ids are time-ordered, so newest first is highest first.
pub(super) async fn list_audit_records(
    connection: &mut Connection,
    account: &AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<AuditRecord>> {
    const START: &str = concat!("SELECT ", audit_columns!(), " FROM audit_record WHERE account = $1");
    let mut query = Query::new(START, values![account]);
    query.filter(filter, FIELDS, None)?;
    if let Some(after) = paging::int(page)? {
        query.push(" AND record_id < {}", values![after]);
    }
    query.push(" ORDER BY record_id DESC LIMIT {}", vec![Value::from(paging::rows_to_read(page))]);
    let rows = connection.fetch_query(query).await?;
    let records = rows.iter().map(|row| read_audit(&mut row.cells())).collect::<Result<Vec<_>>>()?;
    Ok(paging::paged(records, page, |record| record.id.to_be_bytes().to_vec()))
}
