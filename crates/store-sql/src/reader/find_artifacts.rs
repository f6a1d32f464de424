//! From a digest to artifacts: by the index that is made in the background, by the bodies that are kept apart, and among the newest,
//! which the index may not have yet.

use crate::{
    connection::Connection,
    reader::{artifact_heads::artifact_heads, paging},
    row::Row,
    statement::{Keyed, Type},
    unit::digests::{digest_key, entries, span_begin, span_of},
    value::{Rows, values},
};
use esteira_model::{AccountId, ArtifactId, JobId};
use esteira_store::{ArtifactHead, NEWEST_MAX, Page, Paged, Result};
use std::collections::{BTreeSet, HashSet};

/// Candidates of each way that are looked at in one look.
const CANDIDATES: usize = 1_000;
/// Rows of the index that one look reads through, of several hundred artifacts each when there is much to do.
const BLOCKS: usize = 4_096;
/// Looks of one call: candidates may be of other accounts, or share no more than the beginning of their digests.
const LOOKS_MAX: usize = 20;

/// See [`esteira_store::Reader::find_artifacts`].
pub(super) async fn find_artifacts(
    connection: &mut Connection,
    account: &AccountId,
    sha256: &[u8; 32],
    page: &Page,
) -> Result<Paged<ArtifactHead>> {
    let mut before = paging::int(page)?.unwrap_or(i64::MAX);
    let mut rows: Vec<ArtifactHead> = Vec::new();
    for _ in 0..LOOKS_MAX {
        let (candidates, floor) = candidates(connection, sha256, before).await?;
        let ids: Vec<ArtifactId> = candidates.into_iter().rev().map(ArtifactId).collect();
        let mut heads = artifact_heads(connection, &ids).await?;
        heads.retain(|head| !head.removed && head.has_body && head.sha256 == *sha256);
        let own = own_jobs(connection, account, &heads).await?;
        heads.retain(|head| own.contains(&head.job));
        heads.sort_unstable_by_key(|head| std::cmp::Reverse(head.id));
        rows.append(&mut heads);
        let Some(floor) = floor.filter(|_| rows.len() < paging::rows_to_read(page)) else {
            let cursor = |head: &ArtifactHead| head.id.0.to_be_bytes().to_vec();
            return Ok(paging::paged(rows, page, cursor));
        };
        before = floor;
    }
    // Enough for one call: the next one goes on from here.
    Ok(Paged { rows, next: Some(before.to_be_bytes().to_vec()) })
}

/// Ids below `before` that may be of this digest, and below which of them nothing was looked at; none when that is all.
async fn candidates(
    connection: &mut Connection,
    sha256: &[u8; 32],
    before: i64,
) -> Result<(BTreeSet<i64>, Option<i64>)> {
    const APART: &str = "SELECT artifact_id FROM artifact WHERE place = 'BLOB' AND sha256 = $1 AND artifact_id < $2 ORDER BY artifact_id DESC LIMIT $3";
    const NEWEST: &str = "SELECT n.artifact_id FROM (SELECT artifact_id, sha256 FROM artifact ORDER BY artifact_id DESC LIMIT $4) AS n \
                          WHERE n.sha256 = $1 AND n.artifact_id < $2 ORDER BY n.artifact_id DESC LIMIT $3";
    let (mut all, mut floor) = indexed(connection, sha256, before).await?;
    let ways = [
        connection.fetch(APART, values![*sha256, before, CANDIDATES]).await?,
        connection.fetch(NEWEST, values![*sha256, before, CANDIDATES, NEWEST_MAX]).await?,
    ];
    for rows in &ways {
        let ids = rows.iter().map(|row: &Row| row.cells().i64()).collect::<Result<Vec<_>>>()?;
        if ids.len() >= CANDIDATES {
            floor = floor.max(ids.last().copied());
        }
        all.extend(ids);
    }
    if let Some(floor) = floor {
        all = all.split_off(&floor);
    }
    Ok((all, floor))
}

/// The same of the index: its rows are read through, the newest first.
async fn indexed(connection: &mut Connection, sha256: &[u8; 32], before: i64) -> Result<(BTreeSet<i64>, Option<i64>)> {
    const LAST_SPAN: &str = "SELECT span FROM digest_block WHERE span <= $1 ORDER BY span DESC LIMIT 1 OFFSET $2";
    let newest = span_of(before - 1);
    // A span is looked at as a whole, however many rows it has.
    let last = connection.fetch(LAST_SPAN, values![newest, BLOCKS - 1]).await?;
    let last = last.first().map(|row| row.cells().i64()).transpose()?;
    let key = digest_key(sha256);
    let rows =
        connection.fetch(connection.blocks_with(), values![last.unwrap_or(i64::MIN), newest, key.to_vec()]).await?;
    let mut ids = BTreeSet::new();
    for row in &rows {
        ids.extend(entries(row.cells().blob()?).filter(|(of, id)| *of == key && *id < before).map(|(_, id)| id));
    }
    let mut floor = last.map(span_begin);
    // Of a digest that many share, the newest are enough for now.
    if let Some(nth) = ids.iter().rev().nth(CANDIDATES - 1).copied() {
        floor = floor.max(Some(nth));
        ids = ids.split_off(&nth);
    }
    Ok((ids, floor))
}

/// Those of the jobs that made these artifacts which the account owns.
async fn own_jobs(connection: &mut Connection, account: &AccountId, heads: &[ArtifactHead]) -> Result<HashSet<JobId>> {
    static FIND: Keyed =
        Keyed { key: &[Type::Blob], sql: "SELECT job_id FROM k CROSS JOIN job WHERE job_id = k1 AND account = $last" };
    let jobs: BTreeSet<JobId> = heads.iter().map(|head| head.job).collect();
    let mut keys = Rows::with_capacity(1, jobs.len());
    for job in jobs {
        keys.push(job.0);
    }
    let rows = connection.find_with(&FIND, keys, account.into()).await?;
    rows.iter().map(|row| row.cells().uuid().map(JobId)).collect()
}
