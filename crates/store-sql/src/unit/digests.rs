//! The index from digests to artifacts. It is written in the background, many entries in a row, and never in the transaction of a step.
//! An entry goes with its body: an erased body's digest cannot be looked up, nor guessed from what is left.

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
use std::collections::{BTreeMap, BTreeSet, HashSet};

/// What writers of the index and removers of bodies hold in turn, so that no entry outlives its body.
const LOCK: &str = "index of digests";
/// Ids that agree above this bit are of one span: about a second, as the lower bits of an id are a coordinator's number (10 bits)
/// and microseconds.
const SPAN_BITS: u32 = 30;
/// Bytes of one entry.
const ENTRY_BYTES: usize = 16;

/// The beginning of a digest: equal keys are of equal digests, but for one pair in 2^64.
pub(crate) fn digest_key(sha256: &[u8; 32]) -> [u8; 8] {
    *sha256.first_chunk().expect("a digest has 32 bytes")
}

/// The span that an artifact is in.
pub(crate) fn span_of(id: i64) -> i64 {
    id >> SPAN_BITS
}

/// The smallest id of a span.
pub(crate) fn span_begin(span: i64) -> i64 {
    span << SPAN_BITS
}

/// The entries of a row: key and id of each artifact. Bytes that are no whole entry are none.
pub(crate) fn entries(bytes: &[u8]) -> impl Iterator<Item = ([u8; 8], i64)> {
    bytes.as_chunks::<ENTRY_BYTES>().0.iter().map(|entry| {
        let (key, id) = entry.split_first_chunk::<8>().expect("an entry has 16 bytes");
        (*key, i64::from_be_bytes(*id.first_chunk().expect("8 of them are left")))
    })
}

/// One row of the index.
struct Block {
    span: i64,
    part: i64,
    entries: Vec<([u8; 8], i64)>,
}

/// All rows of these spans.
async fn blocks(connection: &mut Connection, spans: &BTreeSet<i64>) -> Result<Vec<Block>> {
    static FIND: Keyed =
        Keyed { key: &[Type::I64], sql: "SELECT span, part, entries FROM k CROSS JOIN digest_block WHERE span = k1" };
    let mut keys = Rows::with_capacity(1, spans.len());
    for span in spans {
        keys.push(*span);
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Block { span: cells.i64()?, part: cells.i64()?, entries: entries(cells.blob()?).collect() })
    };
    connection.find(&FIND, keys).await?.iter().map(read).collect()
}

fn bytes_of(entries: &[([u8; 8], i64)]) -> Vec<u8> {
    entries.iter().flat_map(|(key, id)| key.iter().copied().chain(id.to_be_bytes())).collect()
}

/// See [`esteira_store::Unit::index_digests`].
pub(super) async fn index_digests(connection: &mut Connection, ids: &[ArtifactId]) -> Result<usize> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT sha256, artifact_id FROM k CROSS JOIN artifact WHERE artifact_id = k1 AND place <> 'PURGED' AND body_kind <> 'NONE'",
    };
    // In a statement of its own: what a purge removed while this unit waited is not seen any more.
    connection.lock_lane(LOCK).await?;
    let mut wanted: BTreeSet<i64> = ids.iter().map(|id| id.0).collect();
    let mut parts: BTreeMap<i64, i64> = BTreeMap::new();
    // What was found twice, or in an earlier step that was cut off, is there already.
    for block in blocks(connection, &wanted.iter().map(|id| span_of(*id)).collect()).await? {
        let next = parts.entry(block.span).or_default();
        *next = (*next).max(block.part + 1);
        for (_, id) in block.entries {
            wanted.remove(&id);
        }
    }
    let mut keys = Rows::with_capacity(1, wanted.len());
    for id in wanted {
        keys.push(id);
    }
    let mut added: BTreeMap<i64, Vec<([u8; 8], i64)>> = BTreeMap::new();
    let mut count = 0;
    for row in connection.find(&FIND, keys).await? {
        let mut cells = row.cells();
        let (sha256, id) = (cells.bytes()?, cells.i64()?);
        added.entry(span_of(id)).or_default().push((digest_key(&sha256), id));
        count += 1;
    }
    let mut rows = Rows::with_capacity(tables::DIGEST_BLOCK.width(), added.len());
    for (span, entries) in &added {
        rows.push(*span).push(parts.get(span).copied().unwrap_or_default()).push(bytes_of(entries));
    }
    connection.insert(&tables::DIGEST_BLOCK, rows).await?;
    Ok(count)
}

/// Removes what the index has of bodies that are removed in this unit.
pub(super) async fn forget_digests(connection: &mut Connection, removed: &[ArtifactId]) -> Result<()> {
    static DELETE: Keyed = Keyed {
        key: &[Type::I64, Type::I64],
        sql: "DELETE FROM digest_block WHERE (span, part) IN (SELECT k1, k2 FROM k) RETURNING part",
    };
    static CHANGE: Keyed = Keyed {
        key: &[Type::I64, Type::I64, Type::Blob],
        sql: "UPDATE digest_block SET entries = k3 FROM k WHERE span = k1 AND part = k2 RETURNING part",
    };
    if removed.is_empty() {
        return Ok(());
    }
    connection.lock_lane(LOCK).await?;
    let removed: HashSet<i64> = removed.iter().map(|id| id.0).collect();
    let (mut emptied, mut changed) = (Rows::with_capacity(2, 0), Rows::with_capacity(3, 0));
    for mut block in blocks(connection, &removed.iter().map(|id| span_of(*id)).collect()).await? {
        let before = block.entries.len();
        block.entries.retain(|(_, id)| !removed.contains(id));
        if block.entries.is_empty() {
            emptied.push(block.span).push(block.part);
        } else if block.entries.len() < before {
            changed.push(block.span).push(block.part).push(bytes_of(&block.entries));
        }
    }
    connection.change_each(&DELETE, emptied).await?;
    connection.change_each(&CHANGE, changed).await.map(drop)
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
