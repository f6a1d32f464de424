//! Jobs.

use crate::{
    codec::{
        actor_text, failure_text, flow_text, from_json, labels_text,
        plan::read_actor,
        read_failure, read_flow,
        task::{push_aggregate, push_leaf_at, read_aggregate, read_leaf_at},
    },
    row::Cells,
    value::{Rows, Value},
};
use esteira_model::{ArtifactId, Job, JobId, Lineage, PlanVersionId, Provenance, Seed, TaskId};
use esteira_store::Result;
use std::sync::Arc;

/// Adds a row of `job`.
pub(crate) fn push_job(job: &Job, rows: &mut Rows) {
    rows.push(job.id.0).push(&job.account).push(job.plan_version.0).push(Value::Fixed(job.data_class.as_str()));
    rows.push(actor_text(&job.actor)).push(labels_text(&job.headers)).push(labels_text(&job.labels));
    push_aggregate(job.aggregate.as_ref(), rows);
    rows.push(job.input.0).push(job.priority);
    let lineage = &job.lineage;
    rows.push(Value::Fixed(lineage.kind.as_str())).push(lineage.root.0);
    rows.push(lineage.parent.map(|(job, _)| job.0)).push(lineage.parent.map(|(_, task)| task.0)).push(lineage.depth);
    rows.push(lineage.source.map(|job| job.0));
    rows.push(job.create_time).push(job.start_after).push(job.deadline);
    rows.push(job.provenance.seed.map(|seed| seed.0)).push(job.provenance.request_digest);
    push_leaf_at(job.provenance.start_leaf_at, rows);
    push_changeable(job, rows);
    rows.push(job.revision);
}

/// Adds what a job's changes write: `state` to `end_leaf_ordinal`.
fn push_changeable(job: &Job, rows: &mut Rows) {
    rows.push(Value::Fixed(job.state.as_str()))
        .push(flow_text(&job.flow))
        .push(job.start_time)
        .push(job.end_time)
        .push(job.cancel_time);
    rows.push(failure_text(job.failure.as_ref())).push(&job.note);
    push_leaf_at(job.end_leaf_at, rows);
}

/// Adds the key and the values of a changed job: id, the revision that must be there, `state` to `end_leaf_ordinal`, the new revision.
pub(crate) fn push_change(job: &Job, expected_revision: i64, rows: &mut Rows) {
    rows.push(job.id.0).push(expected_revision);
    push_changeable(job, rows);
    rows.push(job.revision);
}

/// The SELECT list of [`read_job`].
macro_rules! job_columns {
    () => {
        "job_id, account, plan_version_id, data_class, actor, headers, labels, aggregate_kind, aggregate_id, aggregate_version, input, priority, \
         lineage_kind, root_job_id, parent_job_id, parent_task_id, depth, source_job_id, create_time, start_after, deadline, \
         seed, request_digest, start_leaf_page, start_leaf_ordinal, \
         state, flow, start_time, end_time, cancel_time, failure, note, end_leaf_page, end_leaf_ordinal, revision"
    };
}
pub(crate) use job_columns;

/// Reads `job_columns!`.
pub(crate) fn read_job(cells: &mut Cells<'_>) -> Result<Job> {
    Ok(Job {
        id: JobId(cells.uuid()?),
        account: cells.account()?,
        plan_version: PlanVersionId(cells.uuid()?),
        data_class: cells.parse()?,
        actor: Arc::new(read_actor(cells.text()?)?),
        headers: Arc::new(from_json(cells.text()?)?),
        labels: Arc::new(from_json(cells.text()?)?),
        aggregate: read_aggregate(cells)?,
        input: ArtifactId(cells.i64()?),
        priority: cells.int()?,
        lineage: Lineage {
            kind: cells.parse()?,
            root: JobId(cells.uuid()?),
            parent: cells.opt_uuid()?.map(JobId).zip(cells.opt_uuid()?.map(TaskId)),
            depth: cells.int()?,
            source: cells.opt_uuid()?.map(JobId),
        },
        create_time: cells.time()?,
        start_after: cells.opt_time()?,
        deadline: cells.opt_time()?,
        provenance: Provenance {
            seed: cells.opt_bytes()?.map(Seed),
            request_digest: cells.opt_bytes()?,
            start_leaf_at: read_leaf_at(cells)?,
        },
        state: cells.parse()?,
        flow: read_flow(cells.text()?)?,
        start_time: cells.opt_time()?,
        end_time: cells.opt_time()?,
        cancel_time: cells.opt_time()?,
        failure: read_failure(cells.opt_text()?)?,
        note: cells.string()?,
        end_leaf_at: read_leaf_at(cells)?,
        revision: cells.i64()?,
    })
}
