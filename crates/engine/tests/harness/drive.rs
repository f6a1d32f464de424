//! Plays the dispatcher, the workers and the clock. Tasks are named like `b`, or `b[1.0]` for an item.

use super::{
    many, nothing, one,
    world::{Spot, World},
};
use esteira_engine::{AttemptEnd, Command, Completion, Decision, Granted, Refusal};
use esteira_model::{
    Failure, FailureKind, OutputType, Payload, Task, TaskId, TaskState, Time, Usage, Verdict, WaitReason,
};
use std::time::Duration;

impl World {
    // --- names ---------------------------------------------------------------------------------------

    /// `b`, or `b[1.0]` for an item.
    pub fn name(&self, task: &Task) -> String {
        let key = self.compiled(task.job).graph.node(task.step).step.step_key.clone();
        if task.item_path.0.is_empty() { key.to_string() } else { format!("{key}[{}]", task.item_path) }
    }

    /// The live task of this name; there is exactly one, or the test is wrong.
    pub fn find(&self, name: &str) -> TaskId {
        let found = self.find_all(name);
        assert_eq!(found.len(), 1, "live tasks named {name} among {:?}", self.live_names());
        found[0]
    }

    /// Live tasks of this name, oldest first.
    pub fn find_all(&self, name: &str) -> Vec<TaskId> {
        self.live.values().filter(|live| self.name(&live.task) == name).map(|live| live.task.id).collect()
    }

    pub fn live_names(&self) -> Vec<String> {
        self.live.values().map(|live| self.name(&live.task)).collect()
    }

