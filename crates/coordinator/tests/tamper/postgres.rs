//! On PostgreSQL.

use super::{Edit, sql};

pub const EDITS: &[Edit] = &[
    sql("job.account", "MISMATCH_LEAF: rows", "UPDATE job SET account = 'other' WHERE job_id = {line}"),
    sql(
        "job.create_time",
        "MISMATCH_LEAF: field create_time",
        "UPDATE job SET create_time = create_time + 1 WHERE job_id = {line}",
    ),
    sql("job: its row deleted", "MISMATCH_LEAF: rows", "DELETE FROM job WHERE job_id = {line}"),
    sql(
        "attempt.worker_id",
        "MISMATCH_LEAF: field worker",
        "UPDATE attempt SET worker_id = 'x' WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt: a failed one deleted",
        "MISMATCH_LEAF: rows",
        "DELETE FROM attempt WHERE job_id = {line} AND failure IS NOT NULL",
    ),
    sql(
        "artifact.body",
        "MISMATCH_CONTENT: content",
        "UPDATE artifact SET body = '\\x7b7d' WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    sql(
        "artifact.body and sha256 together",
        "MISMATCH_CONTENT: content",
        "UPDATE artifact SET body = '\\x7b7d', sha256 = sha256('\\x7b7d') WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    sql(
        "ledger_page: cut short",
        "UNKNOWN: leaf",
        "UPDATE ledger_page SET leaves = substr(leaves, 1, length(leaves) - 5) WHERE page_id = (SELECT page_id FROM ledger_place WHERE leaf_count > 2 LIMIT 1)",
    ),
    sql(
        "ledger_page: a page deleted",
        "UNKNOWN: leaf",
        "DELETE FROM ledger_page WHERE page_id = (SELECT page_id FROM ledger_place WHERE first_index = 0)",
    ),
    sql("ledger_place: one deleted", "UNKNOWN: leaf", "DELETE FROM ledger_place WHERE first_index = 1"),
    sql("ledger_head.size lowered", "REFUSED", "UPDATE ledger_head SET size = size - 1"),
    sql(
        "removal: the certificate's row deleted",
        "MISMATCH_CONTENT: body",
        "DELETE FROM removal WHERE job_id = {erased}",
    ),
];
