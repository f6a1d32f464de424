//! The loop of a run: what follows at once, then what is ready, then what waits for a time.

use crate::model::{
    Trace, TracedTask,
    runner::{
        RunError, Runner, Start,
        compiled::{Compiled, Library, ROOT},
        entropy::StdEntropy,
        memory::{Held, Memory},
    },
};
use esteira_engine::{
    ChildOutcome, Command, Context, Decision, Entropy, FollowUp, Graph, Loaded, Needs, Product, decide,
};
use esteira_model::{
    AccountId, ArtifactId, Failure, FailureKind, Flow, Job, JobId, JobState, Lineage, LineageKind, PlanVersionId, Task,
    TaskId, limits,
};
use std::{collections::VecDeque, sync::Arc};

/// What follows at once.
enum Act {
    Start(JobId),
    Gather { job: JobId, task: TaskId, step: u16 },
    ChildEnded { task: TaskId },
}

/// One run.
pub(crate) struct Drive<'r> {
    pub(super) runner: &'r Runner,
    library: Library,
    pub(super) memory: Memory,
    entropy: StdEntropy,
    acts: VecDeque<Act>,
}

impl<'r> Drive<'r> {
    pub(crate) fn new(runner: &'r Runner, library: Library) -> Self {
        let entropy = StdEntropy::new(!runner.pace.is_skipping());
        Self { runner, library, memory: Memory::default(), entropy, acts: VecDeque::new() }
    }

    pub(crate) async fn run(mut self, start: Start) -> Result<Trace, RunError> {
        let root = self.begin(start)?;
        loop {
            if let Some(act) = self.acts.pop_front() {
                self.act(act)?;
            } else if let Some(task) = self.memory.next_ready() {
                self.attempt(task).await?;
            } else if let Some((task, reason, due)) = self.memory.next_due() {
                self.runner.pace.wait_until(due).await;
                let node_needs = |graph: &Graph| {
                    let node = graph.node(task.step);
                    both(&node.begin_needs, &node.end_needs)
                };
                let loaded = self.load(&task, node_needs)?;
                self.decide(task.job, Command::Due(task, reason), loaded)?;
            } else {
                break;
            }
        }
        let job = self.held(root)?.job;
        if !job.state.is_terminal() {
            return Err(RunError::Stuck(format!("the job is {} and nothing can happen", job.state)));
        }
        Ok(self.trace(job))
    }

    fn begin(&mut self, start: Start) -> Result<JobId, RunError> {
        let now = self.runner.pace.now();
        self.entropy.set_now(now);
        let (id, input) = (JobId(self.entropy.uuid()), self.entropy.artifact());
        self.memory.artifacts.insert(input, start.packet.data);
        let job = Job {
            id,
            account: AccountId::new(&start.packet.actor.account_id),
            plan_version: ROOT,
            data_class: start.data_class,
            actor: Arc::new(start.packet.actor),
            headers: Arc::new(start.packet.headers),
            labels: Arc::new(start.labels),
            aggregate: start.packet.aggregate,
            input,
            priority: 0,
            lineage: Lineage { kind: LineageKind::Direct, root: id, parent: None, depth: 0, source: None },
            create_time: now,
            start_after: None,
            deadline: None,
            provenance: Default::default(),
            state: JobState::Pending,
            flow: Flow::default(),
            start_time: None,
            end_time: None,
            cancel_time: None,
            failure: None,
            note: String::new(),
            end_leaf_at: None,
            revision: 1,
        };
        self.hold(job)?;
        Ok(id)
    }

    fn hold(&mut self, job: Job) -> Result<(), RunError> {
        let compiled = self.library.version(job.plan_version)?;
        self.acts.push_back(Act::Start(job.id));
        self.memory.jobs.insert(job.id, Held { job, compiled });
        Ok(())
    }

    pub(super) fn held(&self, job: JobId) -> Result<Held, RunError> {
        self.memory.jobs.get(&job).cloned().ok_or_else(|| RunError::Stuck(format!("there is no job {job}")))
    }

    pub(super) fn load(&self, task: &Task, needs: impl Fn(&Graph) -> Needs) -> Result<Loaded, RunError> {
        let Held { job, compiled } = self.held(task.job)?;
        Ok(self.memory.load(&compiled.graph, &job, task, &needs(&compiled.graph)))
    }

    /// Decides one command and keeps what it changes.
    pub(super) fn decide(&mut self, job: JobId, command: Command, loaded: Loaded) -> Result<(), RunError> {
        let Held { job, compiled } = self.held(job)?;
        let now = self.runner.pace.now();
        self.entropy.set_now(now);
        let mut context = Context { now, entropy: &mut self.entropy, evaluate: &*self.runner.evaluate };
        let decision = decide(&compiled.graph, &job, command, loaded, &mut context)
            .map_err(|refusal| RunError::Stuck(format!("{refusal:?}")))?;
        self.keep(decision, compiled)
    }

