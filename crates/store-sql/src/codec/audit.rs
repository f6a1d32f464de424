//! Records of operators' calls.

use crate::{
    codec::task::{push_leaf_at, read_leaf_at},
    row::Cells,
    value::{Rows, Value},
};
use esteira_model::{AuditRecord, time::micros};
use esteira_store::{Error, Kind, Result};

/// Adds a row of `audit_record`.
pub(crate) fn push_audit(record: &AuditRecord, rows: &mut Rows) {
    rows.push(record.id)
        .push(&record.account)
        .push(&record.user_id)
        .push(&record.credential_id)
        .push(&record.action)
        .push(&record.resource)
        .push(&record.reason)
        .push(record.request_digest)
        .push(Value::Fixed(record.decision.as_str()))
        .push(&record.result)
        .push(record.start_time)
        .push(micros(record.latency))
        .push(&record.client_address)
        .push(record.data_class.map(|class| Value::Fixed(class.as_str())))
        .push(record.salt);
    push_leaf_at(record.leaf_at, rows);
}

/// The SELECT list of [`read_audit`].
macro_rules! audit_columns {
    () => {
        "record_id, account, user_id, credential_id, action, resource, reason, request_digest, decision, result, \
         start_time, latency, client_address, data_class, salt, leaf_page, leaf_ordinal"
    };
}
pub(crate) use audit_columns;

/// Reads `audit_columns!`.
pub(crate) fn read_audit(cells: &mut Cells<'_>) -> Result<AuditRecord> {
    Ok(AuditRecord {
        id: cells.i64()?,
        account: cells.account()?,
        user_id: cells.string()?,
        credential_id: cells.string()?,
        action: cells.string()?,
        resource: cells.string()?,
        reason: cells.string()?,
        request_digest: cells.opt_bytes()?,
        decision: cells.parse()?,
        result: cells.string()?,
        start_time: cells.time()?,
        latency: cells.duration()?,
        client_address: cells.string()?,
        data_class: cells.opt_text()?.map(|class| class.parse().map_err(|_| malformed())).transpose()?,
        salt: cells.bytes()?,
        leaf_at: read_leaf_at(cells)?,
    })
}

fn malformed() -> Error {
    Error::new(Kind::Defect, "an audit record has a column that is not of its form")
}
