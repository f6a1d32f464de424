//! Exclusive aggregates: who holds a key, and whose turn is next. Who waits is in `parked`, in the order of arrival.

use crate::{connection::Connection, value::values};
use esteira_model::{JobId, TaskId};
use esteira_store::Result;

/// See [`esteira_store::Unit::take_aggregate`].
pub(super) async fn take_aggregate(
    connection: &mut Connection,
    key: &str,
    job: JobId,
    task: TaskId,
) -> Result<Option<i64>> {
    // The key's row is locked, whoever holds it, until the unit ends: who finds it busy parks its task in this unit, and a
    // holder that passes the key on meanwhile must see that task. The lock comes first, as a statement sees only what was
    // committed before it began.
    const LOCK: &str = "INSERT INTO aggregate_lock (aggregate_key, fence, holder_job_id, holder_task_id) VALUES ($1, 0, NULL, NULL) \
                        ON CONFLICT (aggregate_key) DO UPDATE SET fence = aggregate_lock.fence WHERE 1 = 0";
    // Nobody passes those who wait, but the holder may ask again.
    const SQL: &str = "INSERT INTO aggregate_lock (aggregate_key, fence, holder_job_id, holder_task_id) SELECT $1, 0, $2, $3 \
                       WHERE NOT EXISTS (SELECT 1 FROM parked WHERE behind = $1 AND task_id <> $3) \
                       OR EXISTS (SELECT 1 FROM aggregate_lock WHERE aggregate_key = $1 AND holder_task_id = $3) \
                       ON CONFLICT (aggregate_key) DO UPDATE SET holder_job_id = $2, holder_task_id = $3 \
                       WHERE aggregate_lock.holder_task_id IS NULL OR aggregate_lock.holder_task_id = $3 RETURNING fence";
    connection.lock(LOCK, values![key]).await?;
    match connection.change(SQL, values![key, job.0, task.0]).await?.first() {
        Some(row) => row.cells().i64().map(Some),
        None => Ok(None),
    }
}

/// See [`esteira_store::Unit::fence_aggregate`].
pub(super) async fn fence_aggregate(connection: &mut Connection, key: &str, fence: i64) -> Result<()> {
    // INV-FENCE: never lowered, whatever the order of the grants that are recorded.
    const SQL: &str = "INSERT INTO aggregate_lock (aggregate_key, fence, holder_job_id, holder_task_id) VALUES ($1, $2, NULL, NULL) \
                       ON CONFLICT (aggregate_key) DO UPDATE SET fence = excluded.fence WHERE aggregate_lock.fence < excluded.fence";
    connection.execute(SQL, values![key, fence]).await.map(drop)
}

/// See [`esteira_store::Unit::pass_aggregate`].
pub(super) async fn pass_aggregate(
    connection: &mut Connection,
    key: &str,
    task: TaskId,
) -> Result<Option<(JobId, TaskId)>> {
    // Before those who wait are looked at, for the same reason as in `take_aggregate`.
    const LOCK: &str = "SELECT 1 FROM aggregate_lock WHERE aggregate_key = $1 FOR UPDATE";
    const SQL: &str = "UPDATE aggregate_lock SET (holder_job_id, holder_task_id) = \
                       (SELECT job_id, task_id FROM parked WHERE behind = $1 AND task_id <> $2 ORDER BY parked_id LIMIT 1) \
                       WHERE aggregate_key = $1 AND holder_task_id = $2 RETURNING holder_job_id, holder_task_id";
    connection.lock(LOCK, values![key]).await?;
    let rows = connection.change(SQL, values![key, task.0]).await?;
    let Some(row) = rows.first() else { return Ok(None) };
    let mut cells = row.cells();
    Ok(cells.opt_uuid()?.map(JobId).zip(cells.opt_uuid()?.map(TaskId)))
}
