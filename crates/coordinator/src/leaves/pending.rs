//! What happened in a round and has no leaf yet, in the order in which it was decided.

use crate::{leaves::lineage::Link, round::Round};
use esteira_model::{ArtifactId, EndedTask, ItemPath, Job, JobId, Task, TaskId};

/// One thing to record. Places are those in the round's rows: it is recorded before they are written.
pub(crate) enum Pending {
    /// A job was accepted that a caller started.
    Start { job: JobId },
    /// A job goes on from another: comes before its start. `reprocess` is the place of its record, `source` the old job where its end
    /// has a leaf.
    Link { job: JobId, reprocess: usize, source: Option<JobId> },
    /// A job was accepted that a task started; `link` is the task's.
    ChildStart { job: JobId, parent: JobId, link: Link },
    /// An attempt ended; `ended` is the place of its task, when it ended it.
    Attempt { attempt: usize, ended: Option<usize>, of: Attempted },
    /// A task ended without an attempt of this round: it has no leaf, but what follows from it has parents.
    Ended { ended: usize },
    /// A job ended; `last` is the place of the task that ended last.
    End { job: JobId, last: Option<usize>, ends: Vec<EndedTask> },
}

impl Pending {
    /// The job whose leaf it is.
    pub fn job(&self, ended: &[EndedTask]) -> JobId {
        match self {
            Self::Start { job } | Self::Link { job, .. } | Self::ChildStart { job, .. } | Self::End { job, .. } => *job,
            Self::Attempt { of, .. } => of.job,
            Self::Ended { ended: place } => ended[*place].task.job,
        }
    }
}

/// What an attempt's leaf says of its task.
pub(crate) struct Attempted {
    pub job: JobId,
    pub link: Link,
    pub item_path: ItemPath,
    pub input: Option<ArtifactId>,
}

impl Attempted {
    pub fn of(task: &Task) -> Self {
        Self { job: task.job, link: Link::of(task), item_path: task.item_path.clone(), input: task.input }
    }
}

/// The attempts of one decision, until it is known what became of their tasks.
#[derive(Default)]
pub(crate) struct Attempts(Vec<(TaskId, usize)>);

impl Attempts {
    fn take(&mut self, task: TaskId) -> Option<usize> {
        let place = self.0.iter().position(|(attempted, _)| *attempted == task)?;
        Some(self.0.swap_remove(place).1)
    }
}

impl Round<'_> {
    /// An attempt ended: the last row of the batch.
    pub(crate) fn note_attempt(&mut self, job: &Job, attempts: &mut Attempts) {
        if let (Some(_), Some(attempt)) = (job.provenance.seed, self.batch.attempts.last()) {
            attempts.0.push((attempt.task, self.batch.attempts.len() - 1));
        }
    }

    /// A task goes on after its attempt.
    pub(crate) fn note_placed(&mut self, task: &Task, attempts: &mut Attempts) {
        if let Some(attempt) = attempts.take(task.id) {
            self.leaves.pending.push(Pending::Attempt { attempt, ended: None, of: Attempted::of(task) });
        }
    }

    /// A task ended: the last row of the batch.
    pub(crate) fn note_ended(&mut self, job: &Job, attempts: &mut Attempts) {
        let (Some(_), Some(row)) = (job.provenance.seed, self.batch.ended.last()) else { return };
        let ended = self.batch.ended.len() - 1;
        self.leaves.tables.expect(&row.task);
        self.leaves.pending.push(match attempts.take(row.task.id) {
            Some(attempt) => Pending::Attempt { attempt, ended: Some(ended), of: Attempted::of(&row.task) },
            None => Pending::Ended { ended },
        });
    }

    /// A job goes on from another: its record is the last of the batch.
    pub(crate) fn note_link(&mut self, job: &Job, is_linked: bool) {
        let (Some(_), Some(record)) = (job.provenance.seed, self.batch.reprocesses.last()) else { return };
        let (reprocess, source) = (self.batch.reprocesses.len() - 1, is_linked.then_some(record.source));
        self.leaves.pending.push(Pending::Link { job: job.id, reprocess, source });
    }

    /// A job is new in this batch.
    pub(crate) fn note_start(&mut self, job: &Job, started_by: Option<(JobId, Link)>) {
        if job.provenance.seed.is_none() {
            return;
        }
        self.leaves.pending.push(match started_by {
            Some((parent, link)) => Pending::ChildStart { job: job.id, parent, link },
            None => Pending::Start { job: job.id },
        });
    }

    /// A job ended in the decision whose rows were noted last.
    pub(crate) fn note_end(&mut self, job: &Job) {
        if job.provenance.seed.is_none() {
            return;
        }
        let last = self.batch.ended.iter().rposition(|ended| ended.task.job == job.id);
        self.leaves.pending.push(Pending::End { job: job.id, last, ends: Vec::new() });
    }
}
