//! Who wants to know when a job changes. Costs nothing for jobs that nobody watches.

use esteira_model::{JobId, TaskId};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
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
}

/// Changes that a slow listener may lag behind before it must read everything again.
const BACKLOG: usize = 256;

/// Hands changes to listeners.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    listeners: Arc<Mutex<HashMap<JobId, broadcast::Sender<Change>>>>,
}

impl Hub {
    /// Changes of a job from now on.
    pub fn listen(&self, job: JobId) -> broadcast::Receiver<Change> {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.len() > 1024 {
            listeners.retain(|_, sender| sender.receiver_count() > 0);
        }
        listeners.entry(job).or_insert_with(|| broadcast::channel(BACKLOG).0).subscribe()
    }

    /// Tells the listeners of a job, if there are any.
    pub fn tell(&self, job: JobId, change: Change) {
        let mut listeners = self.listeners.lock().unwrap_or_else(PoisonError::into_inner);
        if listeners.is_empty() {
            return;
        }
        if let Some(sender) = listeners.get(&job) {
            // An error only says that the last listener has gone.
            let gone = sender.send(change).is_err();
            if gone || change == Change::JobEnded {
                listeners.remove(&job);
            }
        }
    }
}
