//! What an operator does to a job, and what its deadline does.

use crate::{
    decide::{At, AttemptEnd, FollowUp, Granted, Refusal},
    due,
    transition::Transition,
};
use esteira_model::{
    Fact, Failure, FailureKind, JobAction, JobId, JobState, Place, Task, TaskState, Usage, WaitReason,
};

pub(crate) fn control(
    t: &mut Transition<'_, '_>,
    action: JobAction,
    reason: String,
    live: Vec<(Task, At)>,
) -> Result<(), Refusal> {
    let reached = match action {
        JobAction::Pause => t.job.state == JobState::Paused,
        JobAction::Resume => matches!(t.job.state, JobState::Running | JobState::Pending),
        JobAction::Cancel => t.job.state == JobState::Cancelling,
        JobAction::Terminate => false,
    };
    if reached {
        return Ok(());
    }
    t.job.note = reason.clone();
    match action {
        JobAction::Pause => pause(t, &reason, live),
        JobAction::Resume => resume(t, &reason, live),
        JobAction::Cancel => {
            cancel(t, &reason, live);
            Ok(())
        }
        JobAction::Terminate => {
            t.job.failure = Some(Failure::engine(FailureKind::Cancelled, "TERMINATED", reason.clone()));
            stop(t, JobState::Cancelled, &reason, live);
            Ok(())
        }
    }
}

/// Running attempts end as they will; what is ready waits.
fn pause(t: &mut Transition<'_, '_>, reason: &str, live: Vec<(Task, At)>) -> Result<(), Refusal> {
    match t.job.state {
        JobState::Running => t.job.state = JobState::Paused,
        state => return Err(Refusal::NotNow(format!("a job that is {state} cannot be paused"))),
    }
    for (task, at) in live {
        match at {
            At::Queued => {
                t.facts.push(Fact::TaskTaken(task.job, task.id));
                t.facts.push(Fact::TaskPlaced(Box::new(task), Place::Parked { reason: WaitReason::Paused, due: None }));
            }
            At::Parked(WaitReason::SubPlan) => tell_child(t, &task, JobAction::Pause, reason),
            _ => {}
        }
    }
    Ok(())
}

fn resume(t: &mut Transition<'_, '_>, reason: &str, live: Vec<(Task, At)>) -> Result<(), Refusal> {
    match t.job.state {
        JobState::Paused => t.job.state = JobState::Running,
        state => return Err(Refusal::NotNow(format!("a job that is {state} cannot be resumed"))),
    }
    for (task, at) in live {
        match at {
            At::Parked(WaitReason::Paused) => due::resumed(t, task),
            At::Parked(WaitReason::SubPlan) => tell_child(t, &task, JobAction::Resume, reason),
            _ => {}
        }
    }
    Ok(())
}

/// Cooperative (semantic point c): what runs is asked to stop, everything else ends here.
fn cancel(t: &mut Transition<'_, '_>, reason: &str, live: Vec<(Task, At)>) {
    t.job.cancel_time = Some(t.now());
    t.job.state = JobState::Cancelling;
    for (task, at) in live {
        match at {
            At::Leased(_) => {}
            At::Parked(WaitReason::SubPlan) => tell_child(t, &task, JobAction::Cancel, reason),
            // The job's end takes the joins that wait.
            At::Parked(WaitReason::Join) => {}
            At::Queued | At::Parked(_) => end_cancelled(t, task),
        }
    }
}

fn end_cancelled(t: &mut Transition<'_, '_>, task: Task) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    t.leave(task.step);
    t.end_task(task, TaskState::Cancelled, Vec::new(), Vec::new(), None);
}

/// The job's time-out passed.
pub(crate) fn deadline(t: &mut Transition<'_, '_>, live: Vec<(Task, At)>) {
    t.job.failure =
        Some(Failure::engine(FailureKind::Timeout, "JOB_TIMEOUT", "the job took longer than its job_timeout"));
    stop(t, JobState::TimedOut, "job timeout", live);
}

/// Drops all leases and ends everything now.
fn stop(t: &mut Transition<'_, '_>, state: JobState, reason: &str, live: Vec<(Task, At)>) {
    for (mut task, at) in live {
        match at {
            // The job's end takes the joins that wait.
            At::Parked(WaitReason::Join) => continue,
            At::Parked(WaitReason::SubPlan) => tell_child(t, &task, JobAction::Terminate, reason),
            At::Leased(granted) => {
                task.start_time = task.start_time.or(Some(granted.grant_time));
                end_lease(t, &task, granted, reason);
            }
            At::Queued | At::Parked(_) => {}
        }
        end_cancelled(t, task);
    }
    t.end_job(state);
}

fn end_lease(t: &mut Transition<'_, '_>, task: &Task, granted: Granted, reason: &str) {
    let end = AttemptEnd {
        granted,
        worker_start_time: None,
        worker_end_time: None,
        usage: Usage::default(),
        report_digest: [0; 16],
        late: false,
    };
    t.end_attempt(task, end, Some(Failure::engine(FailureKind::Cancelled, "CANCELLED", reason)));
}

fn tell_child(t: &mut Transition<'_, '_>, task: &Task, action: JobAction, reason: &str) {
    t.follow_ups.push(FollowUp::ControlChild { job: JobId(task.id.0), action, reason: reason.to_owned() });
}
