//! What a run keeps: the place that the coordinator's store has in a distributed one.

use crate::model::runner::compiled::Compiled;
use esteira_model::{
    Arrival, ArtifactId, Emit, EndedTask, Fact, Job, JobId, Payload, Place, Task, TaskId, Time, WaitReason,
};
use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    sync::Arc,
};

/// A job of the run: the one that was asked for, or a sub-plan's.
#[derive(Clone)]
pub(crate) struct Held {
    pub(crate) job: Job,
    pub(crate) compiled: Arc<Compiled>,
}

#[derive(Default)]
pub(crate) struct Memory {
    pub(crate) jobs: HashMap<JobId, Held>,
    pub(crate) artifacts: HashMap<ArtifactId, Payload>,
    pub(crate) arrivals: HashMap<(JobId, u16), Vec<Arrival>>,
    pub(crate) ended: HashMap<TaskId, EndedTask>,
    /// Ended tasks in the order in which they ended.
    pub(crate) order: Vec<TaskId>,
    pub(crate) messages: Vec<Emit>,
    live: HashMap<TaskId, Live>,
    ready: VecDeque<TaskId>,
    /// By time, then by turn: of two that are due at once, the one that has waited for longer comes first.
    timers: BTreeSet<(Time, u64, TaskId)>,
    turn: u64,
}

struct Live {
    task: Task,
    place: Place,
    /// Counts what was placed.
    turn: u64,
}

impl Memory {
    /// Writes one fact.
    pub(crate) fn write(&mut self, fact: Fact) {
        match fact {
            Fact::ArtifactStored(artifact) => {
                self.artifacts.insert(artifact.id, artifact.payload);
            }
            Fact::TaskTaken(_, id) => {
                if let Some(Live { place: Place::Parked { due: Some(due), .. }, turn, .. }) = self.live.remove(&id) {
                    self.timers.remove(&(due, turn, id));
                }
            }
            Fact::TaskPlaced(task, place) => {
                self.turn += 1;
                match &place {
                    Place::Queue => self.ready.push_back(task.id),
                    Place::Parked { due: Some(due), .. } => {
                        self.timers.insert((*due, self.turn, task.id));
                    }
                    Place::Parked { due: None, .. } => {}
                }
                self.live.insert(task.id, Live { task: *task, place, turn: self.turn });
            }
            Fact::AttemptEnded(_) => {}
            Fact::TaskEnded(ended) => {
                self.order.push(ended.task.id);
                self.ended.insert(ended.task.id, *ended);
            }
            Fact::Arrived(arrival) => self.arrivals.entry((arrival.job, arrival.join_step)).or_default().push(arrival),
            // No job of an embedded run goes on from another.
            Fact::TaskCarried(_) => {}
            Fact::Emitted(message) => self.messages.push(message.emit),
        }
    }

    /// The task that has been ready for longest.
    pub(crate) fn next_ready(&mut self) -> Option<Task> {
        while let Some(id) = self.ready.pop_front() {
            if let Some(Live { task, place: Place::Queue, .. }) = self.live.get(&id) {
                return Some(task.clone());
            }
        }
        None
    }

    /// The next task that waits for a time, why, and until when.
    pub(crate) fn next_due(&self) -> Option<(Task, WaitReason, Time)> {
        let &(due, _, id) = self.timers.first()?;
        match self.live.get(&id)? {
            Live { task, place: Place::Parked { reason, .. }, .. } => Some((task.clone(), *reason, due)),
            Live { place: Place::Queue, .. } => None,
        }
    }

    /// A live task.
    pub(crate) fn live(&self, id: TaskId) -> Option<&Task> {
        self.live.get(&id).map(|live| &live.task)
    }

    /// The bytes, which are there for every id that was ever handed out.
    pub(crate) fn payload(&self, id: ArtifactId) -> Option<&Payload> {
        self.artifacts.get(&id)
    }
}
