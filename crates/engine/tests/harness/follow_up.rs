//! Does what must follow a decision, in the same transaction.

use super::world::World;
use esteira_engine::{ChildOutcome, Command, FollowUp, Product, Refusal, Reprocess};
use esteira_model::{Failure, FailureKind, JobAction, JobId, JobState, Lineage, LineageKind, Payload, Task, TaskId};
use std::collections::VecDeque;

impl World {
    pub fn follow_all(&mut self, job: JobId, first: Vec<FollowUp>) {
        let mut open: VecDeque<(JobId, FollowUp)> = first.into_iter().map(|follow_up| (job, follow_up)).collect();
        while let Some((job, follow_up)) = open.pop_front() {
            let (of, command) = match follow_up {
                FollowUp::GatherJoin { task, step } => (job, self.gather(task, step)),
                FollowUp::StartChild { task, version, inside } => {
                    let child = self.add_child(&task, version);
                    match inside {
                        None => (child, Command::Start),
                        Some((source, point)) => {
                            let carry = self.carry_of(source, version, &point).expect("the child's plan is the same");
                            self.jobs.get_mut(&child).expect("it was added").lineage.source = Some(source);
                            (child, Command::Reprocess(Box::new(Reprocess { carry, input: None })))
                        }
                    }
                }
                FollowUp::TellParent { job: parent, task } => match self.tell(job, parent, task) {
                    Some(command) => (parent, command),
                    None => continue,
                },
                FollowUp::ControlChild { job: child, action, reason } => {
                    assert!(self.jobs.contains_key(&child), "a child that is controlled exists");
                    (child, Command::Control(action, reason, self.live_of(child)))
                }
            };
            match self.decide_and_apply(of, command) {
                Ok(decision) => open.extend(decision.follow_ups.into_iter().map(|follow_up| (of, follow_up))),
                Err(Refusal::JobTerminal | Refusal::NotNow(_)) => {}
                Err(refusal) => panic!("a follow-up was refused: {refusal:?}"),
            }
        }
    }

    /// The array of what arrived, by item path, then by step.
    fn gather(&mut self, id: TaskId, step: u16) -> Command {
        let task = self.live.get(&id).unwrap_or_else(|| panic!("join task {id} is not live")).task.clone();
        assert_eq!(task.step, step);
        let mut arrivals: Vec<_> =
            self.arrivals.iter().filter(|arrival| arrival.job == task.job && arrival.join_step == step).collect();
        arrivals.sort_by_key(|arrival| (arrival.item_path.to_bytes(), arrival.from_step));
        let texts: Vec<&str> =
            arrivals.iter().map(|a| self.artifacts[&a.artifact].as_json().unwrap_or("null")).collect();
        let payload = Payload::json(format!("[{}]", texts.join(",")));
        assert!(self.gathered.insert(id, payload.clone()).is_none(), "a join is gathered once");
        Command::Gather(task, payload)
    }

    fn add_child(&mut self, task: &Task, version: esteira_model::PlanVersionId) -> JobId {
        let id = JobId(task.id.0);
        let parent = self.job(task.job).clone();
        let depth = parent.lineage.depth + 1;
        let lineage = Lineage {
            kind: LineageKind::SubPlan,
            root: parent.lineage.root,
            parent: Some((parent.id, task.id)),
            depth,
            source: None,
        };
        let mut child = self.draft(id, version, task.input.expect("a sub-plan has an input"), lineage);
        child.aggregate = task.aggregate.clone();
        assert!(self.jobs.insert(id, child).is_none(), "a task starts one child job");
        id
    }

    /// What a parent's task is told; nothing when that ended meanwhile.
    fn tell(&self, child: JobId, parent: JobId, task: TaskId) -> Option<Command> {
        assert_eq!(child.0, task.0, "a child has the id of the task that waits for it");
        if self.job(parent).state.is_terminal() {
            return None;
        }
        let child = self.job(child);
        let outcome = match child.state {
            JobState::Succeeded => ChildOutcome::Succeeded(self.result_artifacts(child.id)),
            _ => ChildOutcome::Failed(child.failure.clone().expect("a job that did not succeed says why")),
        };
        Some(Command::ChildEnded(self.live[&task].task.clone(), outcome))
    }

    fn result_artifacts(&self, job: JobId) -> Vec<Product> {
        let of = |artifact: &_| Product::Stored(*artifact, Some(self.artifacts[artifact].clone()));
        self.leaves(job).into_iter().flat_map(|ended| &ended.outputs).map(of).collect()
    }

    /// An operator acts on the root job.
    pub fn control(&mut self, action: JobAction, reason: &str) -> Result<esteira_engine::Decision, Refusal> {
        self.command(self.root, Command::Control(action, reason.into(), self.live_of(self.root)))
    }

    /// A failure as a child job carries it.
    pub fn child_failure(code: &str) -> Failure {
        Failure::engine(FailureKind::NonRetryable, code, "child")
    }
}
