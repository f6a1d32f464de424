//! What is recorded for ever, and what is looked up to record more.

use crate::{
    codec::{read_ended, read_leaf_at},
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables::{ended_columns, task_columns},
    unit::{
        history::{distinct, task_keys},
        write::write,
    },
    value::{Rows, values},
};
use esteira_model::{ArtifactId, EndedTask, JobId, PageId, TaskId};
use esteira_store::{Batch, BodyDigest, Error, Kind, LedgerPage, NewestAttempt, Result};

/// See [`esteira_store::Unit::append_leaves`].
pub(super) async fn append_leaves(connection: &mut Connection, pages: &[LedgerPage]) -> Result<()> {
    write(connection, &Batch { leaves: pages.to_vec(), ..Batch::default() }).await
}

/// The key list of integers.
pub(crate) fn int_keys(ids: impl Iterator<Item = i64>) -> Rows {
    let ids = distinct(&ids.collect::<Vec<_>>());
    let mut keys = Rows::with_capacity(1, ids.len());
    for id in ids {
        keys.push(id);
    }
    keys
}

/// See [`esteira_store::Unit::ledger_pages`].
pub(crate) async fn ledger_pages(connection: &mut Connection, ids: &[PageId]) -> Result<Vec<LedgerPage>> {
    static FIND: Keyed =
        Keyed { key: &[Type::I64], sql: "SELECT page_id, leaves FROM k CROSS JOIN ledger_page WHERE page_id = k1" };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(LedgerPage::read(PageId(cells.i64()?), cells.blob()?.to_vec()))
    };
    connection.find(&FIND, int_keys(ids.iter().map(|id| id.0))).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::waiting_pages`].
pub(crate) async fn waiting_pages(
    connection: &mut Connection,
    after: Option<PageId>,
    limit: usize,
) -> Result<Vec<(PageId, u32)>> {
    const SQL: &str = "SELECT page_id, leaf_count FROM ledger_waiting WHERE page_id > $1 ORDER BY page_id LIMIT $2";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((PageId(cells.i64()?), cells.int()?))
    };
    let after = after.map_or(i64::MIN, |page| page.0);
    connection.fetch(SQL, values![after, limit]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::newest_attempts`].
pub(super) async fn newest_attempts(
    connection: &mut Connection,
    ids: &[(JobId, TaskId)],
) -> Result<Vec<NewestAttempt>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT a.job_id, a.task_id, a.number, a.leaf_page, a.leaf_ordinal FROM k CROSS JOIN attempt a \
              WHERE a.job_id = k1 AND a.task_id = k2 \
              AND a.number = (SELECT max(n.number) FROM attempt n WHERE n.job_id = k1 AND n.task_id = k2)",
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(NewestAttempt {
            job: JobId(cells.uuid()?),
            task: TaskId(cells.uuid()?),
            number: cells.int()?,
            leaf_at: read_leaf_at(&mut cells)?,
        })
    };
    connection.find(&FIND, task_keys(ids)).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::digests`].
pub(crate) async fn digests(connection: &mut Connection, ids: &[ArtifactId]) -> Result<Vec<(ArtifactId, BodyDigest)>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT artifact_id, place, sha256, commitment FROM k CROSS JOIN artifact WHERE artifact_id = k1",
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        let (id, place) = (ArtifactId(cells.i64()?), cells.text()?);
        let digest = match place {
            "PURGED" => {
                cells.skip(1);
                BodyDigest::Removed(cells.opt_bytes()?)
            }
            "INLINE" | "BLOB" => BodyDigest::Sha256(cells.bytes()?),
            other => return Err(Error::new(Kind::Defect, format!("an artifact is at an unknown place: {other}"))),
        };
        Ok((id, digest))
    };
    connection.find(&FIND, int_keys(ids.iter().map(|id| id.0))).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::branch_ends`].
pub(super) async fn branch_ends(connection: &mut Connection, job: JobId) -> Result<Vec<EndedTask>> {
    const SQL: &str = concat!(
        "SELECT ",
        task_columns!(),
        ", ",
        ended_columns!(),
        " FROM task WHERE job_id = $1 AND (leaf = 1 OR state <> 'SUCCEEDED') ORDER BY item_path, step, task_id"
    );
    connection.fetch(SQL, values![job.0]).await?.iter().map(|row| read_ended(&mut row.cells())).collect()
}
