//! A transition while it is decided: the job's new state and the facts so far.
//!
//! Tokens: every live task is one token. `flow.open` counts those that can still progress by themselves, and each join counts the
//! tokens at steps that lead to it. A token that moves inside a branch changes no count, so a sequential step writes no job row.

use crate::{
    carry::Carrying,
    decide::{AttemptEnd, Decision, FollowUp, Loaded},
    graph::Graph,
    ports::{Context, ExpressionError, JobScope, Scope},
};
use esteira_model::{
    AggregateRef, Arrival, Artifact, ArtifactId, Attempt, EndedTask, Fact, Failure, FailureKind, ItemPath, Job,
    JobState, JoinFlow, Payload, Place, Task, TaskId, TaskState, Time, Verdict, WaitReason, WaitingJoin,
    limits::FAN_OUT_TASKS_MAX,
    seeded_bug::{self, Bug},
};
use std::{collections::BTreeSet, time::Duration};

/// Data on its way along an edge.
#[derive(Debug, Clone)]
pub(crate) struct Flowing {
    pub artifact: ArtifactId,
    /// There when an expression on the way needs it.
    pub payload: Option<Payload>,
    pub item_path: ItemPath,
    pub aggregate: Option<AggregateRef>,
}

/// A task that came to life and has not begun.
pub(crate) struct Arrived {
    pub task: Task,
    pub payload: Option<Payload>,
    /// Key and output of the step that it comes from, when expressions on the way read it.
    pub read: Option<(String, Payload)>,
}

pub(crate) struct Transition<'a, 'c> {
    pub graph: &'a Graph,
    before: &'a Job,
    pub job: Job,
    pub loaded: Loaded,
    pub cx: &'a mut Context<'c>,
    pub facts: Vec<Fact>,
    /// What arrived and has not begun: kept here, not on the stack, which a long chain of native steps would use up.
    pub arrived: Vec<Arrived>,
    pub follow_ups: Vec<FollowUp>,
    pub retry_in: Option<Duration>,
    /// What this start takes over from another job.
    pub carrying: Option<Carrying>,
    /// Tasks that routes of this transition lead to.
    routed: usize,
    job_id: String,
}

impl<'a, 'c> Transition<'a, 'c> {
    pub fn new(graph: &'a Graph, job: &'a Job, loaded: Loaded, cx: &'a mut Context<'c>) -> Self {
        let mut copy = job.clone();
        copy.flow.joins.resize(graph.joins.len(), JoinFlow::default());
        Self {
            graph,
            before: job,
            job: copy,
            loaded,
            cx,
            facts: Vec::new(),
            arrived: Vec::new(),
            follow_ups: Vec::new(),
            retry_in: None,
            carrying: None,
            routed: 0,
            job_id: job.id.to_string(),
        }
    }

    /// Begins what arrived, fires the joins that have all, ends the job when it is at rest, and hands the decision over.
    pub fn finish(mut self) -> Decision {
        self.begin_arrived();
        if self.job.state != JobState::Cancelling && !self.job.state.is_terminal() {
            self.fire_joins();
        }
        if self.job.flow.open == 0 && !self.job.state.is_terminal() {
            let state = match self.job.state {
                JobState::Cancelling => {
                    self.job.failure =
                        Some(Failure::engine(FailureKind::Cancelled, "CANCELLED", self.job.note.clone()));
                    JobState::Cancelled
                }
                _ if self.job.flow.failed > 0 => JobState::Failed,
                _ => JobState::Succeeded,
            };
            self.end_job(state);
        }
        let job_changed = self.job != *self.before;
        Decision { job: self.job, job_changed, facts: self.facts, follow_ups: self.follow_ups, retry_in: self.retry_in }
    }

    pub fn now(&self) -> Time {
        self.cx.now
    }

    // --- tokens --------------------------------------------------------------------------------------

    /// A token comes to life at a step.
    pub fn enter(&mut self, step: u16) {
        self.job.flow.open += 1;
        self.hold(step);
    }

    fn hold(&mut self, step: u16) {
        for &join in &self.graph.node(step).holds {
            self.job.flow.joins[join].pending += 1;
        }
    }

    /// A token comes to its end at a step.
    pub fn leave(&mut self, step: u16) {
        self.job.flow.open -= 1;
        for &join in &self.graph.node(step).holds {
            self.job.flow.joins[join].pending -= 1;
        }
    }

    /// Something reached a join, if only the news that nothing comes: its task waits from here on.
    pub fn reach_join(&mut self, join: usize, parent: &Task, aggregate: Option<&AggregateRef>) {
        let version = aggregate.map_or(0, |aggregate| aggregate.version);
        let flow = &mut self.job.flow.joins[join];
        if let Some(waiting) = &mut flow.waiting {
            waiting.aggregate_version = waiting.aggregate_version.max(version);
            return;
        }
        if flow.fired {
            return;
        }
        let step = self.graph.joins[join];
        let task = TaskId(self.cx.entropy.uuid());
        let waiting = WaitingJoin { task, parent: parent.id, create_time: self.now(), aggregate_version: version };
        self.job.flow.joins[join].waiting = Some(waiting);
        self.hold(step);
        let task = self.join_task(step, &waiting);
        self.facts.push(Fact::TaskPlaced(Box::new(task), Place::Parked { reason: WaitReason::Join, due: None }));
    }

