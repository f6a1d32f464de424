//! Tasks, live and ended, and what waits in the lanes.

use crate::{
    codec::{read_attempt, read_ended, task::attempt_columns},
    connection::Connection,
    reader::{
        filter::{Field, Query, Sql, unknown_field},
        paging,
    },
    row::Row,
    statement::{Keyed, Type},
    tables::{ended_columns, task_columns},
    unit::{LEASED, PARKED, QUEUED, history::task_keys, read_live},
    value::{Value, values},
};
use esteira_model::{Attempt, JobId, TaskId, TaskState};
use esteira_store::{Filter, LaneCount, Op, Page, Paged, Result, TaskRecord, page};

const ENDED: &str = concat!("SELECT ", task_columns!(), ", ", ended_columns!(), " FROM task");

/// Tasks of a job by state.
pub(super) async fn task_counts(connection: &mut Connection, job: JobId) -> Result<Vec<(TaskState, i64)>> {
    const SQL: &str = "SELECT state, count(*) FROM task WHERE job_id = $1 GROUP BY state UNION ALL \
                       SELECT 'READY', count(*) FROM queue WHERE job_id = $1 UNION ALL \
                       SELECT 'LEASED', count(*) FROM lease WHERE job_id = $1 UNION ALL \
                       SELECT CASE WHEN reason = 'RETRY_BACKOFF' THEN 'BACKOFF' ELSE 'WAITING' END AS state, count(*) FROM parked WHERE job_id = $1 GROUP BY state";
    let mut counts = Vec::new();
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let (state, count) = (cells.parse()?, cells.i64()?);
        if count > 0 {
            counts.push((state, count));
        }
    }
    counts.sort_unstable();
    Ok(counts)
}

/// The states that all state terms of a filter allow, and the terms that are about something else.
fn allowed_states(filter: &Filter) -> (Vec<TaskState>, Filter) {
    let (states, rest): (Vec<_>, Vec<_>) = filter.0.iter().cloned().partition(|term| term.field == "state");
    let allows = |state: TaskState| {
        states.iter().all(|term| {
            let page::Value::Text(text) = &term.value else { return false };
            let order = state.as_str().cmp(text.as_str());
            match term.op {
                Op::Eq => order.is_eq(),
                Op::Ne => order.is_ne(),
                Op::Lt => order.is_lt(),
                Op::Le => order.is_le(),
                Op::Gt => order.is_gt(),
                Op::Ge => order.is_ge(),
            }
        })
    };
    (TaskState::ALL.iter().copied().filter(|state| allows(*state)).collect(), Filter(rest))
}

/// One query a place that can hold a task in one of these states: its start, whether its rows are live, its condition.
fn places(states: &[TaskState]) -> Vec<(&'static str, bool, String)> {
    let has = |state| states.contains(&state);
    let mut places = Vec::new();
    if has(TaskState::Leased) {
        places.push((LEASED, true, String::new()));
    }
    if has(TaskState::Ready) {
        places.push((QUEUED, true, String::new()));
    }
    match (has(TaskState::Waiting), has(TaskState::Backoff)) {
        (false, false) => {}
        (true, true) => places.push((PARKED, true, String::new())),
        (waiting, _) => {
            places.push((PARKED, true, format!(" AND reason {} 'RETRY_BACKOFF'", if waiting { "<>" } else { "=" })))
        }
    }
    let terminal = [TaskState::Succeeded, TaskState::Failed, TaskState::Cancelled, TaskState::Skipped];
    let ended: Vec<String> = terminal.iter().filter(|state| has(**state)).map(|state| format!("'{state}'")).collect();
    if !ended.is_empty() {
        places.push((
            ENDED,
            false,
            if ended.len() == terminal.len() { String::new() } else { format!(" AND state IN ({})", ended.join(", ")) },
        ));
    }
    places
}

fn record(row: &Row, live: bool) -> Result<TaskRecord> {
    if live { read_live(row).map(TaskRecord::Live) } else { read_ended(&mut row.cells()).map(TaskRecord::Ended) }
}

fn id_of(record: &TaskRecord) -> TaskId {
    match record {
        TaskRecord::Live(live) => live.task.id,
        TaskRecord::Ended(ended) => ended.task.id,
    }
}

