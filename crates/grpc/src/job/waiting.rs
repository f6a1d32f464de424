//! Why a task or a job does not go on (INV-WHY).

use crate::{edge::Edge, principal::Caller, status::Answer};
use esteira_coordinator::lane::Lane;
use esteira_model::{Job, JobState, TaskState, WaitReason};
use esteira_store::{Filter, Live, LivePlace, Op, Page, TaskRecord, Term, Value};

/// Reasons, the one first that an operator can act on soonest.
const BY_URGENCY: &[WaitReason] = &[
    WaitReason::Paused,
    WaitReason::QueuePaused,
    WaitReason::NoWorker,
    WaitReason::RetryBackoff,
    WaitReason::AggregateBusy,
    WaitReason::Concurrency,
    WaitReason::Delayed,
    WaitReason::SubPlan,
    WaitReason::Join,
];

/// Tasks that are looked at to tell why their job waits.
const LOOKED_AT: usize = 20;

/// Why a live task waits; none when a worker runs it.
pub fn of_task(edge: &Edge, caller: &Caller, live: &Live) -> Option<WaitReason> {
    match &live.place {
        LivePlace::Leased(_) => None,
        LivePlace::Parked { reason, .. } => Some(*reason),
        LivePlace::Queued { lane } => Some(of_lane(edge, caller, lane)),
    }
}

/// A ready task is not leased because its queue is paused, because nobody serves its function, or because those who do are
/// busy or may not run more of its step at once.
pub fn of_lane(edge: &Edge, caller: &Caller, lane: &str) -> WaitReason {
    let Some(lane) = Lane::parse(lane) else { return WaitReason::Concurrency };
    if edge.coordinator.is_queue_paused(&caller.principal, &lane.queue) {
        return WaitReason::QueuePaused;
    }
    if !edge.coordinator.is_served(&caller.principal, &lane) {
        return WaitReason::NoWorker;
    }
    WaitReason::Concurrency
}

/// Why a job waits; none when it has ended or one of its tasks runs.
pub async fn of_job(
    edge: &Edge,
    caller: &Caller,
    job: &Job,
    counts: &[(TaskState, i64)],
) -> Answer<Option<WaitReason>> {
    let runs = counts.iter().any(|(state, count)| *state == TaskState::Leased && *count > 0);
    if job.state.is_terminal() || runs {
        return Ok(None);
    }
    match job.state {
        JobState::Pending => return Ok(Some(WaitReason::Delayed)),
        JobState::Paused => return Ok(Some(WaitReason::Paused)),
        _ => {}
    }
    let ended = [TaskState::Succeeded, TaskState::Failed, TaskState::Cancelled, TaskState::Skipped];
    let term = |state: TaskState| Term { field: "state".into(), op: Op::Ne, value: Value::Text(state.as_str().into()) };
    let filter = Filter(ended.into_iter().map(term).collect());
    let live = edge.coordinator.reader().list_tasks(job.id, &filter, &Page { size: LOOKED_AT, after: None }).await?;
    let reasons: Vec<WaitReason> = live
        .rows
        .iter()
        .filter_map(|record| match record {
            TaskRecord::Live(live) => of_task(edge, caller, live),
            TaskRecord::Ended(_) => None,
        })
        .collect();
    Ok(BY_URGENCY.iter().copied().find(|reason| reasons.contains(reason)))
}
