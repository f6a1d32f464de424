//! Applies a decision as the store does: facts by kind, what was taken before what is placed. Doubts each fact.

use super::world::{Live, Spot, World};
use esteira_engine::{Command, Context, Decision, FollowUp, Refusal, decide};
use esteira_model::{
    Attempt, Carried, EndedTask, Fact, Job, JobId, JobState, Payload, Place, Run, Task, TaskId, TaskState, WaitReason,
};
use std::collections::BTreeSet;

impl World {
    /// One decision. It is decided twice: the engine is a function of what it is given.
    pub fn decide_and_apply(&mut self, id: JobId, command: Command) -> Result<Decision, Refusal> {
        let job = self.job(id).clone();
        let loaded = self.load(id, &command);
        let compiled = self.compiled(id);
        let seen = self.pairs(&command);
        let evaluate = self.evaluate.clone();
        let decide_with = |ids: &mut super::Ids| {
            let mut cx = Context { now: self.now, entropy: ids, evaluate: &*evaluate };
            decide(&compiled.graph, &job, command.clone(), loaded.clone(), &mut cx)
        };
        let again = decide_with(&mut self.ids.clone());
        let decision = decide_with(&mut self.ids);
        assert_eq!(decision, again, "the same command decides the same");
        let decision = decision?;
        assert!(!job.state.is_terminal(), "terminal states absorb (I4)");
        self.seen.extend(seen);
        self.doubt_job(&job, &decision);
        let cancelling = job.state == JobState::Cancelling;
        self.jobs.insert(id, Job { revision: job.revision + i64::from(decision.job_changed), ..decision.job.clone() });
        self.apply_facts(&decision, cancelling);
        if let Command::Retry(failed) = &command {
            assert!(self.failed.remove(&failed.task.id), "only a failed task without a taker is tried again");
        }
        self.doubt_end(&job, &decision);
        Ok(decision)
    }

    /// What never changes did not change, and the flag tells the truth.
    fn doubt_job(&self, before: &Job, decision: &Decision) {
        let after = &decision.job;
        assert_eq!(decision.job_changed, after != before, "job_changed tells the truth");
        let fixed = Job {
            state: before.state,
            flow: before.flow.clone(),
            start_time: before.start_time,
            end_time: before.end_time,
            cancel_time: before.cancel_time,
            failure: before.failure.clone(),
            note: before.note.clone(),
            ..after.clone()
        };
        assert_eq!(&fixed, before, "the immutable part of a job does not change");
        assert!(after.start_time.is_none() || before.start_time.is_none() || after.start_time == before.start_time);
        assert!(after.cancel_time.is_none() || before.cancel_time.is_none() || after.cancel_time == before.cancel_time);
        for (was, is) in before.flow.joins.iter().zip(&after.flow.joins) {
            assert!(is.fired >= was.fired, "a join stays fired");
        }
    }

