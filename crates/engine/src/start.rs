//! A job starts: a task for each start step.

use crate::{carry::Carrying, decide::Refusal, reprocess::Reprocess, transition::Transition};
use esteira_model::{AggregateRef, ItemPath, JobState, Task, TaskId};

pub(crate) fn start(t: &mut Transition<'_, '_>) {
    let later = t.job.start_after.is_some_and(|time| time > t.now());
    t.job.state = if later { JobState::Pending } else { JobState::Running };
    if !later {
        t.job.start_time = Some(t.now());
    }
    let graph = t.graph;
    let input = t.loaded.job_input.clone();
    // Every start step holds its token before the first begins: a native one may end at once, and a join must not fire early.
    for &step in &graph.starts {
        t.enter(step);
    }
    for &step in &graph.starts {
        let task = first_task(t, step, t.job.aggregate.clone());
        t.build_input(task, input.clone());
    }
}

/// A start that takes over what another job executed. All of it is carried here, joins too; what is left begins.
pub(crate) fn reprocess(t: &mut Transition<'_, '_>, reprocess: Reprocess) -> Result<(), Refusal> {
    let has_input = reprocess.input.is_some();
    t.carrying = Some(Carrying::new(reprocess));
    start(t);
    t.carry_joins();
    let begun_with_it = t.carrying.take().map_or(0, |carrying| carrying.inputs_used);
    if has_input && begun_with_it != 1 {
        return Err(Refusal::NotNow(format!(
            "{begun_with_it} tasks would begin with the input that was given: it can stand for the input of one"
        )));
    }
    Ok(())
}

fn first_task(t: &mut Transition<'_, '_>, step: u16, aggregate: Option<AggregateRef>) -> Task {
    Task {
        id: TaskId(t.cx.entropy.uuid()),
        job: t.job.id,
        step,
        item_path: ItemPath::default(),
        parent: None,
        input: Some(t.job.input),
        aggregate,
        attempts: 0,
        failures: 0,
        expiries: 0,
        fence: 0,
        checkpoint: None,
        create_time: t.now(),
        start_time: None,
    }
}
