//! Work that waits: for a worker, for its time, or for a lease that ran out.

use crate::{codec::read_task, connection::Connection, row::Row, value::values};
use esteira_model::{JobId, TaskId, Time};
use esteira_store::{Claimed, Result};

/// See [`esteira_store::Unit::claim`].
pub(super) async fn claim(connection: &mut Connection, lane: &str, limit: usize) -> Result<Vec<Claimed>> {
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Claimed { task: read_task(&mut cells)?, lane: cells.string()?, rank: cells.int()? })
    };
    let sql = connection.claim_sql();
    let mut claimed: Vec<Claimed> =
        connection.change(sql, values![lane, limit]).await?.iter().map(read).collect::<Result<_>>()?;
    // RETURNING promises no order.
    claimed.sort_unstable_by_key(|c| (c.rank, c.task.id));
    Ok(claimed)
}

/// See [`esteira_store::Unit::lanes`].
pub(super) async fn lanes(connection: &mut Connection) -> Result<Vec<String>> {
    // One seek a lane; DISTINCT would read the whole backlog.
    const SQL: &str = "WITH RECURSIVE l(lane) AS (SELECT min(lane) FROM queue UNION ALL \
                       SELECT (SELECT min(q.lane) FROM queue q WHERE q.lane > l.lane) FROM l WHERE l.lane IS NOT NULL) \
                       SELECT lane FROM l WHERE lane IS NOT NULL";
    connection.fetch(SQL, values![]).await?.iter().map(|row| row.cells().string()).collect()
}

/// See [`esteira_store::Unit::leases_in_lane`].
pub(super) async fn leases_in_lane(connection: &mut Connection, lane: &str) -> Result<usize> {
    // In a statement of its own: the count must see what was committed while this one waited.
    connection.lock_lane(lane).await?;
    match connection.fetch_one("SELECT count(*) FROM lease WHERE lane = $1", values![lane]).await? {
        Some(row) => row.cells().int(),
        None => Ok(0),
    }
}

/// See [`esteira_store::Unit::due_tasks`].
pub(super) async fn due_tasks(connection: &mut Connection, now: Time, limit: usize) -> Result<Vec<(JobId, TaskId)>> {
    const SQL: &str = "SELECT job_id, task_id FROM parked WHERE due <= $1 ORDER BY due, parked_id LIMIT $2";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), TaskId(cells.uuid()?)))
    };
    connection.fetch(SQL, values![now, limit]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::overdue_leases`].
pub(super) async fn overdue_leases(
    connection: &mut Connection,
    now: Time,
    limit: usize,
) -> Result<Vec<(JobId, TaskId, i64, bool)>> {
    const SQL: &str = "SELECT job_id, task_id, fence, CASE WHEN timeout_time <= $1 THEN 1 ELSE 0 END FROM lease \
                       WHERE expire_time <= $1 OR timeout_time <= $1 \
                       ORDER BY CASE WHEN timeout_time < expire_time THEN timeout_time ELSE expire_time END, task_id LIMIT $2";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), TaskId(cells.uuid()?), cells.i64()?, cells.bool()?))
    };
    connection.fetch(SQL, values![now, limit]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::overdue_jobs`].
pub(super) async fn overdue_jobs(
    connection: &mut Connection,
    now: Time,
    cancelling_since: Time,
    limit: usize,
) -> Result<Vec<JobId>> {
    const SQL: &str = "SELECT job_id FROM ( \
                       SELECT * FROM (SELECT job_id, deadline AS since FROM job WHERE end_time IS NULL AND deadline <= $1 ORDER BY deadline LIMIT $3) AS d UNION ALL \
                       SELECT * FROM (SELECT job_id, cancel_time AS since FROM job WHERE end_time IS NULL AND cancel_time < $2 ORDER BY cancel_time LIMIT $3) AS c \
                       ) AS overdue GROUP BY job_id ORDER BY min(since), job_id LIMIT $3";
    connection
        .fetch(SQL, values![now, cancelling_since, limit])
        .await?
        .iter()
        .map(|row| row.cells().uuid().map(JobId))
        .collect()
}

/// See [`esteira_store::Unit::next_due`].
pub(super) async fn next_due(connection: &mut Connection) -> Result<Option<Time>> {
    const SQL: &str = "SELECT min(due) FROM ( \
                       SELECT min(due) AS due FROM parked WHERE due IS NOT NULL UNION ALL \
                       SELECT min(CASE WHEN timeout_time < expire_time THEN timeout_time ELSE expire_time END) FROM lease UNION ALL \
                       SELECT min(deadline) FROM job WHERE end_time IS NULL AND deadline IS NOT NULL) AS next";
    match connection.fetch_one(SQL, values![]).await? {
        Some(row) => row.cells().opt_time(),
        None => Ok(None),
    }
}