    fn apply_facts(&mut self, decision: &Decision, cancelling: bool) {
        let mut facts: Vec<&Fact> = decision.facts.iter().collect();
        facts.sort_by_key(|fact| match fact {
            Fact::ArtifactStored(_) => 0,
            Fact::TaskTaken(..) => 1,
            Fact::TaskPlaced(..) => 2,
            Fact::AttemptEnded(_) => 3,
            Fact::TaskEnded(_) => 4,
            Fact::TaskCarried(_) => 5,
            Fact::Arrived(_) => 6,
            Fact::Emitted(_) => 7,
        });
        let job = &decision.job;
        let mut taken: Vec<(TaskId, Live)> = Vec::new();
        let mut placed = BTreeSet::new();
        for fact in facts {
            match fact {
                Fact::ArtifactStored(artifact) => {
                    assert_eq!(
                        (artifact.job, artifact.data_class),
                        (job.id, job.data_class),
                        "the label is on all (I21)"
                    );
                    assert!(
                        self.artifacts.insert(artifact.id, artifact.payload.clone()).is_none(),
                        "an artifact id is new"
                    );
                }
                Fact::TaskTaken(of, id) => {
                    assert_eq!(*of, job.id);
                    let live = self.live.remove(id).unwrap_or_else(|| panic!("{id} was taken but is not live"));
                    taken.push((*id, live));
                }
                Fact::TaskPlaced(task, place) => {
                    assert!(placed.insert(task.id), "a task is placed once in a decision");
                    let was = taken.iter().find(|(id, _)| *id == task.id).map(|(_, live)| live.clone());
                    self.put(job, task, place, was);
                }
                Fact::AttemptEnded(attempt) => self.end_attempt(attempt),
                Fact::TaskEnded(ended) => {
                    assert!(!placed.contains(&ended.task.id), "what ended is not placed in the same decision");
                    let was = taken.iter().find(|(id, _)| *id == ended.task.id).map(|(_, live)| live.clone());
                    self.end_task(job, ended, was, cancelling);
                }
                Fact::TaskCarried(carried) => self.carry(job, carried),
                Fact::Arrived(arrival) => {
                    let node =
                        self.compiled(job.id).graph.node(arrival.join_step).join.expect("data waits at joins only");
                    assert!(self.artifacts.contains_key(&arrival.artifact));
                    assert!(
                        self.jobs[&job.id].flow.joins[node].waiting.is_some()
                            || decision_fires(decision, arrival.join_step)
                            || self.jobs[&job.id].flow.joins[node].fired
                            || job.end_time.is_some()
                    );
                    assert!(!self.arrivals.contains(arrival), "an output arrives once at a join");
                    self.arrivals.push(arrival.clone());
                }
                Fact::Emitted(message) => {
                    assert_eq!((message.job, &message.account), (job.id, &job.account));
                    assert!(self.outbox.iter().all(|other| other.sequence < message.sequence), "sequences rise");
                    self.outbox.push((**message).clone());
                }
            }
        }
        for (id, _) in taken {
            assert!(placed.contains(&id) || self.ended.contains_key(&id), "what was taken went somewhere: {id}");
        }
    }

    /// What stands for a task of another job has that task's data, and nothing of its own.
    fn carry(&mut self, job: &Job, carried: &Carried) {
        assert_eq!(carried.job, job.id);
        let (ended, executed) = (self.ended[&carried.task].clone(), &self.ended[&carried.from_task]);
        assert_eq!(executed.task.job, carried.from_job);
        assert!(!self.carried.contains_key(&carried.from_task), "it names the task that was executed");
        assert_eq!(
            (&ended.outputs, ended.task.input, ended.state),
            (&executed.outputs, executed.task.input, executed.state)
        );
        assert_eq!((ended.task.attempts, ended.task.start_time), (0, None), "nothing of it began here");
        if self.compiled(job.id).graph.node(ended.task.step).join.is_some() {
            // One whose template had no value has none.
            let input = ended.task.input.map_or_else(Payload::none, |input| self.artifacts[&input].clone());
            assert!(self.gathered.insert(ended.task.id, input).is_none(), "a join fires once");
        }
        assert!(self.carried.insert(carried.task, (carried.from_job, carried.from_task)).is_none());
    }