    fn keep(&mut self, decision: Decision, compiled: Arc<Compiled>) -> Result<(), RunError> {
        let id = decision.job.id;
        self.memory.jobs.insert(id, Held { job: decision.job.clone(), compiled });
        decision.facts.into_iter().for_each(|fact| self.memory.write(fact));
        for follow_up in decision.follow_ups {
            match follow_up {
                FollowUp::StartChild { task, version, .. } => self.start_child(&decision.job, *task, version)?,
                FollowUp::TellParent { task, .. } => self.acts.push_back(Act::ChildEnded { task }),
                FollowUp::GatherJoin { task, step } => self.acts.push_back(Act::Gather { job: id, task, step }),
                // Only an operator or a deadline calls for it, and there is neither here.
                FollowUp::ControlChild { .. } => {}
            }
        }
        Ok(())
    }

    fn act(&mut self, act: Act) -> Result<(), RunError> {
        match act {
            Act::Start(id) => {
                let input = self.memory.payload(self.held(id)?.job.input).cloned();
                self.decide(id, Command::Start, Loaded { input: input.clone(), job_input: input, ..Loaded::default() })
            }
            Act::Gather { job, task, step } => {
                let task = self.live(task)?;
                let loaded = self.load(&task, |graph| graph.node(step).begin_needs.clone())?;
                let arrived = self.memory.gather(job, step);
                self.decide(job, Command::Gather(task, arrived), loaded)
            }
            Act::ChildEnded { task } => self.child_ended(task),
        }
    }

    fn live(&self, id: TaskId) -> Result<Task, RunError> {
        self.memory.live(id).cloned().ok_or_else(|| RunError::Stuck(format!("there is no live task {id}")))
    }

    /// A sub-plan is a child job; its id is the id of the task that waits for it.
    fn start_child(&mut self, parent: &Job, task: Task, version: PlanVersionId) -> Result<(), RunError> {
        let depth = parent.lineage.depth + 1;
        if depth as usize > limits::SUB_PLAN_DEPTH_MAX {
            return Err(RunError::TooDeep);
        }
        self.hold(Job {
            id: JobId(task.id.0),
            plan_version: version,
            aggregate: task.aggregate,
            input: task.input.unwrap_or(parent.input),
            lineage: Lineage {
                kind: LineageKind::SubPlan,
                root: parent.lineage.root,
                parent: Some((parent.id, task.id)),
                depth,
                source: None,
            },
            create_time: self.runner.pace.now(),
            state: JobState::Pending,
            flow: Flow::default(),
            start_time: None,
            end_time: None,
            failure: None,
            note: String::new(),
            revision: 1,
            ..parent.clone()
        })
    }

    fn child_ended(&mut self, task: TaskId) -> Result<(), RunError> {
        let child = self.held(JobId(task.0))?.job;
        let task = self.live(task)?;
        let outcome = if child.state == JobState::Succeeded {
            let stored = |id: ArtifactId| Product::Stored(id, self.memory.payload(id).cloned());
            ChildOutcome::Succeeded(self.memory.results(child.id).into_iter().map(stored).collect())
        } else {
            let stopped = || {
                Failure::engine(
                    FailureKind::Cancelled,
                    "CHILD_STOPPED",
                    format!("the child job ended as {}", child.state),
                )
            };
            ChildOutcome::Failed(child.failure.clone().unwrap_or_else(stopped))
        };
        let loaded = self.load(&task, |graph| graph.node(task.step).end_needs.clone())?;
        self.decide(task.job, Command::ChildEnded(task, outcome), loaded)
    }

    fn trace(self, job: Job) -> Trace {
        let payloads = |ids: &[ArtifactId]| ids.iter().filter_map(|id| self.memory.payload(*id).cloned()).collect();
        let traced = self.memory.order.iter().filter_map(|id| self.memory.ended.get(id)).filter_map(|ended| {
            let compiled = &self.memory.jobs.get(&ended.task.job)?.compiled;
            Some(TracedTask {
                plan_name: compiled.name.clone(),
                step_key: compiled.graph.node(ended.task.step).step.step_key.clone(),
                item_path: ended.task.item_path.clone(),
                attempts: ended.task.attempts,
                state: ended.state,
                input: ended.task.input.and_then(|id| self.memory.payload(id).cloned()),
                outputs: payloads(&ended.outputs),
                verdicts: ended.verdicts.clone(),
                failure: ended.failure.clone(),
            })
        });
        let tasks = traced.collect();
        let results =
            if job.state == JobState::Succeeded { payloads(&self.memory.results(job.id)) } else { Vec::new() };
        Trace { job: job.id, state: job.state, failure: job.failure, tasks, results, messages: self.memory.messages }
    }
}

fn both(a: &Needs, b: &Needs) -> Needs {
    Needs {
        input: a.input || b.input,
        job_input: a.job_input || b.job_input,
        steps: a.steps.union(&b.steps).copied().collect(),
    }
}
