//! A new task begins: its input is built and judged, then it goes where its step's kind says.

use crate::{
    complete,
    decide::{FollowUp, Output},
    policy,
    transition::{Flowing, Transition},
};
use esteira_model::{Fact, Failure, FailureKind, JobState, Payload, Place, Run, Task, TaskState, WaitReason, limits};

impl Transition<'_, '_> {
    /// Begins what arrived, and what arrives by that: native steps end as soon as they begin.
    pub(crate) fn begin_arrived(&mut self) {
        let mut waiting = Vec::new();
        loop {
            // What a task brings begins before the task's siblings do: they read other outputs under the same key.
            waiting.extend(self.arrived.drain(..).rev());
            let Some(next) = waiting.pop() else { return };
            self.loaded.steps.extend(next.read);
            self.build_input(next.task, next.payload);
        }
    }

    /// Builds the input from the step's template, judges it, and begins the task. Its token is there already.
    pub(crate) fn build_input(&mut self, task: Task, arrived: Option<Payload>) {
        let Some(mut task) = self.recall(task) else { return };
        let graph = self.graph;
        let node = graph.node(task.step);
        let mut input = arrived;
        if !node.step.input_template_json.is_empty() {
            let none = Payload::none();
            let scope = self.scope(input.as_ref().unwrap_or(&none), None, &task.item_path, &node.step.config_json);
            match self.cx.evaluate.template(&node.step.input_template_json, &scope) {
                Ok(built) => {
                    task.input = Some(self.store(built.clone()));
                    input = Some(built);
                }
                Err(error) => {
                    let failure = Failure::engine(
                        FailureKind::NonRetryable,
                        error.code,
                        format!("input of `{}`: {}", node.step.step_key, error.message),
                    );
                    // What a join gathered is recorded when its template fails: what takes the failure is shown it, and in a later
                    // job again.
                    input = input.filter(|arrived| arrived.bytes().len() <= limits::PAYLOAD_BYTES_MAX);
                    task.input = task.input.or_else(|| input.clone().map(|arrived| self.store(arrived)));
                    return self.end_failed(task, Vec::new(), failure, input);
                }
            }
        }
        self.judge_and_begin(task, input);
    }

    /// Judges an input that is there, and begins the task.
    pub(crate) fn judge_and_begin(&mut self, task: Task, input: Option<Payload>) {
        let node = self.graph.node(task.step);
        let (verdicts, violation) = policy::judge(self.cx.evaluate, &node.input_policies, "input", input.as_ref());
        if let Some(failure) = violation {
            return self.end_failed(task, verdicts, failure, input);
        }
        self.begin(task, input);
    }

    /// A task with its input goes where its step's kind says.
    pub(crate) fn begin(&mut self, mut task: Task, input: Option<Payload>) {
        let graph = self.graph;
        let now = self.now();
        if self.job.state == JobState::Cancelling {
            self.leave(task.step);
            return self.end_task(task, TaskState::Cancelled, Vec::new(), Vec::new(), None);
        }
        if self.job.state == JobState::Pending {
            let place = Place::Parked { reason: WaitReason::Delayed, due: self.job.start_after };
            return self.facts.push(Fact::TaskPlaced(Box::new(task), place));
        }
        let paused = self.job.state == JobState::Paused;
        let run = &graph.node(task.step).step.run;
        let place = match run {
            Run::Condition => return self.pass_on(task, input),
            _ if paused => Place::Parked { reason: WaitReason::Paused, due: None },
            Run::Function(_) => Place::Queue,
            Run::Wait(pause) => {
                task.start_time = Some(now);
                Place::Parked { reason: WaitReason::Delayed, due: Some(now.after(*pause)) }
            }
            Run::SubPlan { resolved, .. } => {
                task.start_time = Some(now);
                let version = resolved.expect("publish resolves every sub-plan");
                let inside = self.inside(task.id);
                self.follow_ups.push(FollowUp::StartChild { task: Box::new(task.clone()), version, inside });
                Place::Parked { reason: WaitReason::SubPlan, due: None }
            }
        };
        self.facts.push(Fact::TaskPlaced(Box::new(task), place));
    }

    /// A native step ends as soon as it has begun or waited: what came in goes on.
    pub(crate) fn pass_on(&mut self, mut task: Task, input: Option<Payload>) {
        task.start_time = task.start_time.or(Some(self.now()));
        let Some(artifact) = task.input else {
            let failure =
                Failure::engine(FailureKind::Protocol, "INPUT_MISSING", "a native step has no input to pass on");
            return self.end_failed(task, Vec::new(), failure, input);
        };
        let (verdicts, violation) = complete::judge(self, &task, input.as_ref(), &Output::None);
        if let Some(failure) = violation {
            return self.end_failed(task, verdicts, failure, input);
        }
        let flowing = [Flowing {
            artifact,
            payload: input.clone(),
            item_path: task.item_path.clone(),
            aggregate: task.aggregate.clone(),
        }];
        match self.route(&task, input.as_ref(), &flowing) {
            Err(error) => {
                let failure = Failure::engine(FailureKind::NonRetryable, error.code, error.message);
                self.end_failed(task, verdicts, failure, input);
            }
            Ok(routes) => {
                self.follow(&task, &flowing, &routes);
                self.leave(task.step);
                self.end_task(task, TaskState::Succeeded, vec![artifact], verdicts, None);
            }
        }
    }
}
