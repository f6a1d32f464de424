//! Records of operators' calls, and what reports count.

use crate::{
    codec::{audit::audit_columns, read_attempt, read_audit, task::attempt_columns},
    connection::Connection,
    reader::{
        filter::{Field, Query, Sql},
        paging,
    },
    statement::{Keyed, Type},
    unit::{history::job_keys, ledger::int_keys},
    value::{Value, values},
};
use esteira_model::{AccountId, AuditRecord, JobId, PageId};
use esteira_store::{AttemptSample, Filter, Page, Paged, Result};

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

/// See [`esteira_store::Reader::audit_records_on`].
pub(super) async fn audit_records_on(connection: &mut Connection, pages: &[PageId]) -> Result<Vec<AuditRecord>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: concat!("SELECT ", audit_columns!(), " FROM k CROSS JOIN audit_record WHERE leaf_page = k1"),
    };
    let rows = connection.find(&FIND, int_keys(pages.iter().map(|page| page.0))).await?;
    rows.iter().map(|row| read_audit(&mut row.cells())).collect()
}

/// See [`esteira_store::Reader::audit_records_behind`].
pub(super) async fn audit_records_behind(
    connection: &mut Connection,
    id: i64,
    limit: usize,
) -> Result<Vec<AuditRecord>> {
    const SQL: &str =
        concat!("SELECT ", audit_columns!(), " FROM audit_record WHERE record_id > $1 ORDER BY record_id LIMIT $2");
    connection.fetch(SQL, values![id, limit]).await?.iter().map(|row| read_audit(&mut row.cells())).collect()
}

/// See [`esteira_store::Reader::attempt_samples`].
pub(super) async fn attempt_samples(
    connection: &mut Connection,
    jobs: &[JobId],
    limit: usize,
) -> Result<Vec<AttemptSample>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob],
        sql: concat!(
            "SELECT ",
            attempt_columns!(),
            ", (SELECT t.step FROM task t WHERE t.job_id = a.job_id AND t.task_id = a.task_id), \
             (SELECT t.create_time FROM task t WHERE t.job_id = a.job_id AND t.task_id = a.task_id) \
             FROM k CROSS JOIN attempt a WHERE a.job_id = k1 AND EXISTS \
             (SELECT 1 FROM task t WHERE t.job_id = a.job_id AND t.task_id = a.task_id) LIMIT $last"
        ),
    };
    let mut rows = connection.find_with(&FIND, job_keys(jobs), Value::from(limit)).await?;
    // A long list of keys is several statements, each with its limit.
    rows.truncate(limit);
    let read = |row: &crate::row::Row| {
        let mut cells = row.cells();
        Ok(AttemptSample { attempt: read_attempt(&mut cells)?, step: cells.int()?, create_time: cells.time()? })
    };
    rows.iter().map(read).collect()
}
