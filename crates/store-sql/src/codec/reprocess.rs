//! Jobs that are processed again.

use crate::{
    codec::{
        actor_text, from_json,
        plan::read_actor,
        task::{push_leaf_at, read_leaf_at},
        to_json,
    },
    row::Cells,
    value::{Rows, Value},
};
use esteira_model::{ArtifactId, JobId, Point, Reprocess};
use esteira_store::{Error, Kind, Result};
use std::sync::Arc;

/// Adds a row of `reprocess`.
pub(crate) fn push_reprocess(reprocess: &Reprocess, rows: &mut Rows) {
    let none = Vec::new();
    let (point, steps) = match &reprocess.point {
        Point::LastStep => ("LAST_STEP", &none),
        Point::Steps(steps) => ("STEPS", steps),
        Point::FailedItems => ("FAILED_ITEMS", &none),
    };
    let steps: Vec<&str> = steps.iter().map(|key| &**key).collect();
    rows.push(reprocess.job.0).push(reprocess.source.0).push(Value::Fixed(point)).push(to_json(&steps));
    rows.push(&reprocess.reason).push(actor_text(&reprocess.actor));
    rows.push(reprocess.input.map(|artifact| artifact.0)).push(reprocess.time);
    push_leaf_at(reprocess.leaf_at, rows);
}

/// The SELECT list of [`read_reprocess`].
macro_rules! reprocess_columns {
    () => {
        "job_id, source_job_id, point, steps, reason, actor, input, reprocess_time, leaf_page, leaf_ordinal"
    };
}
pub(crate) use reprocess_columns;

/// Reads `reprocess_columns!`.
pub(crate) fn read_reprocess(cells: &mut Cells<'_>) -> Result<Reprocess> {
    let (job, source) = (JobId(cells.uuid()?), JobId(cells.uuid()?));
    let point = cells.text()?.to_owned();
    let steps: Vec<String> = from_json(cells.text()?)?;
    let point = match point.as_str() {
        "LAST_STEP" => Point::LastStep,
        "STEPS" => Point::Steps(steps.iter().map(|key| key.as_str().into()).collect()),
        "FAILED_ITEMS" => Point::FailedItems,
        _ => return Err(Error::new(Kind::Defect, "a stored point of a reprocess is of no known kind")),
    };
    Ok(Reprocess {
        job,
        source,
        point,
        reason: cells.string()?,
        actor: Arc::new(read_actor(cells.text()?)?),
        input: cells.opt_i64()?.map(ArtifactId),
        time: cells.time()?,
        leaf_at: read_leaf_at(cells)?,
    })
}
