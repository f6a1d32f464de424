//! Jobs, and what became of tasks: the reads that decisions need.

use crate::{
    codec::{job::job_columns, read_ended, read_ids, read_job, read_payload},
    connection::Connection,
    row::Row,
    statement::{Keyed, Lock, Type},
    tables::{ended_columns, task_columns},
    value::{Rows, values},
};
use esteira_model::{Arrival, ArtifactId, EndedTask, ItemPath, Job, JobId, Payload, TaskId};
use esteira_store::Result;

/// Sorted and once each: on PostgreSQL rows are locked in ascending order, and a key asked for twice is answered once.
pub(super) fn distinct<T: Ord + Clone>(ids: &[T]) -> Vec<T> {
    let mut ids = ids.to_vec();
    ids.sort_unstable();
    ids.dedup();
    ids
}

/// The key list of (job, task) pairs.
pub(crate) fn task_keys(ids: &[(JobId, TaskId)]) -> Rows {
    let ids = distinct(ids);
    let mut keys = Rows::with_capacity(2, ids.len());
    for (job, task) in ids {
        keys.push(job.0).push(task.0);
    }
    keys
}

static JOBS: Keyed =
    Keyed { key: &[Type::Blob], sql: concat!("SELECT ", job_columns!(), " FROM k CROSS JOIN job WHERE job_id = k1") };

/// The key list of jobs.
pub(crate) fn job_keys(ids: &[JobId]) -> Rows {
    let ids = distinct(ids);
    let mut keys = Rows::with_capacity(1, ids.len());
    for id in ids {
        keys.push(id.0);
    }
    keys
}

/// See [`esteira_store::Unit::jobs`]. Not `FOR UPDATE`: nothing refers to a job by a foreign key, and its id never changes.
pub(super) async fn jobs(connection: &mut Connection, ids: &[JobId]) -> Result<Vec<Job>> {
    const LOCK: Lock = Lock(" ORDER BY job_id FOR NO KEY UPDATE OF job");
    read_jobs(connection.find_locked(&JOBS, LOCK, job_keys(ids)).await?)
}

/// See [`esteira_store::Unit::jobs_unlocked`].
pub(crate) async fn jobs_unlocked(connection: &mut Connection, ids: &[JobId]) -> Result<Vec<Job>> {
    read_jobs(connection.find(&JOBS, job_keys(ids)).await?)
}

/// See [`esteira_store::Reader::job_revisions`].
pub(crate) async fn job_revisions(connection: &mut Connection, ids: &[JobId]) -> Result<Vec<(JobId, i64)>> {
    static FIND: Keyed =
        Keyed { key: &[Type::Blob], sql: "SELECT job_id, revision FROM k CROSS JOIN job WHERE job_id = k1" };
    let rows = connection.find(&FIND, job_keys(ids)).await?;
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), cells.i64()?))
    };
    rows.iter().map(read).collect()
}

fn read_jobs(rows: Vec<Row>) -> Result<Vec<Job>> {
    rows.iter().map(|row| read_job(&mut row.cells())).collect()
}

/// See [`esteira_store::Unit::ended_tasks`].
pub(super) async fn ended_tasks(connection: &mut Connection, ids: &[(JobId, TaskId)]) -> Result<Vec<EndedTask>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: concat!(
            "SELECT ",
            task_columns!(),
            ", ",
            ended_columns!(),
            " FROM k CROSS JOIN task WHERE job_id = k1 AND task_id = k2"
        ),
    };
    connection.find(&FIND, task_keys(ids)).await?.iter().map(|row| read_ended(&mut row.cells())).collect()
}

/// See [`esteira_store::Unit::ended_attempts`].
pub(super) async fn ended_attempts(
    connection: &mut Connection,
    ids: &[(JobId, TaskId, i64)],
) -> Result<Vec<(JobId, TaskId, i64, [u8; 16])>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob, Type::I64],
        sql: "SELECT job_id, task_id, fence, report_digest FROM k CROSS JOIN attempt WHERE job_id = k1 AND task_id = k2 AND fence = k3",
    };
    let ids = distinct(ids);
    let mut keys = Rows::with_capacity(3, ids.len());
    for (job, task, fence) in ids {
        keys.push(job.0).push(task.0).push(fence);
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), TaskId(cells.uuid()?), cells.i64()?, cells.bytes()?))
    };
    connection.find(&FIND, keys).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::artifacts`]; purged ones are left out, as their bytes are gone.
pub(crate) async fn artifacts(
    connection: &mut Connection,
    ids: &[ArtifactId],
) -> Result<Vec<(ArtifactId, Payload, [u8; 32])>> {
    static FIND: Keyed = Keyed {
        key: &[Type::I64],
        sql: "SELECT a.artifact_id, a.body_kind, a.content_type, a.schema_id, a.sha256, a.body, b.body \
              FROM k CROSS JOIN artifact a LEFT JOIN blob b ON a.place = 'BLOB' AND b.sha256 = a.sha256 WHERE a.artifact_id = k1 AND a.place <> 'PURGED'",
    };
    let ids = distinct(ids);
    let mut keys = Rows::with_capacity(1, ids.len());
    for id in ids {
        keys.push(id.0);
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        let id = ArtifactId(cells.i64()?);
        let (payload, sha256) = read_payload(&mut cells)?;
        Ok((id, payload, sha256))
    };
    connection.find(&FIND, keys).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::arrivals`].
pub(super) async fn arrivals(connection: &mut Connection, job: JobId, join_step: u16) -> Result<Vec<Arrival>> {
    const SQL: &str = "SELECT join_step, item_path, from_step, from_task, artifact_id FROM arrival WHERE job_id = $1 AND join_step = $2 ORDER BY item_path, from_step, from_task";
    read_arrivals(job, connection.fetch(SQL, values![job.0, join_step]).await?)
}

/// See [`esteira_store::Reader::arrivals_of_job`].
pub(crate) async fn arrivals_of_job(connection: &mut Connection, job: JobId) -> Result<Vec<Arrival>> {
    const SQL: &str = "SELECT join_step, item_path, from_step, from_task, artifact_id FROM arrival WHERE job_id = $1 ORDER BY join_step, item_path, from_step, from_task";
    read_arrivals(job, connection.fetch(SQL, values![job.0]).await?)
}

fn read_arrivals(job: JobId, rows: Vec<Row>) -> Result<Vec<Arrival>> {
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Arrival {
            job,
            join_step: cells.int()?,
            item_path: ItemPath::from_bytes(cells.blob()?),
            from_step: cells.int()?,
            from_task: TaskId(cells.uuid()?),
            artifact: ArtifactId(cells.i64()?),
        })
    };
    rows.iter().map(read).collect()
}

/// See [`esteira_store::Unit::results`].
pub(crate) async fn results(connection: &mut Connection, job: JobId, limit: usize) -> Result<Vec<ArtifactId>> {
    // Each row that is read has at least one output, so `limit` rows are enough.
    const SQL: &str = "SELECT outputs FROM task WHERE job_id = $1 AND leaf = 1 AND length(outputs) > 0 ORDER BY item_path, step, task_id LIMIT $2";
    let mut results = Vec::new();
    for row in connection.fetch(SQL, values![job.0, limit]).await? {
        results.append(&mut read_ids(row.cells().blob()?));
        if results.len() >= limit {
            break;
        }
    }
    results.truncate(limit);
    Ok(results)
}
