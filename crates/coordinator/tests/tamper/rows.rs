//! What rows and bodies say.

use super::{Edit, database, sql};
use rusqlite::{Connection, params};

pub const EDITS: &[Edit] = &[
    // What a job's row says.
    sql("job.account", "MISMATCH_LEAF: rows", "UPDATE job SET account = 'other' WHERE job_id = {line}"),
    sql("job.data_class", "MISMATCH_LEAF: field data_class", "UPDATE job SET data_class = 'QA' WHERE job_id = {line}"),
    sql(
        "job.actor: another user",
        "MISMATCH_LEAF: field operator",
        "UPDATE job SET actor = replace(actor, 'tester', 'nobody') WHERE job_id = {line}",
    ),
    sql(
        "job.lineage_kind",
        "MISMATCH_LEAF: field lineage",
        "UPDATE job SET lineage_kind = 'SUB_PLAN' WHERE job_id = {line}",
    ),
    sql(
        "job.create_time",
        "MISMATCH_LEAF: field create_time",
        "UPDATE job SET create_time = create_time + 1 WHERE job_id = {line}",
    ),
    sql(
        "job.request_digest",
        "MISMATCH_LEAF: field request_digest",
        "UPDATE job SET request_digest = zeroblob(32) WHERE job_id = {line}",
    ),
    sql(
        "job.plan_version_id: another plan's",
        "MISMATCH_LEAF: field",
        "UPDATE job SET plan_version_id = (SELECT plan_version_id FROM plan_version WHERE plan_name = 'fan') WHERE job_id = {line}",
    ),
    sql(
        "job.input: another body",
        "MISMATCH_CONTENT: content",
        "UPDATE job SET input = (SELECT input FROM job WHERE job_id = {fan}) WHERE job_id = {line}",
    ),
    sql("job.seed", "MISMATCH_CONTENT: content", "UPDATE job SET seed = zeroblob(32) WHERE job_id = {line}"),
    sql("job.seed removed, as if erased", "MISMATCH_CONTENT: body", "UPDATE job SET seed = NULL WHERE job_id = {line}"),
    sql(
        "job.state: FAILED instead of SUCCEEDED",
        "MISMATCH_LEAF: field state",
        "UPDATE job SET state = 'FAILED' WHERE job_id = {line}",
    ),
    sql(
        "job.state: SUCCEEDED instead of FAILED",
        "MISMATCH_LEAF: field state",
        "UPDATE job SET state = 'SUCCEEDED' WHERE job_id = {failed}",
    ),
    sql(
        "job.start_time",
        "MISMATCH_LEAF: field start_time",
        "UPDATE job SET start_time = start_time - 1 WHERE job_id = {line}",
    ),
    sql(
        "job.end_time",
        "MISMATCH_LEAF: field end_time",
        "UPDATE job SET end_time = end_time + 1 WHERE job_id = {line}",
    ),
    sql(
        "job.failure: another code",
        "MISMATCH_LEAF: field failure",
        "UPDATE job SET failure = replace(failure, 'BROKEN', 'FINE') WHERE job_id = {failed}",
    ),
    sql(
        "job.failure: another message",
        "MISMATCH_LEAF: field texts",
        "UPDATE job SET failure = replace(failure, 'does not work', 'works') WHERE job_id = {failed}",
    ),
    sql("job.note", "MISMATCH_LEAF: field texts", "UPDATE job SET note = 'as agreed' WHERE job_id = {line}"),
    sql(
        "job.start_leaf: that of another job",
        "MISMATCH_LEAF: rows",
        "UPDATE job SET (start_leaf_page, start_leaf_ordinal) = (SELECT start_leaf_page, start_leaf_ordinal FROM job WHERE job_id = {fan}) WHERE job_id = {line}",
    ),
    sql(
        "job.end_leaf removed",
        "MISMATCH_LEAF: rows",
        "UPDATE job SET end_leaf_page = NULL, end_leaf_ordinal = NULL WHERE job_id = {line}",
    ),
    sql("job: its row deleted", "MISMATCH_LEAF: rows", "DELETE FROM job WHERE job_id = {line}"),
    sql(
        "job: all its rows deleted",
        "MISMATCH_LEAF: rows",
        "DELETE FROM job WHERE job_id = {line}; DELETE FROM task WHERE job_id = {line}; DELETE FROM attempt WHERE job_id = {line}; DELETE FROM artifact WHERE job_id = {line}",
    ),
    database("job: one that never was", "UNKNOWN: leaf", invent_job),
    // What an attempt's row says.
    sql(
        "attempt.fence",
        "MISMATCH_LEAF: field fence",
        "UPDATE attempt SET fence = fence + 1 WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.worker_id",
        "MISMATCH_LEAF: field worker",
        "UPDATE attempt SET worker_id = 'x' WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.function_version",
        "MISMATCH_LEAF: field function_version",
        "UPDATE attempt SET function_version = '9' WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.start_time",
        "MISMATCH_LEAF: field start_time",
        "UPDATE attempt SET start_time = start_time - 1 WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.end_time",
        "MISMATCH_LEAF: field end_time",
        "UPDATE attempt SET end_time = end_time + 1 WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.worker_start_time",
        "MISMATCH_LEAF: field worker_start_time",
        "UPDATE attempt SET worker_start_time = 1 WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.worker_end_time",
        "MISMATCH_LEAF: field worker_end_time",
        "UPDATE attempt SET worker_end_time = 1 WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.failure: as if it had worked",
        "MISMATCH_LEAF: field failure",
        "UPDATE attempt SET failure = NULL WHERE job_id = {line} AND failure IS NOT NULL",
    ),
    sql(
        "attempt.failure: another message",
        "MISMATCH_LEAF: field texts",
        "UPDATE attempt SET failure = replace(failure, 'did not work', 'was lazy') WHERE job_id = {line} AND failure IS NOT NULL",
    ),
    sql(
        "attempt.leaf: that of another attempt",
        "MISMATCH_LEAF: rows",
        "UPDATE attempt SET (leaf_page, leaf_ordinal) = (SELECT leaf_page, leaf_ordinal FROM attempt WHERE job_id = {failed}) WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt.leaf removed",
        "MISMATCH_LEAF: rows",
        "UPDATE attempt SET leaf_page = NULL, leaf_ordinal = NULL WHERE job_id = {line} AND number = 2",
    ),
    sql(
        "attempt: a failed one deleted",
        "MISMATCH_LEAF: rows",
        "DELETE FROM attempt WHERE job_id = {line} AND failure IS NOT NULL",
    ),
    sql(
        "attempt: two rows' workers swapped",
        "MISMATCH_LEAF: field",
        "UPDATE attempt SET start_time = (SELECT max(start_time) + min(start_time) FROM attempt a WHERE a.job_id = {line}) - start_time WHERE job_id = {line}",
    ),
    // What a task's row says.
    sql("task.step", "MISMATCH_LEAF: field", "UPDATE task SET step = 0 WHERE job_id = {line} AND step = 1"),
    sql(
        "task.item_path",
        "MISMATCH_LEAF: field item_path",
        "UPDATE task SET item_path = (SELECT item_path FROM task t WHERE t.job_id = {fan} AND t.item_path <> x'' LIMIT 1) WHERE job_id = {line} AND step = 1",
    ),
    sql(
        "task.input: another body",
        "MISMATCH_CONTENT: content",
        "UPDATE task SET input = (SELECT input FROM job WHERE job_id = {line}) WHERE job_id = {line} AND step = 1",
    ),
    sql(
        "task.outputs removed",
        "MISMATCH_CONTENT: content",
        "UPDATE task SET outputs = x'' WHERE job_id = {line} AND step = 1",
    ),
    sql(
        "task.outputs: another body",
        "MISMATCH_CONTENT: content",
        "UPDATE task SET outputs = (SELECT outputs FROM task t WHERE t.job_id = {line} AND t.step = 0) WHERE job_id = {line} AND step = 1",
    ),
    sql(
        "task.outputs: those of a fan-out in another order",
        "MISMATCH_CONTENT: content",
        "UPDATE task SET outputs = unhex(substr(hex(outputs), 17, 16) || substr(hex(outputs), 1, 16) || substr(hex(outputs), 33)) WHERE job_id = {fan} AND length(outputs) > 16",
    ),
    sql(
        "task.verdicts: a policy that passed fails",
        "MISMATCH_LEAF: field policies",
        "UPDATE task SET verdicts = replace(verdicts, 'true', 'false') WHERE job_id = {line} AND verdicts IS NOT NULL",
    ),
    sql(
        "task.parent_task_id",
        "CHAIN_BROKEN: parent",
        "UPDATE task SET parent_task_id = NULL WHERE job_id = {line} AND step = 1",
    ),
    sql("task: its row deleted", "MISMATCH_CONTENT: content", "DELETE FROM task WHERE job_id = {line} AND step = 1"),
    sql(
        "arrival: one removed",
        "CHAIN_BROKEN: parent",
        "DELETE FROM arrival WHERE job_id = {fan} AND from_task = (SELECT from_task FROM arrival WHERE job_id = {fan} LIMIT 1)",
    ),
    // Bodies.
    sql(
        "artifact.body",
        "MISMATCH_CONTENT: content",
        "UPDATE artifact SET body = CAST('{\"a\":2}' AS BLOB) WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    sql(
        "artifact.sha256",
        "MISMATCH_LEAF: field inputs",
        "UPDATE artifact SET sha256 = zeroblob(32) WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    database("artifact: body and sha256 together", "MISMATCH_CONTENT: content", change_body_and_digest),
    sql(
        "artifact: the bodies of two jobs swapped",
        "MISMATCH_CONTENT: content",
        "UPDATE artifact SET (body, sha256) = (SELECT body, sha256 FROM artifact a WHERE a.artifact_id = (SELECT max(artifact_id) FROM artifact WHERE job_id = {failed})) WHERE artifact_id = (SELECT max(artifact_id) FROM artifact WHERE job_id = {line})",
    ),
    sql(
        "artifact: deleted",
        "MISMATCH_CONTENT: body",
        "DELETE FROM artifact WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    sql(
        "artifact: removed as by a purge, with no certificate",
        "MISMATCH_CONTENT: body",
        "UPDATE artifact SET place = 'PURGED', body = NULL WHERE artifact_id = (SELECT input FROM job WHERE job_id = {line})",
    ),
    // Plans.
    sql(
        "plan_version.sha256",
        "MISMATCH_LEAF: field plan_digest",
        "UPDATE plan_version SET sha256 = zeroblob(32) WHERE plan_name = 'line'",
    ),
    sql(
        "plan_version.definition",
        "MISMATCH_LEAF: field plan_digest",
        "UPDATE plan_version SET definition = replace(definition, 'value.after', 'value.before') WHERE plan_name = 'line'",
    ),
];

fn invent_job(connection: &mut Connection) {
    let mut columns = connection.prepare("SELECT name FROM pragma_table_info('job')").expect("columns");
    let names: Vec<String> =
        columns.query_map([], |row| row.get(0)).expect("columns").map(|name| name.expect("a name")).collect();
    let values: Vec<String> = names
        .iter()
        .map(|name| match name.as_str() {
            "job_id" | "root_job_id" => "x'ffffffffffff7fff8fffffffffffffff'".to_owned(),
            "start_leaf_page" | "start_leaf_ordinal" | "end_leaf_page" | "end_leaf_ordinal" => "NULL".to_owned(),
            name => name.to_owned(),
        })
        .collect();
    let sql = format!(
        "INSERT INTO job ({}) SELECT {} FROM job WHERE parent_job_id IS NULL ORDER BY job_id DESC LIMIT 1",
        names.join(", "),
        values.join(", ")
    );
    connection.execute(&sql, []).expect("invented");
}

fn change_body_and_digest(connection: &mut Connection) {
    let body = br#"{"a":2}"#;
    let digest = esteira_ledger::Hash::of_bytes(body).0;
    let sql = "UPDATE artifact SET body = ?1, sha256 = ?2 WHERE artifact_id = (SELECT min(artifact_id) FROM artifact)";
    connection.execute(sql, params![&body[..], &digest[..]]).expect("edited");
}
