//! Live tasks, ended tasks, attempts.

use crate::{
    codec::{failure_text, from_json, read_failure, to_json},
    row::Cells,
    value::{Rows, Value},
};
use esteira_model::{
    AggregateRef, ArtifactId, Attempt, EndedTask, ItemPath, JobId, LeafAt, PageId, Task, TaskId, Usage, Verdict,
    time::micros,
};
use esteira_store::{Leased, Result};

/// Adds the columns of `TASK`.
pub(crate) fn push_task(task: &Task, rows: &mut Rows) {
    rows.push(task.id.0).push(task.job.0).push(task.step).push(task.item_path.to_bytes());
    rows.push(task.parent.map(|id| id.0)).push(task.input.map(|id| id.0));
    push_aggregate(task.aggregate.as_ref(), rows);
    rows.push(task.attempts).push(task.failures).push(task.expiries).push(task.fence);
    rows.push(task.checkpoint.map(|id| id.0)).push(task.create_time).push(task.start_time);
}

/// Adds `aggregate_kind, aggregate_id, aggregate_version`.
pub(super) fn push_aggregate(aggregate: Option<&AggregateRef>, rows: &mut Rows) {
    rows.push(aggregate.map(|a| &a.kind)).push(aggregate.map(|a| &a.id)).push(aggregate.map(|a| a.version));
}

/// Reads `aggregate_kind, aggregate_id, aggregate_version`.
pub(super) fn read_aggregate(cells: &mut Cells<'_>) -> Result<Option<AggregateRef>> {
    let (kind, id, version) = (cells.opt_text()?, cells.opt_text()?, cells.opt_i64()?);
    Ok(match (kind, id, version) {
        (Some(kind), Some(id), Some(version)) => Some(AggregateRef { kind: kind.into(), id: id.into(), version }),
        _ => None,
    })
}

/// Reads `task_columns!`.
pub(crate) fn read_task(cells: &mut Cells<'_>) -> Result<Task> {
    Ok(Task {
        id: TaskId(cells.uuid()?),
        job: JobId(cells.uuid()?),
        step: cells.int()?,
        item_path: ItemPath::from_bytes(cells.blob()?),
        parent: cells.opt_uuid()?.map(TaskId),
        input: cells.opt_i64()?.map(ArtifactId),
        aggregate: read_aggregate(cells)?,
        attempts: cells.int()?,
        failures: cells.int()?,
        expiries: cells.int()?,
        fence: cells.i64()?,
        checkpoint: cells.opt_i64()?.map(ArtifactId),
        create_time: cells.time()?,
        start_time: cells.opt_time()?,
    })
}

/// Adds a row of `lease`.
pub(crate) fn push_leased(leased: &Leased, rows: &mut Rows) {
    push_task(&leased.task, rows);
    rows.push(&leased.lane)
        .push(leased.rank)
        .push(&leased.worker_id)
        .push(&leased.request_id)
        .push(&leased.function_version);
    rows.push(micros(leased.ttl)).push(leased.grant_time).push(leased.expire_time).push(leased.timeout_time);
}

/// Reads `lease_columns!` of a task that was read before.
pub(crate) fn read_leased(task: Task, cells: &mut Cells<'_>) -> Result<Leased> {
    Ok(Leased {
        task,
        lane: cells.string()?,
        rank: cells.int()?,
        worker_id: cells.string()?,
        request_id: cells.string()?,
        function_version: cells.string()?,
        ttl: cells.duration()?,
        grant_time: cells.time()?,
        expire_time: cells.time()?,
        timeout_time: cells.opt_time()?,
    })
}

/// Adds the page and the ordinal of a leaf.
pub(super) fn push_leaf_at(leaf_at: Option<LeafAt>, rows: &mut Rows) {
    rows.push(leaf_at.map(|at| at.page.0)).push(leaf_at.map(|at| at.ordinal));
}

/// Reads the page and the ordinal of a leaf.
pub(crate) fn read_leaf_at(cells: &mut Cells<'_>) -> Result<Option<LeafAt>> {
    let (page, ordinal) = (cells.opt_i64()?, cells.opt_int()?);
    Ok(page.map(PageId).zip(ordinal).map(|(page, ordinal)| LeafAt { page, ordinal }))
}

/// Eight big-endian bytes an id.
pub(crate) fn ids_bytes(ids: &[ArtifactId]) -> Vec<u8> {
    ids.iter().flat_map(|id| id.0.to_be_bytes()).collect()
}