/// See [`esteira_store::Reader::list_tasks`]. A task moves between tables, so all are read in one snapshot.
pub(super) async fn list_tasks(
    connection: &mut Connection,
    job: JobId,
    filter: &Filter,
    page: &Page,
) -> Result<Paged<TaskRecord>> {
    const FIELDS: &[Field] = &[Field { name: "step", sql: Sql::Int("step") }];
    let (states, rest) = allowed_states(filter);
    if let Some(term) = rest.0.iter().find(|term| term.field != "step") {
        return Err(unknown_field(&term.field));
    }
    let after = paging::fixed::<16>(page)?;
    let mut records = Vec::new();
    for (start, live, condition) in places(&states) {
        let mut query = Query::new(start, Vec::new());
        query.push(" WHERE job_id = {}", values![job.0]).push(&condition, Vec::new()).filter(&rest, FIELDS, None)?;
        if let Some(after) = after {
            query.push(" AND task_id > {}", values![after]);
        }
        query.push(" ORDER BY task_id LIMIT {}", vec![Value::from(paging::rows_to_read(page))]);
        for row in connection.fetch_query(query).await? {
            records.push(record(&row, live)?);
        }
    }
    records.sort_by_key(id_of);
    Ok(paging::paged(records, page, |record| id_of(record).0.as_bytes().to_vec()))
}

/// See [`esteira_store::Reader::task`].
pub(super) async fn task(connection: &mut Connection, job: JobId, task: TaskId) -> Result<Option<TaskRecord>> {
    for (start, live, _) in places(TaskState::ALL) {
        let mut query = Query::new(start, Vec::new());
        query.push(" WHERE job_id = {} AND task_id = {}", values![job.0, task.0]);
        if let Some(row) = connection.fetch_query(query).await?.first() {
            return record(row, live).map(Some);
        }
    }
    Ok(None)
}

/// See [`esteira_store::Reader::attempts_of`].
pub(super) async fn attempts_of(connection: &mut Connection, job: JobId, tasks: &[TaskId]) -> Result<Vec<Attempt>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob],
        sql: concat!("SELECT ", attempt_columns!(), " FROM k CROSS JOIN attempt WHERE job_id = k1 AND task_id = k2"),
    };
    let keys: Vec<_> = tasks.iter().map(|task| (job, *task)).collect();
    let rows = connection.find(&FIND, task_keys(&keys)).await?;
    let mut attempts = rows.iter().map(|row| read_attempt(&mut row.cells())).collect::<Result<Vec<_>>>()?;
    attempts.sort_unstable_by_key(|attempt| (attempt.task, attempt.number));
    Ok(attempts)
}

/// See [`esteira_store::Reader::attempts`].
pub(super) async fn attempts(connection: &mut Connection, job: JobId, task: TaskId) -> Result<Vec<Attempt>> {
    const SQL: &str =
        concat!("SELECT ", attempt_columns!(), " FROM attempt WHERE job_id = $1 AND task_id = $2 ORDER BY number");
    connection.fetch(SQL, values![job.0, task.0]).await?.iter().map(|row| read_attempt(&mut row.cells())).collect()
}

/// See [`esteira_store::Reader::attempts_of_job`].
pub(super) async fn attempts_of_job(
    connection: &mut Connection,
    job: JobId,
    after: Option<(TaskId, u32)>,
    limit: usize,
) -> Result<Vec<Attempt>> {
    const FIRST: &str =
        concat!("SELECT ", attempt_columns!(), " FROM attempt WHERE job_id = $1 ORDER BY task_id, number LIMIT $2");
    const NEXT: &str = concat!(
        "SELECT ",
        attempt_columns!(),
        " FROM attempt WHERE job_id = $1 AND (task_id, number) > ($3, $4) ORDER BY task_id, number LIMIT $2"
    );
    let (sql, values) = match after {
        None => (FIRST, values![job.0, limit]),
        Some((task, number)) => (NEXT, values![job.0, limit, task.0, number]),
    };
    connection.fetch(sql, values).await?.iter().map(|row| read_attempt(&mut row.cells())).collect()
}

/// See [`esteira_store::Reader::lane_counts`].
pub(super) async fn lane_counts(connection: &mut Connection) -> Result<Vec<LaneCount>> {
    const SQL: &str = "SELECT lane, CAST(sum(ready) AS BIGINT), CAST(sum(leased) AS BIGINT), min(oldest) FROM ( \
                       SELECT lane, count(*) AS ready, 0 AS leased, min(create_time) AS oldest FROM queue GROUP BY lane UNION ALL \
                       SELECT lane, 0, count(*), NULL FROM lease GROUP BY lane) AS counts GROUP BY lane ORDER BY lane";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(LaneCount {
            lane: cells.string()?,
            ready: cells.i64()?,
            leased: cells.i64()?,
            oldest_ready: cells.opt_time()?,
        })
    };
    connection.fetch(SQL, values![]).await?.iter().map(read).collect()
}
