//! What certifies that bodies were removed: an erased job is ERASED because of its certificate, and of nothing else.

use super::{
    Edit, database,
    pages::{page_bytes, read_page},
    sql,
};
use esteira_ledger::{Hash, Hashes, Leaf, kinds::BodiesRemoved};
use rusqlite::{Connection, params};

pub const EDITS: &[Edit] = &[
    sql(
        "removal: the certificate's row deleted",
        "MISMATCH_CONTENT: body",
        "DELETE FROM removal WHERE job_id = {erased}",
    ),
    sql(
        "removal: the certificate of another job",
        "MISMATCH_CONTENT: certificate",
        "UPDATE removal SET (leaf_page, leaf_ordinal) = (SELECT leaf_page, leaf_ordinal FROM removal r WHERE r.job_id <> {erased}) WHERE job_id = {erased}",
    ),
    sql(
        "removal: a certificate that is another leaf",
        "MISMATCH_CONTENT: certificate",
        "UPDATE removal SET (leaf_page, leaf_ordinal) = (SELECT end_leaf_page, end_leaf_ordinal FROM job WHERE job_id = {erased}) WHERE job_id = {erased}",
    ),
    sql(
        "removal: one body more than the certificate names",
        "MISMATCH_CONTENT: certificate",
        "UPDATE removal SET artifacts = unhex(hex(artifacts) || (SELECT printf('%016X', input) FROM job WHERE job_id = {line})) WHERE job_id = {erased}",
    ),
    sql(
        "removal: as if the whole job was purged",
        "MISMATCH_CONTENT: body",
        "UPDATE removal SET cause = 'PURGE', artifacts = x'' WHERE job_id = {erased}",
    ),
    sql(
        "removal.data_class",
        "MISMATCH_CONTENT: certificate",
        "UPDATE removal SET data_class = 'QA' WHERE job_id = {erased}",
    ),
    sql(
        "removal.removal_time",
        "MISMATCH_CONTENT: certificate",
        "UPDATE removal SET removal_time = removal_time + 1 WHERE job_id = {erased}",
    ),
    database("removal: its page deleted", "MISMATCH_CONTENT: certificate", |c| {
        let sql = "DELETE FROM ledger_page WHERE page_id = (SELECT max(leaf_page) FROM removal)";
        assert_eq!(c.execute(sql, []).expect("edited"), 1);
    }),
    database("removal: the certificate names another body, in its leaf", "NOT_INCLUDED: ", forge_in_place),
    database("removal: a forged certificate, in no log", "NOT_INCLUDED: certificate inclusion", forge_beside),
    sql(
        "artifact.commitment of an erased body",
        "MISMATCH_CONTENT: certificate",
        "UPDATE artifact SET commitment = zeroblob(32) WHERE artifact_id = (SELECT input FROM job WHERE job_id = {erased})",
    ),
    sql(
        "artifact: an erased body's row deleted",
        "MISMATCH_CONTENT: ",
        "DELETE FROM artifact WHERE artifact_id = (SELECT input FROM job WHERE job_id = {erased})",
    ),
    sql(
        "artifact: an erased body put back",
        "MISMATCH_CONTENT: ",
        "UPDATE artifact SET place = 'INLINE', body = CAST('{\"a\":2}' AS BLOB) WHERE artifact_id = (SELECT input FROM job WHERE job_id = {erased})",
    ),
    database("artifact: removed with its commitment, and no certificate", "MISMATCH_CONTENT: body", |c| {
        let sql = "SELECT a.artifact_id, j.seed, a.sha256 FROM job j JOIN artifact a ON a.artifact_id = j.input WHERE j.seed IS NOT NULL ORDER BY j.job_id LIMIT 1";
        let (id, seed, sha256): (i64, [u8; 32], [u8; 32]) =
            c.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).expect("a body");
        let commitment = esteira_ledger::commitment(&esteira_ledger::Salt::of_artifact(&seed, id), &Hash(sha256));
        let sql = "UPDATE artifact SET place = 'PURGED', body = NULL, sha256 = zeroblob(32), commitment = ?2 WHERE artifact_id = ?1";
        c.execute(sql, params![id, &commitment.0[..]]).expect("edited");
    }),
    sql(
        "job: an erased one's state",
        "MISMATCH_LEAF: field state",
        "UPDATE job SET state = 'FAILED' WHERE job_id = {erased}",
    ),
    sql("job: an erased one's rows deleted", "MISMATCH_LEAF: rows", "DELETE FROM job WHERE job_id = {erased}"),
];

/// The newest certificate: its page, which leaf it is there, and the page's leaves.
fn certificate(connection: &Connection) -> (i64, usize, Vec<Vec<u8>>) {
    let sql = "SELECT r.leaf_page, r.leaf_ordinal, p.leaves FROM removal r JOIN ledger_page p ON p.page_id = r.leaf_page ORDER BY r.leaf_page DESC LIMIT 1";
    let read = |row: &rusqlite::Row<'_>| Ok((row.get(0)?, row.get::<_, i64>(1)?, row.get::<_, Vec<u8>>(2)?));
    let (page, ordinal, leaves) = connection.query_row(sql, [], read).expect("a certificate");
    (page, usize::try_from(ordinal).expect("an ordinal"), read_page(&leaves))
}

/// The same certificate by somebody else.
fn forged(leaf: &[u8]) -> Vec<u8> {
    let Ok(Leaf::BodiesRemoved(fields)) = Leaf::decode(leaf) else { panic!("no certificate") };
    assert_ne!(fields.bodies, Hashes::default());
    Leaf::from(BodiesRemoved { bytes: fields.bytes + 1, ..*fields }).encode().expect("a leaf")
}

fn forge_in_place(connection: &mut Connection) {
    let (page, ordinal, mut leaves) = certificate(connection);
    leaves[ordinal] = forged(&leaves[ordinal]);
    let sql = "UPDATE ledger_page SET leaves = ?2 WHERE page_id = ?1";
    connection.execute(sql, params![page, page_bytes(&leaves)]).expect("edited");
}

/// On a page of its own, which waits for no place.
fn forge_beside(connection: &mut Connection) {
    let (page, ordinal, leaves) = certificate(connection);
    let bytes = page_bytes(&vec![forged(&leaves[ordinal])]);
    connection.execute("INSERT INTO ledger_page (page_id, leaves) VALUES (7, ?1)", [bytes]).expect("forged");
    let sql = "UPDATE removal SET leaf_page = 7, leaf_ordinal = 0 WHERE leaf_page = ?1 AND leaf_ordinal = ?2";
    connection.execute(sql, params![page, ordinal as i64]).expect("edited");
}
