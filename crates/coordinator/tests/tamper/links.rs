//! Edits of what links a job to the one that it goes on from.

use crate::edits::{Edit, sql};

/// On SQLite and PostgreSQL.
pub const LINKS: &[Edit] = &[
    sql(
        "reprocess.reason",
        "MISMATCH_LEAF: field reason",
        "UPDATE reprocess SET reason = 'nothing special' WHERE job_id = {again}",
    ),
    sql(
        "reprocess.source_job_id: another job",
        "MISMATCH_LEAF: field source_job",
        "UPDATE reprocess SET source_job_id = {fan} WHERE job_id = {again}",
    ),
    sql(
        "reprocess.steps: from another one",
        "MISMATCH_LEAF: field from_step",
        "UPDATE reprocess SET steps = '[\"a\"]' WHERE job_id = {again}",
    ),
    sql(
        "reprocess.point: what did not succeed",
        "MISMATCH_LEAF: field from_step",
        "UPDATE reprocess SET point = 'FAILED_ITEMS' WHERE job_id = {again}",
    ),
    sql(
        "reprocess.actor: another user",
        "MISMATCH_LEAF: field operator",
        "UPDATE reprocess SET actor = replace(actor, 'tester', 'nobody') WHERE job_id = {again}",
    ),
    sql(
        "reprocess.input: as if nothing was given",
        "MISMATCH_CONTENT: content",
        "UPDATE reprocess SET input = NULL WHERE job_id = {again}",
    ),
    sql(
        "reprocess.reprocess_time",
        "MISMATCH_LEAF: field create_time",
        "UPDATE reprocess SET reprocess_time = reprocess_time + 1 WHERE job_id = {again}",
    ),
    sql("reprocess: its row deleted", "MISMATCH_LEAF: rows", "DELETE FROM reprocess WHERE job_id = {again}"),
    sql(
        "reprocess.leaf_page: as if there was no link",
        "MISMATCH_LEAF: rows",
        "UPDATE reprocess SET leaf_page = NULL, leaf_ordinal = NULL WHERE job_id = {again}",
    ),
    sql(
        "reprocess.leaf_page: the leaf of the start",
        "MISMATCH_LEAF: rows",
        "UPDATE reprocess SET leaf_page = (SELECT start_leaf_page FROM job WHERE job_id = {again}), \
         leaf_ordinal = (SELECT start_leaf_ordinal FROM job WHERE job_id = {again}) WHERE job_id = {again}",
    ),
    sql(
        "job.lineage_kind: as if it had begun by itself, its link deleted",
        "MISMATCH_LEAF",
        "UPDATE job SET lineage_kind = 'DIRECT', source_job_id = NULL WHERE job_id = {again}; \
         DELETE FROM reprocess WHERE job_id = {again}",
    ),
];
