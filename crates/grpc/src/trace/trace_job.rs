//! TraceJob.

use super::heads::Heads;
use crate::{
    convert::{
        at::At,
        check,
        trace::{JobTraceView, job_trace_out},
    },
    edge::Edge,
    job::{
        view::{read_job, read_project, read_reason, read_version},
        waiting,
    },
    principal::Caller,
    reveals::Reveals,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_model::{Job, TaskState, WaitReason};
use esteira_store::{ChildJob, JobTally, TallyLimits};
use std::collections::BTreeMap;

/// What is told by name at most.
const LIMITS: TallyLimits = TallyLimits { workers: 100, children: 100 };

pub async fn trace_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Deed,
    request: v1::TraceJobRequest,
) -> Answer<v1::TraceJobResponse> {
    let id = check::id(&request.job_id, At::Top("job_id"))?;
    deed.on(format!("jobs/{id}"));
    let job = read_job(edge, caller, id).await?;
    deed.of_class(job.data_class);
    let trace = view(edge, caller, &job).await?;
    if trace.reveals() {
        edge.reveal(deed).await?;
    }
    Ok(v1::TraceJobResponse { trace: Some(trace) })
}

/// A job's trace.
pub async fn view(edge: &Edge, caller: &Caller, job: &Job) -> Answer<v1::JobTrace> {
    let tally = edge.coordinator.reader().job_tally(job.id, LIMITS).await?;
    let compiled = read_version(edge, caller, job).await?;
    let project = read_project(edge, caller, job, &compiled.record).await?;
    let task_counts = task_counts(&tally);
    let wait_reason = waiting::of_job(edge, caller, job, &task_counts).await?;
    let children = children(edge, caller, &tally.children).await?;
    let input = Heads::read(edge, &[job.input]).await?.out(job.input);
    let waits = waits(edge, caller, &tally);
    let reason = read_reason(edge, job).await?;
    let view = JobTraceView {
        job,
        compiled: &compiled,
        project: &project,
        tally: &tally,
        task_counts,
        waits,
        wait_reason,
        children,
        input,
        reason: &reason,
    };
    Ok(job_trace_out(&view))
}

fn task_counts(tally: &JobTally) -> Vec<(TaskState, i64)> {
    let mut counts = BTreeMap::new();
    for (state, count) in tally.steps.iter().flat_map(|step| &step.states) {
        *counts.entry(*state).or_insert(0) += count;
    }
    counts.into_iter().collect()
}

/// Waiting tasks of each step by reason (INV-WHY).
fn waits(edge: &Edge, caller: &Caller, tally: &JobTally) -> BTreeMap<u16, BTreeMap<WaitReason, i64>> {
    let mut waits: BTreeMap<u16, BTreeMap<WaitReason, i64>> = BTreeMap::new();
    for step in &tally.steps {
        let queued = step.queued.iter().map(|(lane, count)| (waiting::of_lane(edge, caller, lane), *count));
        for (reason, count) in step.parked.iter().copied().chain(queued) {
            *waits.entry(step.step).or_default().entry(reason).or_insert(0) += count;
        }
    }
    waits
}

/// Child jobs with the names of their plans, which the catalog knows after the first look.
async fn children(edge: &Edge, caller: &Caller, children: &[ChildJob]) -> Answer<Vec<v1::ChildJobTrace>> {
    let mut shown = Vec::with_capacity(children.len());
    for child in children {
        let (catalog, reader) = (edge.coordinator.catalog(), edge.coordinator.reader());
        let compiled = catalog.version(reader, &caller.principal.account, child.plan_version).await?;
        shown.push(v1::ChildJobTrace {
            job_id: child.job.to_string(),
            parent_task_id: child.task.to_string(),
            plan_name: compiled.record.plan_name.clone(),
            plan_version: compiled.record.version,
            state: crate::convert::enums::job_state_out(child.state) as i32,
        });
    }
    Ok(shown)
}
