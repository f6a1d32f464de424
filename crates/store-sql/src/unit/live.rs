//! Live tasks, wherever they are.

use crate::{
    codec::{read_leased, read_task},
    connection::Connection,
    row::Row,
    statement::{Keyed, KeyedUnion, Lock, Type},
    tables::{lease_columns, task_columns},
    unit::history::{job_keys, task_keys},
    value::{Rows, values},
};
use esteira_model::{AccountId, JobId, TaskId, time::micros};
use esteira_store::{Beat, Error, Kind, Live, LivePlace, Result, WorkerLease};
use std::collections::{HashMap, HashSet};

/// What `lease_columns!` has beyond the lane and the rank, absent. PostgreSQL would take a plain NULL for a text.
macro_rules! no_lease {
    () => {
        "CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS TEXT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT), CAST(NULL AS BIGINT)"
    };
}
/// Reason and due time, absent.
macro_rules! not_parked {
    () => {
        "CAST(NULL AS TEXT), CAST(NULL AS BIGINT)"
    };
}
/// Queued tasks in the SELECT list that the three places share: place, task, lease columns, reason, due.
macro_rules! queued {
    () => {
        concat!(
            "SELECT 'QUEUE' AS place, ",
            task_columns!(),
            ", lane, rank, ",
            no_lease!(),
            ", ",
            not_parked!(),
            " FROM "
        )
    };
}
/// Parked tasks in the same list.
macro_rules! parked {
    () => {
        concat!(
            "SELECT 'PARKED' AS place, ",
            task_columns!(),
            ", CAST(NULL AS TEXT), CAST(NULL AS BIGINT), ",
            no_lease!(),
            ", reason, due FROM "
        )
    };
}
/// Leased tasks in the same list.
macro_rules! leased {
    () => {
        concat!("SELECT 'LEASE' AS place, ", task_columns!(), ", ", lease_columns!(), ", ", not_parked!(), " FROM ")
    };
}

/// The start of a query of queued tasks for [`read_live`].
pub(crate) const QUEUED: &str = concat!(queued!(), "queue");
/// The start of a query of parked tasks for [`read_live`].
pub(crate) const PARKED: &str = concat!(parked!(), "parked");
/// The start of a query of leased tasks for [`read_live`].
pub(crate) const LEASED: &str = concat!(leased!(), "lease");

/// Reads a row of one of the queries above.
pub(crate) fn read_live(row: &Row) -> Result<Live> {
    let mut cells = row.cells();
    let place = cells.text()?;
    let task = read_task(&mut cells)?;
    Ok(match place {
        "QUEUE" => Live { task, place: LivePlace::Queued { lane: cells.string()? } },
        "LEASE" => {
            let leased = read_leased(task, &mut cells)?;
            Live { task: leased.task.clone(), place: LivePlace::Leased(Box::new(leased)) }
        }
        "PARKED" => {
            cells.skip(9);
            Live { task, place: LivePlace::Parked { reason: cells.parse()?, due: cells.opt_time()? } }
        }
        _ => return Err(Error::new(Kind::Defect, "a live task is in no known place")),
    })
}

/// In the order of ids: two units that want the same rows wait for each other instead of dying together.
const LOCK: Lock = Lock(" ORDER BY job_id, task_id FOR UPDATE");

/// See [`esteira_store::Unit::live_tasks`].
pub(super) async fn live_tasks(connection: &mut Connection, ids: &[(JobId, TaskId)]) -> Result<Vec<Live>> {
    static FIND: KeyedUnion = KeyedUnion {
        key: &[Type::Blob, Type::Blob],
        arms: &[
            concat!(leased!(), "k CROSS JOIN lease WHERE job_id = k1 AND task_id = k2"),
            concat!(queued!(), "k CROSS JOIN queue WHERE job_id = k1 AND task_id = k2"),
            concat!(parked!(), "k CROSS JOIN parked WHERE job_id = k1 AND task_id = k2"),
        ],
        lock: LOCK,
    };
    let mut live = read_all(connection.find_union(&FIND, task_keys(ids)).await?)?;
    // A claim of another coordinator moves a task from the queue to a lease without its job: whoever waited for the queue's
    // row finds it gone, and the lease is younger than the statement. A second look sees it; it moves once, as every other
    // move needs the job.
    if connection.is_shared() {
        let found: HashSet<_> = live.iter().map(|live| (live.task.job, live.task.id)).collect();
        let missing: Vec<_> = ids.iter().filter(|id| !found.contains(id)).copied().collect();
        live.append(&mut read_all(connection.find_union(&FIND, task_keys(&missing)).await?)?);
    }
    Ok(live)
}

fn read_all(rows: Vec<Row>) -> Result<Vec<Live>> {
    rows.iter().map(read_live).collect()
}

/// See [`esteira_store::Unit::live_tasks_of_job`].
pub(super) async fn live_tasks_of_job(connection: &mut Connection, job: JobId) -> Result<Vec<Live>> {
    // Two statements, in this order: the first waits for a claim that is moving tasks of the job from the queue to leases,
    // the second sees those leases.
    static WAITING: KeyedUnion = KeyedUnion {
        key: &[Type::Blob],
        arms: &[
            concat!(queued!(), "k CROSS JOIN queue WHERE job_id = k1"),
            concat!(parked!(), "k CROSS JOIN parked WHERE job_id = k1"),
        ],
        lock: LOCK,
    };
    static GRANTED: KeyedUnion = KeyedUnion {
        key: &[Type::Blob],
        arms: &[concat!(leased!(), "k CROSS JOIN lease WHERE job_id = k1")],
        lock: LOCK,
    };
    let mut live = read_all(connection.find_union(&WAITING, job_keys(&[job])).await?)?;
    live.append(&mut read_all(connection.find_union(&GRANTED, job_keys(&[job])).await?)?);
    live.sort_unstable_by_key(|live| live.task.id);
    Ok(live)
}

