//! What waits in the outbox, for an operator.

use crate::{
    codec::{outbox::message_columns, read_message, read_run},
    connection::Connection,
    reader::{
        filter::{Field, Query, Sql},
        paging,
    },
    row::Row,
    value::{Value, values},
};
use esteira_model::AccountId;
use esteira_store::{Filter, Op, OutboxRow, Page, Paged, Result, Term};

const FIELDS: &[Field] = &[
    Field { name: "topic", sql: Sql::Text("o.topic") },
    Field { name: "key", sql: Sql::Text("o.message_key") },
    Field { name: "job_id", sql: Sql::Id("o.job_id") },
    Field { name: "parked", sql: Sql::Bool("s.parked") },
];

/// See [`esteira_store::Reader::list_outbox`].
pub(super) async fn list_outbox(
    connection: &mut Connection,
    account: &AccountId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<OutboxRow>> {
    const START: &str = concat!(
        "SELECT ",
        message_columns!(),
        ", s.parked, s.run, s.failed_sequence, s.failure FROM outbox o \
         JOIN outbox_key s ON s.account = o.account AND s.topic = o.topic AND s.message_key = o.message_key \
         LEFT JOIN blob b ON o.place = 'BLOB' AND b.sha256 = o.sha256 WHERE "
    );
    let mut query = Query::new(START, values![account]);
    let of_one_key = |term: &Term| term.field == "key" && term.op == Op::Eq;
    if filter.0.iter().any(of_one_key) {
        query.push("o.account = $1", Vec::new());
    } else {
        // Not the index of keys, which would have to be sorted for each page: the rows as they lie, by sequence.
        query.push("o.account || '' = $1", Vec::new());
    }
    query.filter(filter, FIELDS, None)?;
    if let Some(after) = paging::int(page)? {
        query.push(" AND o.sequence > {}", values![after]);
    }
    query.push(" ORDER BY o.sequence LIMIT {}", vec![Value::from(paging::rows_to_read(page))]);
    let rows = connection.fetch_query(query).await?.iter().map(read_row).collect::<Result<Vec<_>>>()?;
    Ok(paging::paged(rows, page, |row| row.message.sequence.to_be_bytes().to_vec()))
}

fn read_row(row: &Row) -> Result<OutboxRow> {
    let mut cells = row.cells();
    let message = read_message(&mut cells)?;
    let parked = cells.bool()?;
    let delivery_attempts =
        read_run(cells.blob()?)?.iter().find(|m| m.sequence == message.sequence).map_or(0, |m| m.leases);
    // The messages before the one that failed were not reported as failed.
    let failed = cells.opt_i64()?.is_some_and(|from| message.sequence >= from);
    let failure = if failed { cells.string()? } else { String::new() };
    Ok(OutboxRow { message, parked, delivery_attempts, failure })
}
