//! The edits, each with the answer that it must get: the verdict and the check that fails first, or that the start refuses.

use crate::harness::{ORIGIN, signing};
use esteira_ledger::{Checkpoint, SignerKey, leaf_hash, merkle::Frontier};
use rusqlite::{Connection, params};
use std::path::Path;

/// What somebody does to a store while nobody looks.
pub enum Act {
    Nothing,
    /// Statements; `{line}`, `{fan}`, `{failed}`, `{parent}` and `{again}` are jobs.
    Sql(&'static str),
    /// Something in a SQLite database that takes more than statements.
    Database(fn(&mut Connection)),
    /// Something beside the database.
    Files(fn(&Path)),
}

pub struct Edit {
    pub name: &'static str,
    /// How the answer begins.
    pub expected: &'static str,
    pub act: Act,
}

pub const fn sql(name: &'static str, expected: &'static str, sql: &'static str) -> Edit {
    Edit { name, expected, act: Act::Sql(sql) }
}

const fn database(name: &'static str, expected: &'static str, edit: fn(&mut Connection)) -> Edit {
    Edit { name, expected, act: Act::Database(edit) }
}

const fn files(name: &'static str, expected: &'static str, edit: fn(&Path)) -> Edit {
    Edit { name, expected, act: Act::Files(edit) }
}

/// On SQLite.
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
    // Leaves.
    database("ledger_page: one bit of a leaf", "MISMATCH_LEAF", |c| edit_page(c, 3, |leaves| leaves[1][40] ^= 1)),
    database("ledger_page: the leaf is no leaf", "MISMATCH_LEAF: leaf form", |c| {
        edit_page(c, 3, |leaves| leaves[1][0] = b'X')
    }),
    database("ledger_page: the first leaf deleted", "MISMATCH_LEAF: rows", |c| {
        edit_page(c, 3, |leaves| drop(leaves.remove(0)))
    }),
    database("ledger_page: a leaf in the middle deleted", "MISMATCH_LEAF: rows", |c| {
        edit_page(c, 3, |leaves| drop(leaves.remove(1)))
    }),
    database("ledger_page: the last leaf deleted", "UNKNOWN: leaf", |c| edit_page(c, 3, |leaves| drop(leaves.pop()))),
    database("ledger_page: two leaves swapped", "MISMATCH_LEAF: rows", |c| edit_page(c, 3, |leaves| leaves.swap(0, 1))),
    database("ledger_page: a leaf twice", "MISMATCH_LEAF: rows", |c| {
        edit_page(c, 3, |leaves| leaves[1] = leaves[0].clone())
    }),
    sql(
        "ledger_page: cut short",
        "UNKNOWN: leaf",
        "UPDATE ledger_page SET leaves = substr(leaves, 1, length(leaves) - 5) WHERE page_id = (SELECT page_id FROM ledger_place WHERE leaf_count > 2 LIMIT 1)",
    ),
    sql(
        "ledger_page: the first page deleted",
        "UNKNOWN: leaf",
        "DELETE FROM ledger_page WHERE page_id = (SELECT page_id FROM ledger_place WHERE first_index = 0)",
    ),
    sql(
        "ledger_page: a page in the middle deleted",
        "UNKNOWN: leaf",
        "DELETE FROM ledger_page WHERE page_id = (SELECT page_id FROM ledger_place WHERE leaf_count > 2 LIMIT 1)",
    ),
    sql(
        "ledger_page: the last page deleted",
        "UNKNOWN: leaf",
        "DELETE FROM ledger_page WHERE page_id = (SELECT page_id FROM ledger_place ORDER BY first_index DESC LIMIT 1)",
    ),
    database("a leaf and its row changed together", "CHAIN_BROKEN: parent 0", change_leaf_and_row),
    database("a leaf, its row and every hash above it changed", "REFUSED", rewrite_all),
    // The log.
    database("ledger_place: two pages swapped", "NOT_INCLUDED: inclusion", swap_places),
    sql("ledger_place: one deleted", "UNKNOWN: leaf", "DELETE FROM ledger_place WHERE first_index = 1"),
    sql(
        "ledger_place.first_index moved",
        "UNKNOWN: leaf",
        "UPDATE ledger_place SET first_index = 1000000 WHERE first_index = 1",
    ),
    sql(
        "ledger_place.leaf_count",
        "UNKNOWN: leaf",
        "UPDATE ledger_place SET leaf_count = 1 WHERE first_index = (SELECT first_index FROM ledger_place WHERE leaf_count > 2 LIMIT 1)",
    ),
    sql(
        "ledger_node: forged",
        "NOT_INCLUDED: inclusion",
        "UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 8 AND number = 0",
    ),
    sql("ledger_node: deleted", "NOT_INCLUDED: inclusion", "DELETE FROM ledger_node WHERE level = 8 AND number = 0"),
    sql("ledger_head.size lowered", "REFUSED", "UPDATE ledger_head SET size = size - 1"),
    sql("ledger_head.roots", "REFUSED", "UPDATE ledger_head SET roots = zeroblob(length(roots))"),
    sql(
        "ledger_head: as if nothing was ever recorded",
        "REFUSED",
        "UPDATE ledger_head SET size = 0, roots = x''; DELETE FROM ledger_place; DELETE FROM ledger_node; DELETE FROM ledger_checkpoint; DELETE FROM ledger_page",
    ),
    sql("ledger_head.epoch, declared by nobody who may sign", "REFUSED", "UPDATE ledger_head SET epoch = 1"),
    database("ledger_checkpoint: signed again with another key", "REFUSED", |c| {
        resign(c, "SELECT note FROM ledger_checkpoint ORDER BY size DESC LIMIT 1")
    }),
    database("ledger_checkpoint: an old one signed again with another key", "NOT_INCLUDED: checkpoint", |c| {
        resign(c, "SELECT note FROM ledger_checkpoint ORDER BY size LIMIT 1")
    }),
    sql(
        "ledger_checkpoint: an old one edited",
        "NOT_INCLUDED: checkpoint",
        "UPDATE ledger_checkpoint SET note = replace(note, char(10) || size || char(10), char(10) || (size + 1) || char(10)) WHERE size = (SELECT min(size) FROM ledger_checkpoint)",
    ),
    // Files.
    files("the database: a backup put back", "REFUSED", |folder| {
        std::fs::copy(folder.join("backup.db"), folder.join("store.db")).expect("copied");
    }),
    files("the anchors: the newest edited", "REFUSED", |folder| {
        edit_line(folder, |lines| {
            let last = lines.len() - 1;
            lines[last] = lines[last].replace(ORIGIN, "log.example/other");
        })
    }),
    files("the anchors: an old one edited", "NOT_INCLUDED: anchor", |folder| {
        edit_line(folder, |lines| lines[0] = lines[0].replace(ORIGIN, "log.example/other"))
    }),
    files("the anchors: an old one signed with another key", "NOT_INCLUDED: anchor", |folder| {
        edit_line(folder, |lines| lines[0] = forged_anchor(&lines[0]))
    }),
    files("the anchors: a line that is none", "REFUSED", |folder| edit_line(folder, |lines| lines.push("{}".into()))),
    files("the anchors: those of a longer log", "REFUSED", |folder| {
        edit_line(folder, |lines| lines.push(longer_anchor()))
    }),
];

