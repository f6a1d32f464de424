//! The index from digests to artifacts. Its keys come in no order, so it is written in the background, many at once and sorted,
//! and never in the transaction of a step. It goes with the bodies: an erased body's digest cannot be looked up, nor guessed from
//! what is left.

use crate::{
    codec::read_ids,
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables,
    unit::{
        history::{job_keys, task_keys},
        settings,
    },
    value::Rows,
};
use esteira_model::{ArtifactId, JobId, TaskId};
use esteira_store::{DigestCursor, Result};

/// What writers of the index and removers of bodies hold in turn, so that no row of it outlives its body.
const LOCK: &str = "index of digests";

/// The beginning of a digest: equal keys are of equal digests, but for one pair in 2^64.
pub(crate) fn digest_key(sha256: &[u8; 32]) -> i64 {
    let (key, _) = sha256.split_first_chunk::<8>().expect("a digest has 32 bytes");
    i64::from_be_bytes(*key)
}

/// See [`esteira_store::Unit::index_digests`].
pub(super) async fn index_digests(connection: &mut Connection, ids: &[ArtifactId]) -> Result<usize> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT sha256, artifact_id FROM k CROSS JOIN artifact WHERE artifact_id = k1 AND place <> 'PURGED' AND body_kind <> 'NONE'",
    };
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    let mut keys = Rows::with_capacity(1, ids.len());
    for id in ids {
        keys.push(id.0);
    }
    // In a statement of its own: what a purge removed while this unit waited is not seen any more.
    connection.lock_lane(LOCK).await?;
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((digest_key(&cells.bytes()?), cells.i64()?))
    };
    let mut found = connection.find(&FIND, keys).await?.iter().map(read).collect::<Result<Vec<_>>>()?;
    found.sort_unstable();
    let mut rows = Rows::with_capacity(tables::ARTIFACT_DIGEST.width(), found.len());
    for (key, id) in found {
        rows.push(key).push(id);
    }
    Ok(connection.insert(&tables::ARTIFACT_DIGEST, rows).await? as usize)
}

/// Removes what the index has of bodies that are removed in this unit.
pub(super) async fn forget_digests(connection: &mut Connection, removed: &[([u8; 32], ArtifactId)]) -> Result<()> {
    static FORGET: Keyed = Keyed {
        key: &[Type::I64, Type::I64],
        sql: "DELETE FROM artifact_digest WHERE (digest_key, artifact_id) IN (SELECT k1, k2 FROM k) RETURNING artifact_id",
    };
    if removed.is_empty() {
        return Ok(());
    }
    let mut removed: Vec<_> = removed.iter().map(|(sha256, id)| (digest_key(sha256), id.0)).collect();
    removed.sort_unstable();
    let mut keys = Rows::with_capacity(2, removed.len());
    for (key, id) in removed {
        keys.push(key).push(id);
    }
    connection.lock_lane(LOCK).await?;
    connection.change_each(&FORGET, keys).await.map(drop)
}

/// The setting under which is kept how far the index is: epoch and index, 8 big-endian bytes each.
const CURSOR: &str = "digest_index";

/// See [`esteira_store::Unit::put_digest_cursor`].
pub(super) async fn put_digest_cursor(connection: &mut Connection, cursor: &DigestCursor) -> Result<()> {
    let value = [cursor.epoch.to_be_bytes(), cursor.index.to_be_bytes()].concat();
    settings::put_setting(connection, CURSOR, &value).await
}

/// See [`esteira_store::Reader::digest_cursor`]. Nothing is indexed before the first step.
pub(crate) async fn digest_cursor(connection: &mut Connection) -> Result<DigestCursor> {
    let value = settings::setting(connection, CURSOR).await?.unwrap_or_default();
    let cursor = value.split_first_chunk::<8>().and_then(|(epoch, rest)| Some((epoch, rest.first_chunk::<8>()?)));
    Ok(cursor.map_or_else(DigestCursor::default, |(epoch, index)| DigestCursor {
        epoch: u64::from_be_bytes(*epoch),
        index: u64::from_be_bytes(*index),
    }))
}

/// See [`esteira_store::Reader::artifacts_of`].
pub(crate) async fn artifacts_of(
    connection: &mut Connection,
    tasks: &[(JobId, TaskId)],
    jobs: &[JobId],
) -> Result<Vec<ArtifactId>> {
    static ENDED: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT outputs, input, checkpoint FROM k CROSS JOIN task WHERE job_id = k1 AND task_id = k2",
    };
    static APPENDED: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT items FROM k CROSS JOIN append_chunk WHERE job_id = k1 AND task_id = k2",
    };
    static UNTRIED: Keyed = Keyed {
        key: &[Type::Blob],
        sql: "SELECT DISTINCT input FROM k CROSS JOIN task WHERE job_id = k1 AND attempts = 0 AND input IS NOT NULL",
    };
    let mut found = Vec::new();
    for row in connection.find(&ENDED, task_keys(tasks)).await? {
        let mut cells = row.cells();
        found.append(&mut read_ids(cells.blob()?));
        found.extend([cells.opt_i64()?, cells.opt_i64()?].into_iter().flatten().map(ArtifactId));
    }
    for row in connection.find(&APPENDED, task_keys(tasks)).await? {
        found.append(&mut read_ids(row.cells().blob()?));
    }
    for row in connection.find(&UNTRIED, job_keys(jobs)).await? {
        found.push(ArtifactId(row.cells().i64()?));
    }
    Ok(found)
}
