//! What an ended job has executed, read in pages from committed state.

use crate::{
    catalog::Compiled,
    coordinator::Shared,
    error::{Error, Reason, Result},
};
use esteira_engine::{Carry, Executed, Misfit};
use esteira_model::{ArtifactId, Job, Payload, Point, limits};
use std::sync::Arc;

/// Tasks, or artifacts, that are read at once.
const PAGE: usize = 1_000;

/// Decides what a job on `new` takes over from `source`, and reads the bytes that its start may need.
pub(super) async fn carry_of(shared: &Shared, source: &Job, new: &Compiled, point: &Point) -> Result<Arc<Carry>> {
    let old = shared.catalog.version(&*shared.reader, &source.account, source.plan_version).await?;
    let tasks = tasks_of(shared, source).await?;
    let mut carry =
        Carry::of(source, tasks, &old.graph, &new.graph, point).map_err(|misfit| refused(source, new, misfit))?;
    let mut bytes = 0;
    for some in carry.needs(&new.graph).chunks(PAGE) {
        let stored = shared.reader.artifacts(some).await?;
        if stored.len() < some.len() {
            let message = format!("data of job {} has been removed: it cannot be gone on from", source.id);
            return Err(Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) });
        }
        bytes += stored.iter().map(|(_, payload, _)| payload.bytes().len()).sum::<usize>();
        if bytes > limits::REPROCESS_BYTES_MAX {
            return Err(too_large(format!("more than {} bytes of data", limits::REPROCESS_BYTES_MAX)));
        }
        carry.keep(stored.into_iter().map(|(id, payload, _)| (id, payload)));
    }
    Ok(Arc::new(carry))
}

/// The bytes of one artifact.
pub(super) async fn payload(shared: &Shared, artifact: ArtifactId) -> Result<Option<Payload>> {
    Ok(shared.reader.artifacts(&[artifact]).await?.pop().map(|(_, payload, _)| payload))
}

async fn tasks_of(shared: &Shared, source: &Job) -> Result<Vec<Executed>> {
    let mut tasks: Vec<Executed> = Vec::new();
    loop {
        let after = tasks.last().map(|task| task.ended.task.id);
        let page = shared.reader.executed_tasks(source.id, after, PAGE).await?;
        let is_last = page.len() < PAGE;
        tasks.extend(page.into_iter().map(|task| Executed { ended: task.ended, origin: task.carried }));
        if tasks.len() > limits::REPROCESS_TASKS_MAX {
            return Err(too_large(format!("more than {} tasks", limits::REPROCESS_TASKS_MAX)));
        }
        if is_last {
            return Ok(tasks);
        }
    }
}

fn too_large(what: String) -> Error {
    let message = format!("{what} would have to be taken over in one transaction: start the job anew");
    Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) }
}

fn refused(source: &Job, new: &Compiled, misfit: Misfit) -> Error {
    let conflict = |message: String| Error { field: "job_id".into(), ..Error::new(Reason::JobStateConflict, message) };
    match misfit {
        Misfit::NotEnded => conflict(format!("job {} has not ended: it is {}", source.id, source.state)),
        Misfit::StepUnknown(key) => Error::field(
            "from_step_keys",
            format!("version {} of plan `{}` has no step `{key}`", new.record.version, new.record.plan_name),
        ),
        Misfit::StepNotReached(key) => {
            Error::field("from_step_keys", format!("job {} never came to step `{key}`", source.id))
        }
        Misfit::StepChanged(key, what) => Error {
            field: "version".into(),
            ..Error::new(
                Reason::StepsMismatch,
                format!(
                    "what job {} executed at step `{key}` does not fit version {} of plan `{}`: {what}",
                    source.id, new.record.version, new.record.plan_name
                ),
            )
        },
    }
}