/// On PostgreSQL.
pub const POSTGRES: &[Edit] = &[
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
];

type Page = Vec<Vec<u8>>;

fn read_page(mut bytes: &[u8]) -> Page {
    let mut leaves = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<4>() {
        let (leaf, rest) = rest.split_at(u32::from_be_bytes(*length) as usize);
        leaves.push(leaf.to_vec());
        bytes = rest;
    }
    leaves
}

fn page_bytes(leaves: &Page) -> Vec<u8> {
    leaves.iter().flat_map(|leaf| [&(leaf.len() as u32).to_be_bytes()[..], leaf].concat()).collect()
}

/// Changes the first page with at least so many leaves.
fn edit_page(connection: &mut Connection, at_least: usize, edit: impl FnOnce(&mut Page)) {
    let (id, bytes): (i64, Vec<u8>) = connection
        .query_row(
            "SELECT g.page_id, g.leaves FROM ledger_place p JOIN ledger_page g ON g.page_id = p.page_id WHERE p.leaf_count >= ?1 ORDER BY p.first_index LIMIT 1",
            [at_least as i64],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("a page");
    let mut leaves = read_page(&bytes);
    edit(&mut leaves);
    connection
        .execute("UPDATE ledger_page SET leaves = ?2 WHERE page_id = ?1", params![id, page_bytes(&leaves)])
        .expect("edited");
}

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

/// Two pages with as many leaves each take each other's places.
fn swap_places(connection: &mut Connection) {
    let sql = "SELECT p.page_id, q.page_id FROM ledger_place p JOIN ledger_place q ON q.leaf_count = p.leaf_count AND q.first_index > p.first_index LIMIT 1";
    let (one, other): (i64, i64) =
        connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?))).expect("two places");
    for (from, to) in [(one, -1), (other, one), (-1, other)] {
        connection.execute("UPDATE ledger_place SET page_id = ?2 WHERE page_id = ?1", [from, to]).expect("edited");
    }
}