/// See [`esteira_store::Unit::retried_tasks`].
pub(super) async fn retried_tasks(
    connection: &mut Connection,
    job: JobId,
    tasks: &[(TaskId, u16)],
) -> Result<Vec<TaskId>> {
    // UNION leaves one row of all the tasks that a fan-out made from one parent.
    const SQL: &str = "SELECT parent_task_id, step FROM task WHERE job_id = $1 AND step BETWEEN $2 AND $3 AND parent_task_id IS NOT NULL UNION \
                       SELECT parent_task_id, step FROM lease WHERE job_id = $1 AND step BETWEEN $2 AND $3 AND parent_task_id IS NOT NULL UNION \
                       SELECT parent_task_id, step FROM queue WHERE job_id = $1 AND step BETWEEN $2 AND $3 AND parent_task_id IS NOT NULL UNION \
                       SELECT parent_task_id, step FROM parked WHERE job_id = $1 AND step BETWEEN $2 AND $3 AND parent_task_id IS NOT NULL";
    let steps = tasks.iter().map(|(_, step)| *step);
    let (Some(first), Some(last)) = (steps.clone().min(), steps.max()) else { return Ok(Vec::new()) };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((TaskId(cells.uuid()?), cells.int()?))
    };
    let rows = connection.fetch(SQL, values![job.0, first, last]).await?;
    let parents: HashSet<(TaskId, u16)> = rows.iter().map(read).collect::<Result<_>>()?;
    let mut retried: Vec<TaskId> = tasks.iter().filter(|key| parents.contains(key)).map(|(id, _)| *id).collect();
    retried.sort_unstable();
    retried.dedup();
    Ok(retried)
}

/// See [`esteira_store::Unit::leases`].
pub(super) async fn leases(connection: &mut Connection) -> Result<Vec<Live>> {
    connection.fetch(LEASED, values![]).await?.iter().map(read_live).collect()
}

/// See [`esteira_store::Unit::leases_of_poll`]. No index: there are as many leases as tasks that run.
pub(super) async fn leases_of_poll(
    connection: &mut Connection,
    worker_id: &str,
    request_id: &str,
) -> Result<Vec<Live>> {
    const SQL: &str = concat!(leased!(), "lease WHERE worker_id = $1 AND request_id = $2 ORDER BY task_id");
    connection.fetch(SQL, values![worker_id, request_id]).await?.iter().map(read_live).collect()
}

/// See [`esteira_store::Reader::held_leases`].
pub(crate) async fn held_leases(
    connection: &mut Connection,
    leases: &[(JobId, TaskId, i64)],
) -> Result<Vec<(JobId, TaskId, i64)>> {
    static FIND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob, Type::I64],
        sql: "SELECT job_id, task_id, fence FROM k CROSS JOIN lease WHERE job_id = k1 AND task_id = k2 AND fence = k3",
    };
    let mut keys = Rows::with_capacity(3, leases.len());
    for (job, task, fence) in leases {
        keys.push(job.0).push(task.0).push(*fence);
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), TaskId(cells.uuid()?), cells.i64()?))
    };
    connection.find(&FIND, keys).await?.iter().map(read).collect()
}

/// See [`esteira_store::Reader::worker_leases`]. No index: there are as many leases as tasks that run.
pub(crate) async fn worker_leases(
    connection: &mut Connection,
    account: &AccountId,
    worker_id: Option<&str>,
) -> Result<Vec<WorkerLease>> {
    const SQL: &str = "SELECT worker_id, job_id, task_id, fence FROM lease \
                       WHERE (CAST($2 AS TEXT) IS NULL OR worker_id = $2) AND (SELECT account FROM job WHERE job.job_id = lease.job_id) = $1";
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(WorkerLease {
            worker_id: cells.string()?,
            job: JobId(cells.uuid()?),
            task: TaskId(cells.uuid()?),
            fence: cells.i64()?,
        })
    };
    connection.fetch(SQL, values![account, worker_id]).await?.iter().map(read).collect()
}

/// See [`esteira_store::Unit::extend_leases`].
pub(super) async fn extend_leases(connection: &mut Connection, beats: &[Beat]) -> Result<Vec<(JobId, TaskId)>> {
    // INV-FENCE: a lease that was granted anew has another fence and is not touched.
    static EXTEND: Keyed = Keyed {
        key: &[Type::Blob, Type::Blob, Type::I64, Type::I64, Type::I64, Type::I64],
        sql: "UPDATE lease SET expire_time = k4, ttl = k5, checkpoint = coalesce(k6, checkpoint) FROM k \
              WHERE (job_id, task_id, fence) = (k1, k2, k3) RETURNING job_id, task_id",
    };
    // Of two beats for one lease the last counts; a statement that joins both would pick any.
    let last: HashMap<(JobId, TaskId, i64), usize> =
        beats.iter().enumerate().map(|(i, beat)| ((beat.job, beat.task, beat.fence), i)).collect();
    let mut keys = Rows::with_capacity(6, last.len());
    for (i, beat) in beats.iter().enumerate() {
        if last.get(&(beat.job, beat.task, beat.fence)) == Some(&i) {
            keys.push(beat.job.0)
                .push(beat.task.0)
                .push(beat.fence)
                .push(beat.expire_time)
                .push(micros(beat.ttl))
                .push(beat.checkpoint.map(|id| id.0));
        }
    }
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok((JobId(cells.uuid()?), TaskId(cells.uuid()?)))
    };
    connection.change_each(&EXTEND, keys).await?.iter().map(read).collect()
}
