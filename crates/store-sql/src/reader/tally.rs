//! A job in numbers: one pass over each kind of its rows, so that a fan-out of any width is told in a few lines.

use crate::{
    codec::read_verdicts,
    connection::Connection,
    row::{Cells, Row},
    value::values,
};
use esteira_model::{JobId, JobState, PlanVersionId, TaskId, TaskState, Time, Usage, WaitReason};
use esteira_store::{
    AttemptTally, ChildJob, JobTally, Result, StepTally, TallyLimits, VerdictTally, VersionTally, WorkerTally,
};
use std::collections::BTreeMap;

/// Tasks whose verdicts are in memory at once.
const VERDICTS_PAGE: usize = 2_000;

type Steps = BTreeMap<u16, StepTally>;

/// See [`esteira_store::Reader::job_tally`].
pub(super) async fn job_tally(connection: &mut Connection, job: JobId, limits: TallyLimits) -> Result<JobTally> {
    let mut steps = Steps::new();
    let result_count = ended(connection, job, &mut steps).await?;
    parked(connection, job, &mut steps).await?;
    ready(connection, job, &mut steps).await?;
    leased(connection, job, &mut steps).await?;
    versions(connection, job, &mut steps).await?;
    verdicts(connection, job, &mut steps).await?;
    arrivals(connection, job, &mut steps).await?;
    let (workers, worker_count) = workers(connection, job, limits.workers).await?;
    let (children, child_count) = children(connection, job, limits.children).await?;
    let steps = steps.into_values().collect();
    Ok(JobTally { steps, workers, worker_count, children, child_count, result_count })
}

fn at(steps: &mut Steps, step: u16) -> &mut StepTally {
    steps.entry(step).or_insert_with(|| StepTally { step, ..StepTally::default() })
}

/// Adds tasks in a state to their step.
fn count(tally: &mut StepTally, state: TaskState, count: i64, start: Option<Time>) {
    match tally.states.iter_mut().find(|(known, _)| *known == state) {
        Some((_, sum)) => *sum += count,
        None => tally.states.push((state, count)),
    }
    tally.start_time = [tally.start_time, start].into_iter().flatten().min();
}

/// Ended tasks; returns how many results the job has.
async fn ended(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<i64> {
    const SQL: &str = "SELECT step, state, count(*), min(start_time), max(end_time), CAST(sum(length(outputs)) / 8 AS BIGINT), \
                       CAST(sum(CASE leaf WHEN 1 THEN length(outputs) ELSE 0 END) / 8 AS BIGINT) FROM task WHERE job_id = $1 GROUP BY step, state ORDER BY step, state";
    let mut results = 0;
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let tally = at(steps, cells.int()?);
        let (state, tasks, start) = (cells.parse()?, cells.i64()?, cells.opt_time()?);
        count(tally, state, tasks, start);
        tally.end_time = tally.end_time.max(cells.opt_time()?);
        tally.outputs += cells.i64()?;
        results += cells.i64()?;
    }
    Ok(results)
}

async fn parked(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    const SQL: &str = "SELECT step, reason, count(*), min(start_time) FROM parked WHERE job_id = $1 GROUP BY step, reason ORDER BY step, reason";
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let tally = at(steps, cells.int()?);
        let (reason, tasks): (WaitReason, i64) = (cells.parse()?, cells.i64()?);
        let state = if reason == WaitReason::RetryBackoff { TaskState::Backoff } else { TaskState::Waiting };
        count(tally, state, tasks, cells.opt_time()?);
        tally.parked.push((reason, tasks));
    }
    Ok(())
}

async fn ready(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    const SQL: &str = "SELECT step, lane, count(*), min(start_time) FROM queue WHERE job_id = $1 GROUP BY step, lane ORDER BY step, lane";
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let tally = at(steps, cells.int()?);
        let (lane, tasks) = (cells.string()?, cells.i64()?);
        count(tally, TaskState::Ready, tasks, cells.opt_time()?);
        tally.queued.push((lane, tasks));
    }
    Ok(())
}

async fn leased(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    const SQL: &str =
        "SELECT step, count(*), min(coalesce(start_time, grant_time)) FROM lease WHERE job_id = $1 GROUP BY step";
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let tally = at(steps, cells.int()?);
        let tasks = cells.i64()?;
        count(tally, TaskState::Leased, tasks, cells.opt_time()?);
    }
    Ok(())
}

/// Counts and sums of `attempt a`, read by [`read_tally`].
macro_rules! tally_columns {
    () => {
        "count(*) AS n, CAST(sum(CASE WHEN a.failure IS NULL THEN 0 ELSE 1 END) AS BIGINT), \
         CAST(sum(a.cpu_micros) AS BIGINT), CAST(sum(a.wall_micros) AS BIGINT), CAST(max(a.peak_rss_bytes) AS BIGINT), \
         CAST(sum(a.bytes_read) AS BIGINT), CAST(sum(a.bytes_written) AS BIGINT)"
    };
}

/// Reads `tally_columns!`.
fn read_tally(cells: &mut Cells<'_>) -> Result<AttemptTally> {
    Ok(AttemptTally {
        attempts: cells.i64()?,
        failed: cells.i64()?,
        usage: Usage {
            cpu_time: cells.duration()?,
            wall_time: cells.duration()?,
            peak_rss_bytes: cells.i64()?,
            bytes_read: cells.i64()?,
            bytes_written: cells.i64()?,
        },
    })
}

