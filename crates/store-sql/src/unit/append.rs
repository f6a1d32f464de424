//! Outputs that a task sends in chunks before it ends.

use crate::{
    codec::{ids_bytes, read_ids},
    connection::Connection,
    tables,
    value::{Rows, values},
};
use esteira_model::{ArtifactId, JobId, TaskId};
use esteira_store::Result;

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