    fn put(&mut self, job: &Job, task: &Task, place: &Place, was: Option<Live>) {
        assert_eq!(task.job, job.id);
        assert!(!self.ended.contains_key(&task.id), "an ended task never comes back");
        assert!(!self.live.contains_key(&task.id), "no task is in two places");
        if let Some(was) = &was {
            assert_eq!(
                (task.step, &task.item_path, task.parent),
                (was.task.step, &was.task.item_path, was.task.parent)
            );
            assert_eq!((task.fence, task.create_time), (was.task.fence, was.task.create_time), "fence and age stay");
            assert!(task.failures >= was.task.failures && task.expiries >= was.task.expiries, "counts only rise");
            assert!(was.task.start_time.is_none() || task.start_time == was.task.start_time);
        } else {
            assert_eq!((task.attempts, task.fence, task.failures, task.expiries), (0, 0, 0, 0), "a new task is new");
            assert_eq!(task.create_time, self.now);
        }
        let node_run = self.compiled(job.id).graph.node(task.step).step.run.clone();
        let spot = match place {
            Place::Queue => {
                assert!(matches!(node_run, Run::Function(_)), "only functions wait for workers");
                assert_eq!(job.state, JobState::Running, "nothing becomes ready in a job that is {}", job.state);
                assert!(task.input.is_some(), "what is ready has an input");
                Spot::Queued
            }
            Place::Parked { reason, due } => {
                let by_time = matches!(reason, WaitReason::Delayed | WaitReason::RetryBackoff);
                assert_eq!(due.is_some(), by_time, "a time is what {reason} waits for, or not");
                assert_ne!(job.state, JobState::Cancelling, "nothing new waits in a job that is being cancelled");
                assert!(*reason != WaitReason::Paused || job.state == JobState::Paused);
                Spot::Parked(*reason, *due)
            }
        };
        self.live.insert(task.id, Live { task: task.clone(), spot });
    }

    fn end_attempt(&mut self, attempt: &Attempt) {
        assert!(
            attempt.number > 0 && attempt.start_time <= attempt.end_time && attempt.end_time == self.now,
            "INV-DATES"
        );
        assert!(attempt.fence > 0);
        let same = |other: &&Attempt| other.task == attempt.task && other.number == attempt.number;
        assert!(self.attempts.iter().find(same).is_none(), "attempt {} is recorded twice", attempt.number);
        self.attempts.push(attempt.clone());
    }

    fn end_task(&mut self, job: &Job, ended: &EndedTask, was: Option<Live>, cancelling: bool) {
        let task = &ended.task;
        let states = [TaskState::Succeeded, TaskState::Failed, TaskState::Cancelled, TaskState::Skipped];
        assert!(states.contains(&ended.state));
        assert_eq!(ended.end_time, self.now, "INV-DATES");
        assert!(task.create_time <= ended.end_time && task.start_time.is_none_or(|time| time <= ended.end_time));
        assert!(ended.failure.is_none() || ended.state != TaskState::Succeeded, "a success has no failure");
        assert!(ended.state != TaskState::Failed || ended.failure.is_some(), "a failure has a reason");
        assert!(ended.outputs.iter().all(|output| self.artifacts.contains_key(output)));
        if let Some(was) = &was {
            let released = task.attempts + 1 == was.task.attempts;
            assert!(task.fence == was.task.fence && (released || task.attempts >= was.task.attempts));
            let leased = matches!(was.spot, Spot::Leased(_)) && !released;
            assert!(!leased || task.start_time.is_some(), "what a worker had has started");
        }
        assert!(!self.live.contains_key(&task.id), "what ended is not live");
        assert!(self.ended.insert(task.id, ended.clone()).is_none(), "a task ends once");
        let taken_over = self.compiled(job.id).graph.node(task.step).on_failure.is_some() && !cancelling;
        if ended.state == TaskState::Failed && !taken_over {
            self.failed.insert(task.id);
        }
    }

    /// Everything of a terminal state is there with it, and only then.
    fn doubt_end(&self, before: &Job, decision: &Decision) {
        let job = &decision.job;
        let tells =
            decision.follow_ups.iter().filter(|follow_up| matches!(follow_up, FollowUp::TellParent { .. })).count();
        let ended = job.state.is_terminal();
        assert_eq!(job.end_time, ended.then_some(self.now), "INV-DATES");
        assert_eq!(tells, usize::from(ended && before.lineage.parent.is_some()), "a parent is told, once");
        if ended {
            assert!(self.live_of(job.id).is_empty(), "a terminal job has no live tasks");
            assert_eq!(job.failure.is_none(), job.state == JobState::Succeeded, "why it ended");
        }
    }
}

fn decision_fires(decision: &Decision, join_step: u16) -> bool {
    decision
        .follow_ups
        .iter()
        .any(|follow_up| matches!(follow_up, FollowUp::GatherJoin { step, .. } if *step == join_step))
}
