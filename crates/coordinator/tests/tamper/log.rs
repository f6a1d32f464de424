//! Leaves, the log over them, and files.

use super::{
    Edit, database, files,
    pages::{edit_page, page_bytes, read_page},
    sql,
};
use crate::harness::{ORIGIN, signing};
use esteira_ledger::{Checkpoint, SignerKey, leaf_hash, merkle::Frontier};
use rusqlite::{Connection, params};
use std::path::Path;

pub const EDITS: &[Edit] = &[
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