/// An attempt does not name its step: its task does, wherever that is now.
async fn versions(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    macro_rules! arm {
        ($table:literal) => {
            concat!(
                "SELECT t.step AS step, a.function_version AS function_version, a.failure AS failure, a.cpu_micros AS cpu_micros, \
                 a.wall_micros AS wall_micros, a.peak_rss_bytes AS peak_rss_bytes, a.bytes_read AS bytes_read, a.bytes_written AS bytes_written \
                 FROM ",
                $table,
                " t JOIN attempt a ON a.job_id = t.job_id AND a.task_id = t.task_id WHERE t.job_id = $1"
            )
        };
    }
    const SQL: &str = concat!(
        "SELECT a.step, a.function_version, ",
        tally_columns!(),
        " FROM (",
        arm!("task"),
        " UNION ALL ",
        arm!("lease"),
        " UNION ALL ",
        arm!("queue"),
        " UNION ALL ",
        arm!("parked"),
        ") AS a GROUP BY a.step, a.function_version ORDER BY a.step, a.function_version"
    );
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        let tally = at(steps, cells.int()?);
        let function_version = cells.string()?;
        tally.versions.push(VersionTally { function_version, tally: read_tally(&mut cells)? });
    }
    Ok(())
}

/// Verdicts are text to the database: they are read a page of tasks at a time.
async fn verdicts(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    const SQL: &str = "SELECT task_id, step, verdicts FROM task WHERE job_id = $1 AND task_id > $2 AND verdicts IS NOT NULL ORDER BY task_id LIMIT $3";
    let mut counts: BTreeMap<(u16, String, String), (i64, i64)> = BTreeMap::new();
    // Every id is greater than no bytes.
    let mut after = Vec::new();
    loop {
        let rows = connection.fetch(SQL, values![job.0, after, VERDICTS_PAGE]).await?;
        after = Vec::new();
        for row in &rows {
            let mut cells = row.cells();
            after = cells.uuid()?.as_bytes().to_vec();
            let step = cells.int()?;
            for verdict in read_verdicts(cells.opt_text()?)? {
                let (passed, failed) = counts.entry((step, verdict.policy, verdict.version)).or_default();
                *(if verdict.passed { passed } else { failed }) += 1;
            }
        }
        if rows.len() < VERDICTS_PAGE {
            break;
        }
    }
    for ((step, policy, version), (passed, failed)) in counts {
        at(steps, step).verdicts.push(VerdictTally { policy, version, passed, failed });
    }
    Ok(())
}

async fn arrivals(connection: &mut Connection, job: JobId, steps: &mut Steps) -> Result<()> {
    const SQL: &str = "SELECT join_step, from_step, count(*) FROM arrival WHERE job_id = $1 GROUP BY join_step, from_step ORDER BY join_step, from_step";
    for row in connection.fetch(SQL, values![job.0]).await? {
        let mut cells = row.cells();
        at(steps, cells.int()?).arrivals.push((cells.int()?, cells.i64()?));
    }
    Ok(())
}

/// Attempts of the engine have no worker.
async fn workers(connection: &mut Connection, job: JobId, limit: usize) -> Result<(Vec<WorkerTally>, i64)> {
    const COUNT: &str = "SELECT count(DISTINCT worker_id) FROM attempt WHERE job_id = $1 AND worker_id <> ''";
    const SQL: &str = concat!(
        "SELECT a.worker_id, min(a.start_time), max(a.end_time), ",
        tally_columns!(),
        " FROM attempt a WHERE a.job_id = $1 AND a.worker_id <> '' GROUP BY a.worker_id ORDER BY n DESC, a.worker_id LIMIT $2"
    );
    let count = match connection.fetch_one(COUNT, values![job.0]).await? {
        Some(row) => row.cells().i64()?,
        None => 0,
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(WorkerTally {
            worker_id: cells.string()?,
            start_time: cells.time()?,
            end_time: cells.time()?,
            tally: read_tally(&mut cells)?,
        })
    };
    let workers = connection.fetch(SQL, values![job.0, limit]).await?.iter().map(read).collect::<Result<_>>()?;
    Ok((workers, count))
}

async fn children(connection: &mut Connection, job: JobId, limit: usize) -> Result<(Vec<ChildJob>, i64)> {
    const COUNT: &str = "SELECT count(*) FROM job WHERE parent_job_id = $1";
    const SQL: &str = "SELECT job_id, parent_task_id, plan_version_id, state FROM job WHERE parent_job_id = $1 ORDER BY job_id LIMIT $2";
    let count = match connection.fetch_one(COUNT, values![job.0]).await? {
        Some(row) => row.cells().i64()?,
        None => 0,
    };
    let read = |row: &Row| {
        let mut cells = row.cells();
        Ok(ChildJob {
            job: JobId(cells.uuid()?),
            task: TaskId(cells.uuid()?),
            plan_version: PlanVersionId(cells.uuid()?),
            state: cells.parse::<JobState>()?,
        })
    };
    let children = connection.fetch(SQL, values![job.0, limit]).await?.iter().map(read).collect::<Result<_>>()?;
    Ok((children, count))
}