/// The reverse of [`ids_bytes`].
pub(crate) fn read_ids(bytes: &[u8]) -> Vec<ArtifactId> {
    bytes.as_chunks::<8>().0.iter().map(|id| ArtifactId(i64::from_be_bytes(*id))).collect()
}

/// Adds a row of `task`. INV-DATES: it has its end, whatever its state, and its start if it had one.
pub(crate) fn push_ended(ended: &EndedTask, rows: &mut Rows) {
    push_task(&ended.task, rows);
    rows.push(Value::Fixed(ended.state.as_str())).push(ended.end_time).push(ids_bytes(&ended.outputs)).push(ended.leaf);
    rows.push(verdicts_text(&ended.verdicts)).push(failure_text(ended.failure.as_ref()));
}

/// Reads `task_columns!` and `ended_columns!`.
pub(crate) fn read_ended(cells: &mut Cells<'_>) -> Result<EndedTask> {
    Ok(EndedTask {
        task: read_task(cells)?,
        state: cells.parse()?,
        end_time: cells.time()?,
        outputs: read_ids(cells.blob()?),
        leaf: cells.bool()?,
        verdicts: read_verdicts(cells.opt_text()?)?,
        failure: read_failure(cells.opt_text()?)?,
    })
}

/// A verdict as a JSON array: policy, version, whether it passed, detail.
type StoredVerdict = (String, String, bool, String);

/// The text of verdicts; none for none, as most tasks have no policy.
pub(crate) fn verdicts_text(verdicts: &[Verdict]) -> Option<String> {
    let stored: Vec<_> = verdicts.iter().map(|v| (&v.policy, &v.version, v.passed, &v.detail)).collect();
    (!stored.is_empty()).then(|| to_json(&stored))
}

/// The reverse of [`verdicts_text`].
pub(crate) fn read_verdicts(text: Option<&str>) -> Result<Vec<Verdict>> {
    let Some(text) = text else { return Ok(Vec::new()) };
    let stored: Vec<StoredVerdict> = from_json(text)?;
    Ok(stored
        .into_iter()
        .map(|(policy, version, passed, detail)| Verdict { policy, version, passed, detail })
        .collect())
}

/// Adds a row of `attempt`. INV-DATES: start and end are the coordinator's; the worker's own stand beside them.
pub(crate) fn push_attempt(attempt: &Attempt, rows: &mut Rows) {
    rows.push(attempt.job.0)
        .push(attempt.task.0)
        .push(attempt.number)
        .push(attempt.fence)
        .push(&attempt.worker_id)
        .push(&attempt.function_version);
    rows.push(attempt.start_time).push(attempt.end_time).push(attempt.worker_start_time).push(attempt.worker_end_time);
    rows.push(failure_text(attempt.failure.as_ref()));
    let usage = &attempt.usage;
    rows.push(micros(usage.cpu_time))
        .push(micros(usage.wall_time))
        .push(usage.peak_rss_bytes)
        .push(usage.bytes_read)
        .push(usage.bytes_written);
    rows.push(attempt.report_digest);
    push_leaf_at(attempt.leaf_at, rows);
}

/// The SELECT list of [`read_attempt`].
macro_rules! attempt_columns {
    () => {
        "job_id, task_id, number, fence, worker_id, function_version, start_time, end_time, worker_start_time, worker_end_time, failure, \
         cpu_micros, wall_micros, peak_rss_bytes, bytes_read, bytes_written, report_digest, leaf_page, leaf_ordinal"
    };
}
pub(crate) use attempt_columns;

/// Reads a row of `attempt`, all columns in the order of its table.
pub(crate) fn read_attempt(cells: &mut Cells<'_>) -> Result<Attempt> {
    Ok(Attempt {
        job: JobId(cells.uuid()?),
        task: TaskId(cells.uuid()?),
        number: cells.int()?,
        fence: cells.i64()?,
        worker_id: cells.string()?,
        function_version: cells.string()?,
        start_time: cells.time()?,
        end_time: cells.time()?,
        worker_start_time: cells.opt_time()?,
        worker_end_time: cells.opt_time()?,
        failure: read_failure(cells.opt_text()?)?,
        usage: Usage {
            cpu_time: cells.duration()?,
            wall_time: cells.duration()?,
            peak_rss_bytes: cells.i64()?,
            bytes_read: cells.i64()?,
            bytes_written: cells.i64()?,
        },
        report_digest: cells.bytes()?,
        leaf_at: read_leaf_at(cells)?,
    })
}