    pub fn join_task(&self, step: u16, waiting: &WaitingJoin) -> Task {
        Task {
            id: waiting.task,
            job: self.job.id,
            step,
            item_path: ItemPath::default(),
            parent: Some(waiting.parent),
            input: None,
            aggregate: self
                .job
                .aggregate
                .clone()
                .map(|aggregate| AggregateRef { version: waiting.aggregate_version, ..aggregate }),
            attempts: 0,
            failures: 0,
            expiries: 0,
            fence: 0,
            checkpoint: None,
            create_time: waiting.create_time,
            start_time: None,
        }
    }

    fn fire_joins(&mut self) {
        for join in 0..self.job.flow.joins.len() {
            let flow = &mut self.job.flow.joins[join];
            if flow.pending > u64::from(seeded_bug::is(Bug::JoinEarly)) || flow.fired {
                continue;
            }
            // What it waited with stays until it is gathered, in the same transaction.
            if let Some(waiting) = flow.waiting {
                flow.fired = true;
                self.job.flow.open += 1;
                self.follow_ups.push(FollowUp::GatherJoin { task: waiting.task, step: self.graph.joins[join] });
            }
        }
    }

    // --- data on its way -----------------------------------------------------------------------------

    /// A payload that is stored with this transition.
    pub fn store(&mut self, payload: Payload) -> ArtifactId {
        let id = self.cx.entropy.artifact();
        self.facts.push(Fact::ArtifactStored(Artifact {
            id,
            job: self.job.id,
            data_class: self.job.data_class,
            payload,
        }));
        id
    }

    /// Which edges each piece of data takes; an error when a condition has no value, or when so much data takes so many
    /// edges that it would be beyond the limit: chains of steps that multiply have no other bound.
    pub fn route(
        &mut self,
        from: &Task,
        input: Option<&Payload>,
        flowing: &[Flowing],
    ) -> Result<Vec<Vec<u16>>, ExpressionError> {
        let graph = self.graph;
        let node = graph.node(from.step);
        let mut routes = Vec::with_capacity(flowing.len());
        for data in flowing {
            let mut taken = Vec::new();
            let mut chosen = false;
            for (place, edge) in node.edges.iter().enumerate() {
                // The edges of `depends_on` come after those of `next` and are nobody's choice.
                let choice = node.step.exclusive_next && place < node.step.next.len();
                if choice && chosen {
                    continue;
                }
                let holds = edge.condition.is_empty() || {
                    let none = Payload::none();
                    let scope = self.scope(
                        input.unwrap_or(&none),
                        data.payload.as_ref(),
                        &data.item_path,
                        &node.step.config_json,
                    );
                    self.cx.evaluate.condition(&edge.condition, &scope)?
                };
                if holds {
                    taken.push(edge.to);
                    chosen |= choice;
                }
            }
            self.routed += taken.len();
            routes.push(taken);
        }
        if self.routed > FAN_OUT_TASKS_MAX {
            let message = format!("one task's end would begin more than {FAN_OUT_TASKS_MAX} tasks");
            return Err(ExpressionError { code: "FAN_OUT_TOO_LARGE", message });
        }
        Ok(routes)
    }

