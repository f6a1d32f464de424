//! What a job has executed, and what it has from another.

use crate::{
    codec::{read_ended, read_reprocess, reprocess::reprocess_columns},
    connection::Connection,
    row::Row,
    statement::{Keyed, Type},
    tables::{ended_columns, task_columns},
    unit::history::task_keys,
    value::values,
};
use esteira_model::{Carried, JobId, Reprocess, TaskId};
use esteira_store::{Executed, Result};
use std::collections::HashMap;

/// Tasks whose marks are asked for at once.
const MARKS_MAX: usize = 1_000;

/// See [`esteira_store::Reader::executed_tasks`].
pub(super) async fn executed_tasks(
    connection: &mut Connection,
    job: JobId,
    after: Option<TaskId>,
    limit: usize,
) -> Result<Vec<Executed>> {
    const SQL: &str = concat!(
        "SELECT ",
        task_columns!(),
        ", ",
        ended_columns!(),
        " FROM task WHERE job_id = $1 AND task_id > $2 ORDER BY task_id LIMIT $3"
    );
    // Every id is greater than no bytes.
    let after = after.map_or_else(Vec::new, |task| task.0.as_bytes().to_vec());
    let rows = connection.fetch(SQL, values![job.0, after, limit]).await?;
    let ended = rows.iter().map(|row| read_ended(&mut row.cells())).collect::<Result<Vec<_>>>()?;
    let mut marks = HashMap::new();
    for some in ended.chunks(MARKS_MAX) {
        let ids: Vec<TaskId> = some.iter().map(|ended| ended.task.id).collect();
        let found = carried_tasks(connection, job, &ids).await?;
        marks.extend(found.into_iter().map(|carried| (carried.task, (carried.from_job, carried.from_task))));
    }
    let executed = ended.into_iter().map(|ended| Executed { carried: marks.remove(&ended.task.id), ended });
    Ok(executed.collect())
}

/// See [`esteira_store::Reader::carried_tasks`].
pub(super) async fn carried_tasks(connection: &mut Connection, job: JobId, tasks: &[TaskId]) -> Result<Vec<Carried>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: "SELECT job_id, task_id, from_job_id, from_task_id FROM k CROSS JOIN carried WHERE job_id = k1 AND task_id = k2",
    };
    let keys: Vec<(JobId, TaskId)> = tasks.iter().map(|task| (job, *task)).collect();
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(Carried {
            job: JobId(cells.uuid()?),
            task: TaskId(cells.uuid()?),
            from_job: JobId(cells.uuid()?),
            from_task: TaskId(cells.uuid()?),
        })
    };
    connection.find(&FIND, task_keys(&keys)).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::reprocess`].
pub(super) async fn reprocess(connection: &mut Connection, job: JobId) -> Result<Option<Reprocess>> {
    const SQL: &str = concat!("SELECT ", reprocess_columns!(), " FROM reprocess WHERE job_id = $1");
    connection.fetch_one(SQL, values![job.0]).await?.map(|row| read_reprocess(&mut row.cells())).transpose()
}