/// The leaf of a failed job's attempt names another worker, and so does its row.
fn change_leaf_and_row(connection: &mut Connection) {
    let (page, ordinal): (i64, i64) = connection
        .query_row(
            "SELECT leaf_page, leaf_ordinal FROM attempt WHERE job_id = (SELECT job_id FROM job WHERE state = 'FAILED') LIMIT 1",
            [],
            |row| Ok((row.get(0)?, row.get(1)?)),
        )
        .expect("an attempt");
    let bytes: Vec<u8> = connection
        .query_row("SELECT leaves FROM ledger_page WHERE page_id = ?1", [page], |row| row.get(0))
        .expect("a page");
    let mut leaves = read_page(&bytes);
    let decoded = esteira_ledger::Leaf::decode(&leaves[ordinal as usize]).expect("a leaf");
    let esteira_ledger::Leaf::AttemptEnded(fields) = decoded else { panic!("an attempt's leaf") };
    let changed = esteira_ledger::kinds::AttemptEnded { worker: "somebody else", ..*fields };
    let changed = esteira_ledger::Leaf::from(changed).encode().expect("a leaf");
    leaves[ordinal as usize] = changed;
    connection
        .execute("UPDATE ledger_page SET leaves = ?2 WHERE page_id = ?1", params![page, page_bytes(&leaves)])
        .expect("edited");
    let sql = "UPDATE attempt SET worker_id = 'somebody else' WHERE leaf_page = ?1 AND leaf_ordinal = ?2";
    connection.execute(sql, params![page, ordinal]).expect("edited");
}

/// The same, with nodes and head made again as if it had always been so: only an anchor knows better.
fn rewrite_all(connection: &mut Connection) {
    change_leaf_and_row(connection);
    let pages: Vec<Vec<u8>> = {
        let sql =
            "SELECT g.leaves FROM ledger_place p JOIN ledger_page g ON g.page_id = p.page_id ORDER BY p.first_index";
        let mut all = connection.prepare(sql).expect("pages");
        all.query_map([], |row| row.get(0)).expect("pages").map(|page| page.expect("a page")).collect()
    };
    let (mut head, mut nodes) = (Frontier::default(), Vec::new());
    for leaf in pages.iter().flat_map(|page| read_page(page)) {
        head.append(leaf_hash(&leaf), |place, hash| nodes.push((place, *hash)));
    }
    for (place, hash) in nodes.into_iter().filter(|(place, _)| place.level >= 8) {
        let sql = "UPDATE ledger_node SET hash = ?3 WHERE level = ?1 AND number = ?2";
        connection.execute(sql, params![place.level, place.index as i64, &hash.0[..]]).expect("edited");
    }
    let roots: Vec<u8> = head.roots().iter().flat_map(|root| root.0).collect();
    connection.execute("UPDATE ledger_head SET roots = ?1", [roots]).expect("edited");
}

/// The checkpoint that a query finds, signed by another key of the same name.
fn resign(connection: &mut Connection, query: &str) {
    let note: String = connection.query_row(query, [], |row| row.get(0)).expect("a checkpoint");
    let other = resigned(&note);
    assert_eq!(
        connection.execute("UPDATE ledger_checkpoint SET note = ?2 WHERE note = ?1", [note, other]).expect("edited"),
        1
    );
}

fn resigned(note: &str) -> String {
    let text = note.split("\n\n").next().expect("a text");
    let checkpoint = Checkpoint::from_text(&format!("{text}\n")).expect("a checkpoint");
    checkpoint.sign(&[&SignerKey::from_seed(ORIGIN, &[8; 32]).expect("a key")]).expect("signs")
}

fn edit_line(folder: &Path, edit: impl FnOnce(&mut Vec<String>)) {
    let path = folder.join("anchors");
    let text = std::fs::read_to_string(&path).expect("anchors");
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    assert!(lines.len() > 1, "there is an old anchor");
    edit(&mut lines);
    std::fs::write(&path, lines.join("\n") + "\n").expect("written");
}

fn forged_anchor(line: &str) -> String {
    let mut anchor: serde_json::Value = serde_json::from_str(line).expect("an anchor");
    anchor["note"] = resigned(anchor["note"].as_str().expect("a note")).into();
    anchor.to_string()
}

/// An anchor of a log that has more leaves than this one, by its own key.
fn longer_anchor() -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let checkpoint = Checkpoint { origin: ORIGIN.into(), size: 1_000_000, root: esteira_ledger::Hash([9; 32]) };
    let note = signing(&folder.path().join("anchors"), 7).sign(&checkpoint, esteira_model::Time(1)).expect("signs");
    serde_json::json!({ "time_micros": 1, "note": note }).to_string()
}