    /// Where the live task of this name is: `QUEUE`, `LEASE` or what it waits for.
    pub fn place(&self, name: &str) -> &'static str {
        match &self.live[&self.find(name)].spot {
            Spot::Queued => "QUEUE",
            Spot::Leased(_) => "LEASE",
            Spot::Parked(reason, _) => reason.as_str(),
        }
    }

    pub fn task(&self, name: &str) -> &Task {
        &self.live[&self.find(name)].task
    }

    /// The text that a task of this name has as its input, live or ended.
    pub fn input(&self, name: &str) -> &str {
        let live = self.live.values().map(|live| &live.task);
        let mut all = live.chain(self.ended.values().map(|ended| &ended.task));
        let task = all.find(|task| self.name(task) == name).unwrap_or_else(|| panic!("no task {name}"));
        self.artifacts[&task.input.expect("it has an input")].as_json().expect("it is JSON")
    }

    // --- workers -------------------------------------------------------------------------------------

    /// Grants a ready task to a worker, as the dispatcher does.
    pub fn lease(&mut self, id: TaskId) {
        self.fence += 1;
        self.lost.remove(&id);
        let live = self.live.get_mut(&id).unwrap_or_else(|| panic!("{id} is not live"));
        assert_eq!(live.spot, Spot::Queued, "only what is ready is granted");
        live.task.fence = self.fence;
        live.task.attempts += 1;
        let granted = Granted { worker_id: "w".into(), function_version: "1".into(), grant_time: self.now };
        live.spot = Spot::Leased(granted);
        self.audit();
    }

    /// The end of an attempt: of the lease that the task has, or late, of the one that it lost.
    pub fn attempt_end(&self, id: TaskId) -> AttemptEnd {
        let (granted, late) = match &self.live[&id].spot {
            Spot::Leased(granted) => (granted.clone(), false),
            _ => (self.lost.get(&id).unwrap_or_else(|| panic!("{id} never lost a lease")).clone(), true),
        };
        AttemptEnd {
            granted,
            worker_start_time: None,
            worker_end_time: None,
            usage: Usage::default(),
            report_digest: [7; 16],
            late,
        }
    }

    pub fn complete(&mut self, id: TaskId, completion: Completion) -> Result<Decision, Refusal> {
        let (task, end) = (self.live[&id].task.clone(), self.attempt_end(id));
        self.command(task.job, Command::Complete(task, end, completion))
    }

    pub fn fail_with(&mut self, id: TaskId, failure: Failure, saved: Option<&str>) -> Decision {
        let (task, end) = (self.live[&id].task.clone(), self.attempt_end(id));
        let command = Command::Fail(task.clone(), end, failure, saved.map(Payload::json));
        self.command(task.job, command).expect("a failure is taken")
    }

    pub fn expire_lease(&mut self, id: TaskId) -> Decision {
        self.lose(id, Command::Expire)
    }

    fn lose(&mut self, id: TaskId, command: fn(Task, AttemptEnd) -> Command) -> Decision {
        let (task, end) = (self.live[&id].task.clone(), self.attempt_end(id));
        assert!(!end.late, "only a lease that is there is lost");
        self.lost.insert(id, end.granted.clone());
        let end = AttemptEnd { report_digest: [0; 16], ..end };
        self.command(task.job, command(task, end)).expect("a lost lease is taken")
    }

    pub fn time_out_lease(&mut self, id: TaskId) -> Decision {
        self.lose(id, Command::TimeOut)
    }

    /// Grants the task of this name unless a worker has it (or its late report may still come).
    fn granted(&mut self, name: &str) -> TaskId {
        let id = self.find(name);
        if self.live[&id].spot == Spot::Queued {
            self.lease(id);
        }
        id
    }

    /// A worker runs the task of this name and succeeds.
    pub fn done(&mut self, name: &str, completion: Completion) -> Decision {
        let id = self.granted(name);
        self.complete(id, completion).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"))
    }

    /// A worker runs the task of this name and fails.
    pub fn fail(&mut self, name: &str, failure: Failure) -> Decision {
        let id = self.granted(name);
        self.fail_with(id, failure, None)
    }

    /// A worker takes the task of this name and is never heard of again.
    pub fn expire(&mut self, name: &str) -> Decision {
        let id = self.granted(name);
        self.expire_lease(id)
    }

    /// A worker runs the task of this name for too long.
    pub fn time_out(&mut self, name: &str) -> Decision {
        let id = self.granted(name);
        self.time_out_lease(id)
    }

    /// A worker takes the task of this name and hands it back.
    pub fn release(&mut self, name: &str) -> Decision {
        let id = self.granted(name);
        let task = self.live[&id].task.clone();
        self.command(task.job, Command::Release(task)).expect("a release is taken")
    }

    /// The report of a lease that the task of this name lost: a success.
    pub fn late_done(&mut self, name: &str, completion: Completion) -> Decision {
        let id = self.find(name);
        self.complete(id, completion).expect("a late report is taken")
    }

    /// The report of a lease that the task of this name lost: a failure.
    pub fn late_fail(&mut self, name: &str, failure: Failure) -> Decision {
        let id = self.find(name);
        self.fail_with(id, failure, None)
    }

    // --- the store, the operator, the clock ------------------------------------------------------------

    /// Another task works on its aggregate: the coordinator parks the ready task of this name.
    pub fn block(&mut self, name: &str) {
        let id = self.find(name);
        let live = self.live.get_mut(&id).expect("it was found");
        assert_eq!(live.spot, Spot::Queued);
        live.spot = Spot::Parked(WaitReason::AggregateBusy, None);
    }

    /// The aggregate is its own now.
    pub fn unblock(&mut self, name: &str) -> Decision {
        let task = self.task(name).clone();
        self.command(task.job, Command::Unblock(task)).expect("it is unblocked")
    }

    /// Tries the failed task of this name again.
    pub fn retry(&mut self, name: &str) -> Result<Decision, Refusal> {
        let failed = |ended: &&_| self.is(ended, name, TaskState::Failed);
        let ended = self.ended.values().rfind(failed).unwrap_or_else(|| panic!("{name} did not fail")).clone();
        self.command(ended.task.job, Command::Retry(Box::new(ended)))
    }

    fn is(&self, ended: &esteira_model::EndedTask, name: &str, state: TaskState) -> bool {
        ended.state == state && self.name(&ended.task) == name
    }

    /// Parked tasks whose time has come, the most overdue first.
    pub fn due(&self) -> Vec<(Time, TaskId, WaitReason)> {
        let mut due: Vec<_> = self
            .live
            .values()
            .filter_map(|live| match live.spot {
                Spot::Parked(reason, Some(time)) if time <= self.now => Some((time, live.task.id, reason)),
                _ => None,
            })
            .collect();
        due.sort();
        due
    }

    /// The timer of this parked task goes off.
    pub fn fire(&mut self, id: TaskId, reason: WaitReason) -> Decision {
        let task = self.live[&id].task.clone();
        self.command(task.job, Command::Due(task, reason)).expect("time is not refused")
    }

    /// Time passes, and every timer goes off that is due.
    pub fn pass(&mut self, time: Duration) {
        self.now = self.now.after(time);
        while let Some((_, id, reason)) = self.due().first().copied() {
            self.fire(id, reason);
        }
    }

    /// The root job's time-out passed.
    pub fn deadline(&mut self) -> Decision {
        self.command(self.root, Command::Deadline(self.live_of(self.root))).expect("a deadline is not refused")
    }

    // --- all at once -----------------------------------------------------------------------------------

    /// What a worker answers when the test does not care: `"<name>"`, or two items, or nothing.
    pub fn answer(&self, id: TaskId) -> Completion {
        let task = &self.live[&id].task;
        let text = format!("\"{}\"", self.name(task));
        match self.compiled(task.job).graph.node(task.step).output_type() {
            OutputType::Single => one(&text),
            OutputType::Multiple => many(&["0", "1"]),
            OutputType::None => nothing(),
        }
    }

    /// Workers and timers do all that is left to do, oldest task first.
    pub fn finish(&mut self) {
        while !self.root().state.is_terminal() {
            let ready = |live: &&_| matches!((*live as &super::world::Live).spot, Spot::Queued | Spot::Leased(_));
            if let Some(id) = self.live.values().find(ready).map(|live| live.task.id) {
                let name = self.name(&self.live[&id].task);
                if self.live[&id].spot == Spot::Queued {
                    self.lease(id);
                }
                let answer = self.answer(id);
                self.complete(id, answer).unwrap_or_else(|refusal| panic!("{name}: {refusal:?}"));
            } else {
                let next = |live: &super::world::Live| match live.spot {
                    Spot::Parked(_, due) => due,
                    _ => None,
                };
                let next = self.live.values().filter_map(next).min().expect("a job that runs can go on");
                self.pass(next.since(self.now));
            }
        }
    }

    /// Verdicts of an ended task as `name+` or `name-`, with what they judged.
    pub fn verdicts(&self, name: &str) -> Vec<String> {
        let ended = self.ended.values().find(|ended| self.name(&ended.task) == name).expect("it ended");
        let text = |v: &Verdict| format!("{}{} {}", v.policy, if v.passed { "+" } else { "-" }, v.detail);
        ended.verdicts.iter().map(text).collect()
    }

    /// The failure kinds of a task's attempts in order; `-` for a success.
    pub fn tries(&self, name: &str) -> String {
        let of = |id: &TaskId| self.live.get(id).map(|l| &l.task).or_else(|| self.ended.get(id).map(|e| &e.task));
        let named = |id: &TaskId| of(id).is_some_and(|task| self.name(task) == name);
        let kind = |failure: &Option<Failure>| failure.as_ref().map_or("-", |failure: &Failure| kind(failure.kind));
        let mut tries: Vec<_> = self.attempts.iter().filter(|attempt| named(&attempt.task)).collect();
        tries.sort_by_key(|attempt| (attempt.task, attempt.number));
        tries
            .iter()
            .map(|attempt| format!("{}{}", attempt.number, kind(&attempt.failure)))
            .collect::<Vec<_>>()
            .join(" ")
    }
}

fn kind(kind: FailureKind) -> &'static str {
    match kind {
        FailureKind::Retryable => "r",
        FailureKind::NonRetryable => "n",
        FailureKind::Timeout => "t",
        FailureKind::Cancelled => "c",
        FailureKind::LeaseExpired => "x",
        FailureKind::Protocol => "p",
    }
}
