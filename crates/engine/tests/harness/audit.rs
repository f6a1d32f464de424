//! What must hold after each step, counted anew from the tasks.

use super::world::{Spot, World};
use esteira_model::{Job, JobState, TaskState, WaitReason};

impl World {
    pub fn audit(&self) {
        for job in self.jobs.values() {
            if job.state.is_terminal() {
                self.audit_terminal(job);
            } else {
                self.audit_running(job);
            }
        }
        for live in self.live.values() {
            assert!(!self.ended.contains_key(&live.task.id), "live or ended, not both");
            assert!(
                live.task.failures + live.task.expiries <= live.task.attempts,
                "each end of an attempt had a grant"
            );
            let leased = matches!(live.spot, Spot::Leased(_));
            assert!(!leased || live.task.fence > 0 && live.task.attempts > 0, "a lease has a fence");
        }
    }

    fn audit_terminal(&self, job: &Job) {
        assert!(job.end_time.is_some_and(|time| time >= job.create_time), "INV-DATES");
        assert!(!self.live.values().any(|live| live.task.job == job.id), "a terminal job has no live tasks");
        let ended = || self.ended.values().filter(|ended| ended.task.job == job.id);
        match job.state {
            JobState::Succeeded => {
                assert!(ended().all(|ended| ended.state != TaskState::Cancelled));
                assert!(
                    !ended().any(|ended| self.failed.contains(&ended.task.id)),
                    "a success leaves no failure behind"
                );
            }
            JobState::Failed => assert!(ended().any(|ended| self.failed.contains(&ended.task.id)), "some task failed"),
            _ => {}
        }
    }

    fn audit_running(&self, job: &Job) {
        let compiled = self.compiled(job.id);
        let live = || self.live.values().filter(|live| live.task.job == job.id);
        let failed: Vec<u16> = self
            .failed
            .iter()
            .map(|id| &self.ended[id].task)
            .filter(|task| task.job == job.id)
            .map(|t| t.step)
            .collect();
        let waits = |spot: &Spot| *spot == Spot::Parked(WaitReason::Join, None);
        let open = live().filter(|live| !waits(&live.spot)).count();
        assert_eq!(job.flow.open, open as u64, "open tokens, recounted");
        assert_eq!(job.flow.failed, failed.len() as u64, "failed tokens, recounted");
        assert!(open > 0, "a job that has not ended can go on");
        for (join, leads) in compiled.leads.iter().enumerate() {
            let (flow, step) = (&job.flow.joins[join], compiled.graph.joins[join]);
            let tokens = live().map(|live| live.task.step).chain(failed.iter().copied());
            let pending = tokens.filter(|step| leads.contains(step)).count();
            assert_eq!(flow.pending, pending as u64, "what leads to join {step}, recounted");
            let waiting: Vec<_> = live().filter(|live| live.task.step == step && waits(&live.spot)).collect();
            assert_eq!(waiting.len(), usize::from(flow.waiting.is_some()), "the task of join {step} waits");
            if let (Some(task), Some(flow)) = (waiting.first(), &flow.waiting) {
                let task = &task.task;
                assert_eq!((task.id, task.parent, task.create_time), (flow.task, Some(flow.parent), flow.create_time));
            }
            let is_another_try = |task: &esteira_model::Task| {
                let parent = task.parent.and_then(|parent| self.ended.get(&parent));
                parent.is_some_and(|parent| parent.task.step == step)
            };
            let of_join = |task: &esteira_model::Task| task.job == job.id && task.step == step;
            let gathered = self.gathered.keys().filter(|id| {
                let live = self.live.get(id).map(|live| &live.task);
                live.or_else(|| self.ended.get(id).map(|ended| &ended.task)).is_some_and(of_join)
            });
            let tasks = live().map(|live| &live.task).chain(self.ended.values().map(|ended| &ended.task));
            let is_given = |task: &&esteira_model::Task| task.input.is_some_and(|input| self.given.contains(&input));
            let given = tasks.filter(|task| of_join(task)).filter(is_given);
            // Taken over from another job, and failed here, where its routes could not be chosen: nothing was gathered for it.
            let unrouted = self.ended.values().filter(|ended| {
                let task = &ended.task;
                let stands_alone = !self.gathered.contains_key(&task.id) && !is_given(&task) && !is_another_try(task);
                of_join(task) && ended.state == TaskState::Failed && stands_alone
            });
            let fired = gathered.count() + given.count() + unrouted.count();
            assert_eq!(fired, usize::from(flow.fired), "join {step} fires once");
            assert!(!(flow.fired && flow.waiting.is_some()));
        }
        for live in live() {
            match (&live.spot, job.state) {
                (Spot::Queued, state) => assert_eq!(state, JobState::Running, "ready in a job that is {state}"),
                (Spot::Parked(WaitReason::Paused, _), state) => assert_eq!(state, JobState::Paused),
                (Spot::Parked(WaitReason::SubPlan, _), _) => {
                    let child = self.job(esteira_model::JobId(live.task.id.0));
                    assert!(!child.state.is_terminal(), "a parent waits for a child that runs");
                }
                (Spot::Parked(reason, _), JobState::Cancelling) => {
                    assert_eq!(*reason, WaitReason::Join, "nothing waits in a job that is being cancelled");
                }
                _ => {}
            }
        }
    }
}
