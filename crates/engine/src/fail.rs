//! Attempts that do not succeed: failures, time-outs, lost leases, releases; and a failed task tried again.

use crate::{
    complete,
    decide::{AttemptEnd, Refusal},
    failure_document,
    transition::{Flowing, Transition},
};
use esteira_model::{
    EndedTask, Fact, Failure, FailureKind, JobState, Payload, Place, RetryPolicy, Task, TaskId, TaskState, Verdict,
    WaitReason, limits,
};
use std::time::Duration;

pub(crate) fn fail(
    t: &mut Transition<'_, '_>,
    mut task: Task,
    end: AttemptEnd,
    failure: Failure,
    checkpoint: Option<Payload>,
) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    task.start_time = task.start_time.or(Some(end.granted.grant_time));
    task.failures += 1;
    if let Some(saved) = checkpoint {
        task.checkpoint = Some(t.store(saved));
    }
    t.end_attempt(&task, end.clone(), Some(failure.clone()));
    task.attempts += u32::from(end.late);
    if t.job.state == JobState::Cancelling && failure.kind == FailureKind::Cancelled {
        // It stopped as it was asked to.
        t.leave(task.step);
        return t.end_task(task, TaskState::Cancelled, Vec::new(), Vec::new(), Some(failure));
    }
    let policy = &t.graph.node(task.step).step.retry;
    match pause_before_retry(policy, task.failures, &failure, t.cx.entropy.fraction()) {
        Some(pause) if t.job.state != JobState::Cancelling => {
            t.retry_in = Some(pause);
            let due = Some(t.now().after(pause));
            t.facts.push(Fact::TaskPlaced(Box::new(task), Place::Parked { reason: WaitReason::RetryBackoff, due }));
        }
        _ => give_up(t, task, failure),
    }
}

/// The task fails for good after a worker had it: its input was judged when it began.
fn give_up(t: &mut Transition<'_, '_>, task: Task, failure: Failure) {
    let input = t.loaded.input.clone();
    let verdicts = complete::judge_input(t, &task, input.as_ref());
    t.end_failed(task, verdicts, failure, input);
}

pub(crate) fn time_out(t: &mut Transition<'_, '_>, task: Task, end: AttemptEnd) {
    let failure = Failure::engine(
        FailureKind::Timeout,
        "EXECUTION_TIMEOUT",
        "the attempt took longer than the step's execution_timeout",
    );
    fail(t, task, end, failure, None);
}

/// The pause before the next attempt, or none when there is no next attempt. `fraction` is random in 0..1.
fn pause_before_retry(policy: &RetryPolicy, failures: u32, failure: &Failure, fraction: f64) -> Option<Duration> {
    let retryable = matches!(failure.kind, FailureKind::Retryable | FailureKind::Timeout);
    if !retryable || failures >= policy.max_attempts || policy.non_retryable_codes.contains(&failure.code) {
        return None;
    }
    let factor = policy.multiplier.powi(i32::try_from(failures - 1).unwrap_or(i32::MAX));
    let longest = policy.max_backoff.as_secs_f64();
    let pause = (policy.initial_backoff.as_secs_f64() * factor).min(longest);
    // A policy whose arithmetic leaves the range of a duration waits its longest: nothing here may panic.
    let pause = Duration::try_from_secs_f64(pause * (1.0 - policy.jitter * fraction)).unwrap_or(policy.max_backoff);
    Some(pause.max(failure.retry_after.unwrap_or_default()))
}

/// Handed back unstarted: costs no attempt (semantic point b).
pub(crate) fn release(t: &mut Transition<'_, '_>, mut task: Task) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    task.attempts -= 1;
    ready_again(t, task);
}

/// A lost lease costs no attempt of the retry policy, but too many are a poison pill (semantic point b).
pub(crate) fn expire(t: &mut Transition<'_, '_>, mut task: Task, end: AttemptEnd) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    task.start_time = task.start_time.or(Some(end.granted.grant_time));
    task.expiries += 1;
    let failure = Failure::engine(FailureKind::LeaseExpired, "LEASE_EXPIRED", "the worker stopped sending heartbeats");
    t.end_attempt(&task, end, Some(failure.clone()));
    if task.expiries >= limits::LEASE_EXPIRIES_MAX {
        give_up(t, task, failure);
    } else {
        ready_again(t, task);
    }
}

fn ready_again(t: &mut Transition<'_, '_>, task: Task) {
    let place = match t.job.state {
        JobState::Cancelling => {
            t.leave(task.step);
            return t.end_task(task, TaskState::Cancelled, Vec::new(), Vec::new(), None);
        }
        JobState::Paused => Place::Parked { reason: WaitReason::Paused, due: None },
        _ => Place::Queue,
    };
    t.facts.push(Fact::TaskPlaced(Box::new(task), place));
}

/// A failed task tried again, as a new task on the same item. Its branch's token never left the joins that wait for it.
pub(crate) fn retry(t: &mut Transition<'_, '_>, failed: &EndedTask) -> Result<(), Refusal> {
    if failed.state != TaskState::Failed
        || t.job.flow.failed == 0
        || t.graph.node(failed.task.step).on_failure.is_some()
    {
        return Err(Refusal::NotNow("only a failed task whose failure no step took can be tried again".into()));
    }
    if failed.task.start_time.is_none() {
        return Err(Refusal::NotNow(
            "its input was refused or could not be built: the same input would fail again".into(),
        ));
    }
    if t.job.state == JobState::Cancelling {
        return Err(Refusal::NotNow("the job is being cancelled".into()));
    }
    let task = Task {
        id: TaskId(t.cx.entropy.uuid()),
        parent: Some(failed.task.id),
        attempts: 0,
        failures: 0,
        expiries: 0,
        fence: 0,
        create_time: t.now(),
        start_time: None,
        ..failed.task.clone()
    };
    t.job.flow.failed -= 1;
    t.job.flow.open += 1;
    if t.job.flow.failed == 0 {
        t.job.failure = None;
    }
    let input = t.loaded.input.clone();
    t.begin(task, input);
    Ok(())
}

impl Transition<'_, '_> {
    /// A task fails for good: a step takes the failure, or the job fails when it comes to rest.
    pub(crate) fn end_failed(&mut self, task: Task, verdicts: Vec<Verdict>, failure: Failure, input: Option<Payload>) {
        let graph = self.graph;
        let node = graph.node(task.step);
        match node.on_failure {
            Some(handler) if self.job.state != JobState::Cancelling => {
                let document = failure_document::build(&node.step.step_key, &task, &failure, input.as_ref());
                let artifact = self.store(document.clone());
                let data = Flowing {
                    artifact,
                    payload: Some(document),
                    item_path: task.item_path.clone(),
                    aggregate: task.aggregate.clone(),
                };
                self.arrive(&task, handler, &data, None);
                self.leave(task.step);
            }
            _ => {
                // The joins that wait for this branch keep its token: they must not fire without it.
                self.job.flow.open -= 1;
                self.job.flow.failed += 1;
                if self.job.failure.is_none() {
                    let message = format!("step `{}`: {}", node.step.step_key, failure.message);
                    self.job.failure =
                        Some(Failure { message, details: None, stack_trace: String::new(), ..failure.clone() });
                }
            }
        }
        self.end_task(task, TaskState::Failed, Vec::new(), verdicts, Some(failure));
    }
}