    pub fn scope<'s>(
        &'s self,
        input: &'s Payload,
        output: Option<&'s Payload>,
        item_path: &'s ItemPath,
        config_json: &'s str,
    ) -> Scope<'s> {
        let job = JobScope {
            id: &self.job_id,
            input: self.loaded.job_input.as_ref(),
            labels: &self.job.labels,
            data_class: self.job.data_class.as_str(),
        };
        Scope { input, output, item_path: &item_path.0, steps: &self.loaded.steps, job, config_json }
    }

    /// Sends the outputs of an ended task on their routes. The ended task's own token is still there.
    pub fn follow(&mut self, from: &Task, flowing: &[Flowing], routes: &[Vec<u16>]) {
        let graph = self.graph;
        let node = graph.node(from.step);
        // What is carried over is not there to be looked up yet: whoever reads it further on gets it from here.
        let reads_itself = self.carrying.is_some()
            || node.edges.iter().any(|edge| graph.node(edge.to).begin_needs.steps.contains(&from.step));
        for (data, taken) in flowing.iter().zip(routes) {
            for &to in taken {
                let read = data
                    .payload
                    .clone()
                    .filter(|_| reads_itself)
                    .map(|payload| (node.step.step_key.to_string(), payload));
                self.arrive(from, to, data, read);
            }
            // Inside a fan-out a condition filters a collection: what follows knows that the collection went on, if only empty.
            if !data.item_path.0.is_empty() {
                for edge in node.edges.iter().filter(|edge| !taken.contains(&edge.to)) {
                    for &join in &graph.node(edge.to).next_joins {
                        self.reach_join(join, from, data.aggregate.as_ref());
                    }
                }
            }
        }
        if flowing.is_empty() {
            self.skip(from);
        }
    }

    /// A fan-out of no items (semantic point a): the steps that follow are skipped, a join gets `[]`.
    /// A step that several ways lead to is skipped once: there can be more ways than anyone could count.
    fn skip(&mut self, from: &Task) {
        let graph = self.graph;
        let mut seen = BTreeSet::new();
        let mut ways: Vec<(Task, u16)> =
            graph.node(from.step).edges.iter().rev().map(|edge| (from.clone(), edge.to)).collect();
        while let Some((from, step)) = ways.pop() {
            let node = graph.node(step);
            if let Some(join) = node.join {
                self.reach_join(join, &from, from.aggregate.as_ref());
            } else if seen.insert(step) {
                let task = self.new_task(&from, step, None, from.item_path.clone(), from.aggregate.clone());
                ways.extend(node.edges.iter().rev().map(|edge| (task.clone(), edge.to)));
                self.end_task(task, TaskState::Skipped, Vec::new(), Vec::new(), None);
            }
        }
    }

    /// Data arrives at a step: at a join it waits, elsewhere a task begins.
    pub fn arrive(&mut self, from: &Task, to: u16, data: &Flowing, read: Option<(String, Payload)>) {
        if let Some(join) = self.graph.node(to).join {
            self.reach_join(join, from, data.aggregate.as_ref());
            self.facts.push(Fact::Arrived(Arrival {
                job: self.job.id,
                join_step: to,
                item_path: data.item_path.clone(),
                from_step: from.step,
                from_task: from.id,
                artifact: data.artifact,
            }));
            return;
        }
        let task = self.new_task(from, to, Some(data.artifact), data.item_path.clone(), data.aggregate.clone());
        self.enter(to);
        self.arrived.push(Arrived { task, payload: data.payload.clone(), read });
    }

    fn new_task(
        &mut self,
        parent: &Task,
        step: u16,
        input: Option<ArtifactId>,
        item_path: ItemPath,
        aggregate: Option<AggregateRef>,
    ) -> Task {
        Task {
            id: TaskId(self.cx.entropy.uuid()),
            job: self.job.id,
            step,
            item_path,
            parent: Some(parent.id),
            input,
            aggregate,
            attempts: 0,
            failures: 0,
            expiries: 0,
            fence: 0,
            checkpoint: None,
            create_time: self.now(),
            start_time: None,
        }
    }

    // --- ends ----------------------------------------------------------------------------------------

    /// Records an attempt. A late report of an attempt that was recorded as lost gets the next number.
    pub fn end_attempt(&mut self, task: &Task, end: AttemptEnd, failure: Option<Failure>) {
        self.facts.push(Fact::AttemptEnded(Box::new(Attempt {
            job: self.job.id,
            task: task.id,
            number: task.attempts + u32::from(end.late),
            fence: task.fence,
            worker_id: end.granted.worker_id,
            function_version: end.granted.function_version,
            start_time: end.granted.grant_time,
            end_time: self.now(),
            worker_start_time: end.worker_start_time,
            worker_end_time: end.worker_end_time,
            failure,
            usage: end.usage,
            report_digest: end.report_digest,
            leaf_at: None,
        })));
    }

    /// Records the end of a task that was live in the store.
    pub fn end_task(
        &mut self,
        task: Task,
        state: TaskState,
        outputs: Vec<ArtifactId>,
        verdicts: Vec<Verdict>,
        failure: Option<Failure>,
    ) {
        let leaf = state == TaskState::Succeeded && self.graph.node(task.step).edges.is_empty();
        self.facts.push(Fact::TaskEnded(Box::new(EndedTask {
            end_time: self.now(),
            state,
            outputs,
            leaf,
            verdicts,
            failure,
            task,
        })));
    }

    /// Ends the job in the transaction that ends its last task (INV-DATES); joins that still wait can no longer fire.
    pub fn end_job(&mut self, state: JobState) {
        let ended = if state == JobState::Failed { TaskState::Skipped } else { TaskState::Cancelled };
        for join in 0..self.job.flow.joins.len() {
            if let Some(waiting) = self.job.flow.joins[join].waiting.take() {
                let task = self.join_task(self.graph.joins[join], &waiting);
                self.take_waiting(task.id);
                self.end_task(task, ended, Vec::new(), Vec::new(), None);
            }
        }
        self.job.state = state;
        self.job.end_time = Some(self.now());
        if let Some((job, task)) = self.job.lineage.parent {
            self.follow_ups.push(FollowUp::TellParent { job, task });
        }
    }

    /// Takes a waiting join. One that this very decision reached is not in the store: what is taken is written before what
    /// is placed, so it is not placed at all.
    pub fn take_waiting(&mut self, id: TaskId) {
        match self.facts.iter().position(|fact| matches!(fact, Fact::TaskPlaced(task, _) if task.id == id)) {
            Some(placed) => drop(self.facts.remove(placed)),
            None => self.facts.push(Fact::TaskTaken(self.job.id, id)),
        }
    }
}
