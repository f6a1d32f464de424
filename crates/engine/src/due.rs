//! Time passed, a job was resumed, or an aggregate became free: a parked task moves on.

use crate::transition::Transition;
use esteira_model::{Fact, JobState, Place, Run, Task, WaitReason};

pub(crate) fn due(t: &mut Transition<'_, '_>, task: Task, reason: WaitReason) {
    if t.job.state == JobState::Pending {
        t.job.state = JobState::Running;
        t.job.start_time = Some(t.now());
    }
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    let input = t.loaded.input.clone();
    let waited = matches!(t.graph.node(task.step).step.run, Run::Wait(_)) && reason == WaitReason::Delayed;
    if task.start_time.is_none() {
        t.begin(task, input);
    } else if waited && t.job.state != JobState::Paused {
        t.pass_on(task, input);
    } else {
        ready(t, task);
    }
}

/// The job is no longer paused. A wait that was over meanwhile goes through the timer once more, which loads what its end needs.
pub(crate) fn resumed(t: &mut Transition<'_, '_>, task: Task) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    if task.start_time.is_none() {
        t.begin(task, None);
    } else if matches!(t.graph.node(task.step).step.run, Run::Wait(_)) {
        let place = Place::Parked { reason: WaitReason::Delayed, due: Some(t.now()) };
        t.facts.push(Fact::TaskPlaced(Box::new(task), place));
    } else {
        ready(t, task);
    }
}

/// The aggregate that the task waited for is its own now.
pub(crate) fn unblock(t: &mut Transition<'_, '_>, task: Task) {
    t.facts.push(Fact::TaskTaken(task.job, task.id));
    ready(t, task);
}

fn ready(t: &mut Transition<'_, '_>, task: Task) {
    let paused = t.job.state == JobState::Paused;
    let place = if paused { Place::Parked { reason: WaitReason::Paused, due: None } } else { Place::Queue };
    t.facts.push(Fact::TaskPlaced(Box::new(task), place));
}
