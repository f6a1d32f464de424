//! Outputs that a task sends in chunks before it ends.

use crate::{
    codec::{ids_bytes, read_ids},
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables,
    unit::history::task_keys,
    value::{Rows, values},
};
use esteira_model::{ArtifactId, JobId, TaskId};
use esteira_store::{Appended, Result};

/// See [`esteira_store::Unit::append_outputs`].
pub(super) async fn append_outputs(
    connection: &mut Connection,
    (job, task, fence): (JobId, TaskId, i64),
    chunk_index: u32,
    first_item: u32,
    items: &[ArtifactId],
) -> Result<bool> {
    let mut rows = Rows::with_capacity(tables::APPEND_CHUNK.width(), 1);
    rows.push(job.0).push(task.0).push(fence).push(chunk_index).push(first_item).push(ids_bytes(items));
    Ok(connection.insert(&tables::APPEND_CHUNK, rows).await? == 1)
}

/// See [`esteira_store::Unit::appended_outputs`].
pub(super) async fn appended_outputs(
    connection: &mut Connection,
    (job, task, fence): (JobId, TaskId, i64),
) -> Result<(u32, Vec<ArtifactId>)> {
    const SQL: &str = "SELECT items FROM append_chunk WHERE job_id = $1 AND task_id = $2 AND fence = $3 ORDER BY first_item, chunk_index";
    let rows = connection.fetch(SQL, values![job.0, task.0, fence]).await?;
    let mut items = Vec::new();
    for row in &rows {
        items.append(&mut read_ids(row.cells().blob()?));
    }
    Ok((u32::try_from(rows.len()).unwrap_or(u32::MAX), items))
}

/// See [`esteira_store::Reader::appended_of`].
pub(crate) async fn appended_of(
    connection: &mut Connection,
    job: JobId,
    tasks: &[TaskId],
    first: usize,
) -> Result<Vec<Appended>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT task_id, fence, first_item, items FROM k CROSS JOIN append_chunk WHERE job_id = k1 AND task_id = k2",
    };
    let keys: Vec<_> = tasks.iter().map(|task| (job, *task)).collect();
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(((TaskId(cells.uuid()?), cells.i64()?), cells.i64()?, read_ids(cells.blob()?)))
    };
    let rows = connection.find(&FIND, task_keys(&keys)).await?;
    let mut chunks = rows.iter().map(read).collect::<Result<Vec<_>>>()?;
    chunks.sort_unstable_by_key(|(attempt, first_item, _)| (*attempt, *first_item));
    let mut appended: Vec<Appended> = Vec::new();
    for ((task, fence), _, items) in chunks {
        if appended.last().is_none_or(|last| (last.task, last.fence) != (task, fence)) {
            appended.push(Appended { task, fence, count: 0, first: Vec::new() });
        }
        let Some(last) = appended.last_mut() else { continue };
        last.count += items.len() as i64;
        let room = first.saturating_sub(last.first.len());
        last.first.extend(items.into_iter().take(room));
    }
    Ok(appended)
}
