//! Who wants to know when a job changes. Costs nothing for jobs that nobody watches.

use esteira_model::{JobId, TaskId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::broadcast;

/// What changed, after it was committed. The listener reads the state itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// The job's own state.
    Job,
    /// The job came to its end.
    JobEnded,
    /// One of its tasks.
    Task(TaskId),
    /// Something that another coordinator committed, perhaps its end, perhaps nothing at all.
    Elsewhere,
}

/// Changes that a slow listener may lag behind before it must read everything again.
const BACKLOG: usize = 256;

/// Hands changes to listeners.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    listened: Arc<Mutex<HashMap<JobId, Listened>>>,
}

#[derive(Debug)]
struct Listened {
    sender: broadcast::Sender<Change>,
    /// The job's revision when it was looked at last.
    revision: Option<i64>,
}

impl Hub {
    fn lock(&self) -> MutexGuard<'_, HashMap<JobId, Listened>> {
        self.listened.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Changes of a job from now on.
    pub fn listen(&self, job: JobId) -> broadcast::Receiver<Change> {
        let mut listened = self.lock();
        if listened.len() > 1024 {
            listened.retain(|_, job| job.sender.receiver_count() > 0);
        }
        let new = || Listened { sender: broadcast::channel(BACKLOG).0, revision: None };
        listened.entry(job).or_insert_with(new).sender.subscribe()
    }

    /// Tells the listeners of a job, if there are any.
    pub fn tell(&self, job: JobId, change: Change) {
        let mut listened = self.lock();
        if listened.is_empty() {
            return;
        }
        if let Some(found) = listened.get(&job) {
            // An error only says that the last listener has gone.
            let gone = found.sender.send(change).is_err();
            if gone || change == Change::JobEnded {
                listened.remove(&job);
            }
        }
    }

    /// Tells the listeners of all jobs.
    pub fn tell_all(&self, change: Change) {
        self.lock().retain(|_, job| job.sender.send(change).is_ok());
    }

    /// Jobs that somebody listens to.
    pub fn listened(&self) -> Vec<JobId> {
        let mut listened = self.lock();
        listened.retain(|_, job| job.sender.receiver_count() > 0);
        listened.keys().copied().collect()
    }

    /// A job has this revision: who listens is told when it is another one than at the last look.
    pub fn looked(&self, job: JobId, revision: i64) {
        if let Some(found) = self.lock().get_mut(&job)
            && found.revision.replace(revision) != Some(revision)
        {
            // An error only says that the last listener has gone.
            let _ = found.sender.send(Change::Elsewhere);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::Uuid;

    #[test]
    fn a_look_tells_of_each_revision_once() {
        let (hub, job) = (Hub::default(), JobId(Uuid::default()));
        hub.looked(job, 1);
        assert!(hub.listened().is_empty());
        let mut changes = hub.listen(job);
        for revision in [1, 1, 2, 2] {
            hub.looked(job, revision);
        }
        let heard: Vec<_> = std::iter::from_fn(|| changes.try_recv().ok()).collect();
        assert_eq!((heard, hub.listened()), (vec![Change::Elsewhere; 2], vec![job]));
        drop(changes);
        assert!(hub.listened().is_empty());
    }
}
