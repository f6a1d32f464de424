//! A start that takes over what another job executed: tasks end at once with what is recorded.

use crate::{
    decide::{Output, Product},
    failure_document,
    reprocess::{Executed, Reprocess},
    transition::{Flowing, Transition},
};
use esteira_model::{
    ArtifactId, Carried, Fact, Failure, FailureKind, JobId, OutputType, Payload, Point, Task, TaskId, TaskState,
};
use std::collections::{BTreeMap, BTreeSet};

/// What is carried, while a job starts.
pub(crate) struct Carrying {
    reprocess: Reprocess,
    /// Tasks of the source by the tasks that stand for them.
    counterparts: BTreeMap<TaskId, TaskId>,
    /// Joins that something leads to which runs anew.
    fresh: BTreeSet<usize>,
    /// Jobs of sub-plans that are gone into, by the task that waits for the new one.
    inside: BTreeMap<TaskId, (JobId, Point)>,
    /// Tasks that began with the given input.
    pub inputs_used: usize,
}

impl Carrying {
    pub fn new(reprocess: Reprocess) -> Self {
        Self {
            reprocess,
            counterparts: BTreeMap::new(),
            fresh: BTreeSet::new(),
            inside: BTreeMap::new(),
            inputs_used: 0,
        }
    }
}

impl Transition<'_, '_> {
    /// Carries a task over if the source has executed it; else it is given back, to begin. Its token is there already.
    pub(crate) fn recall(&mut self, task: Task) -> Option<Task> {
        let Some(carrying) = &mut self.carrying else { return Some(task) };
        // The source's task that this one comes from; a task that something fresh brought has no counterpart.
        let parent = match task.parent {
            None => Some(None),
            Some(parent) => carrying.counterparts.get(&parent).copied().map(Some),
        };
        let found =
            parent.and_then(|parent| carrying.reprocess.carry.find(parent, task.step, &task.item_path)).cloned();
        match found {
            Some(found) if found.is_carried => {
                self.carry_over(task, &found.executed);
                return None;
            }
            Some(found) if carrying.reprocess.input.is_none() => {
                let (_, child) = found.executed.from();
                carrying.inside.extend(found.inside.map(|point| (task.id, (JobId(child.0), point))));
            }
            _ => {}
        }
        carrying.fresh.extend(&self.graph.node(task.step).holds);
        match carrying.reprocess.input.clone().filter(|_| parent.is_some()) {
            Some(input) => {
                self.begin_with(task, input);
                None
            }
            None => Some(task),
        }
    }

    /// The job that the child of this task goes on from, and from where.
    pub(crate) fn inside(&self, task: TaskId) -> Option<(JobId, Point)> {
        self.carrying.as_ref().and_then(|carrying| carrying.inside.get(&task).cloned())
    }

    fn begin_with(&mut self, mut task: Task, (artifact, payload): (ArtifactId, Payload)) {
        if let Some(carrying) = &mut self.carrying {
            carrying.inputs_used += 1;
        }
        task.input = Some(artifact);
        self.judge_and_begin(task, Some(payload));
    }

    /// Begins what arrived and carries the joins over that the source has executed, until only fresh ones are left.
    pub(crate) fn carry_joins(&mut self) {
        loop {
            self.begin_arrived();
            let Some((join, executed)) = (0..self.graph.joins.len()).find_map(|join| self.complete_join(join)) else {
                return;
            };
            let flow = &mut self.job.flow.joins[join];
            let Some(waiting) = flow.waiting.take() else { return };
            flow.fired = true;
            self.job.flow.open += 1;
            let task = self.join_task(self.graph.joins[join], &waiting);
            self.take_waiting(task.id);
            match executed {
                Executing::Carried(executed) => self.carry_over(task, &executed),
                Executing::With(input) => {
                    if let Some(carrying) = &mut self.carrying {
                        carrying.fresh.extend(&self.graph.node(task.step).holds);
                    }
                    self.begin_with(task, input);
                }
            }
        }
    }

    /// What becomes of a join that has all, unless it is gathered as always.
    fn complete_join(&self, join: usize) -> Option<(usize, Executing)> {
        let flow = &self.job.flow.joins[join];
        let carrying = self.carrying.as_ref()?;
        if flow.pending > 0 || flow.fired || flow.waiting.is_none() || carrying.fresh.contains(&join) {
            return None;
        }
        match carrying.reprocess.carry.join(self.graph.joins[join]).filter(|found| found.is_carried) {
            Some(found) => Some((join, Executing::Carried(found.executed.clone()))),
            None => carrying.reprocess.input.clone().map(|input| (join, Executing::With(input))),
        }
    }

    /// The task ends with what was recorded, and its data goes where the plan of this job sends it.
    fn carry_over(&mut self, mut task: Task, executed: &Executed) {
        let old = &executed.ended;
        let Some(carrying) = &mut self.carrying else { return };
        carrying.counterparts.insert(task.id, old.task.id);
        let carry = carrying.reprocess.carry.clone();
        (task.input, task.aggregate) = (old.task.input, old.task.aggregate.clone());
        let input = task.input.and_then(|artifact| carry.payload(artifact));
        let (from_job, from_task) = executed.from();
        let carried = Fact::TaskCarried(Carried { job: task.job, task: task.id, from_job, from_task });
        if let (TaskState::Failed, Some(failure)) = (old.state, &old.failure) {
            self.facts.push(carried);
            return self.carry_failure(task, executed, failure, input);
        }
        let stored = |id: &ArtifactId| Product::Stored(*id, carry.payload(*id));
        let output = match self.graph.node(task.step).output_type() {
            OutputType::None => Output::None,
            OutputType::Multiple => Output::Multiple(old.outputs.iter().map(stored).collect()),
            OutputType::Single => match old.outputs.first() {
                Some(output) => Output::Single(stored(output)),
                None => {
                    let failure = Failure::engine(FailureKind::Protocol, "OUTPUT_MISSING", "no output was recorded");
                    return self.end_failed(task, Vec::new(), failure, input);
                }
            },
        };
        let outer = std::mem::replace(&mut self.loaded.input, input.clone());
        let (_, flowing) = crate::complete::flow(self, &task, output);
        self.loaded.input = outer;
        match self.route(&task, input.as_ref(), &flowing) {
            Err(error) => {
                let failure = Failure::engine(FailureKind::NonRetryable, error.code, error.message);
                self.end_failed(task, old.verdicts.clone(), failure, input);
            }
            Ok(routes) => {
                self.facts.push(carried);
                self.follow(&task, &flowing, &routes);
                self.leave(task.step);
                self.end_task(task, TaskState::Succeeded, old.outputs.clone(), old.verdicts.clone(), None);
            }
        }
    }

    /// A failure that a step took is what the plan makes of it: it is carried with that step.
    fn carry_failure(&mut self, task: Task, executed: &Executed, failure: &Failure, input: Option<Payload>) {
        let old = &executed.ended;
        let node = self.graph.node(task.step);
        if let Some(handler) = node.on_failure {
            let document = failure_document::build(&node.step.step_key, &old.task, failure, input.as_ref());
            let data = Flowing {
                artifact: self.store(document.clone()),
                payload: Some(document),
                item_path: task.item_path.clone(),
                aggregate: task.aggregate.clone(),
            };
            self.arrive(&task, handler, &data, None);
        }
        self.leave(task.step);
        self.end_task(task, TaskState::Failed, Vec::new(), old.verdicts.clone(), Some(failure.clone()));
    }
}

/// What a join ends or begins with.
enum Executing {
    Carried(std::sync::Arc<Executed>),
    With((ArtifactId, Payload)),
}
