//! Who wants to know when a job changes. Costs nothing for jobs that nobody watches.

use esteira_model::{Job, JobId, TaskId};
use esteira_store::Stored;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::{broadcast, oneshot};

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

/// How a job ended, as the transaction that ended it knew it.
#[derive(Debug)]
pub struct Ended {
    /// The job.
    pub job: Job,
    /// All its results, where that transaction wrote them; none = read them.
    pub results: Option<Vec<Stored>>,
}

/// Changes that a slow listener may lag behind before it must read everything again.
const BACKLOG: usize = 256;

/// Hands changes to listeners.
#[derive(Debug, Clone, Default)]
pub struct Hub {
    listeners: Arc<Mutex<HashMap<JobId, broadcast::Sender<Change>>>>,
    ends: Arc<Mutex<Ends>>,
}

/// One who waits for the end of a job, by number.
type Waiter = (u64, oneshot::Sender<Arc<Ended>>);

/// Those who wait for the ends of jobs, each under a number of its own.
#[derive(Debug, Default)]
struct Ends {
    waiting: HashMap<JobId, Vec<Waiter>>,
    last: u64,
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

    fn ends(&self) -> MutexGuard<'_, Ends> {
        self.ends.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The end of a job, if it comes from now on.
    pub fn end_of(&self, job: JobId) -> EndOf {
        let (sender, receiver) = oneshot::channel();
        let mut ends = self.ends();
        ends.last += 1;
        let number = ends.last;
        ends.waiting.entry(job).or_default().push((number, sender));
        EndOf { hub: self.clone(), job, number, receiver }
    }

    /// Tells those who wait for the end of a job how it came; `ended` is only made when there are any.
    pub fn tell_end(&self, job: JobId, ended: impl FnOnce() -> Option<Ended>) {
        let Some(waiting) = self.ends().waiting.remove(&job) else { return };
        // Without it they are told nothing but that it is time to look.
        let Some(ended) = ended().map(Arc::new) else { return };
        for (_, sender) in waiting {
            // Who has gone needs no answer.
            let _ = sender.send(ended.clone());
        }
    }
}

/// Waits for the end of a job; forgotten when it is dropped.
#[derive(Debug)]
pub struct EndOf {
    hub: Hub,
    job: JobId,
    number: u64,
    receiver: oneshot::Receiver<Arc<Ended>>,
}

impl EndOf {
    /// Until the job ends here; none = look at it.
    pub async fn wait(&mut self) -> Option<Arc<Ended>> {
        (&mut self.receiver).await.ok()
    }
}

impl Drop for EndOf {
    fn drop(&mut self) {
        let mut ends = self.hub.ends();
        if let Some(waiting) = ends.waiting.get_mut(&self.job) {
            waiting.retain(|(number, _)| *number != self.number);
            if waiting.is_empty() {
                ends.waiting.remove(&self.job);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::Uuid;

    #[tokio::test]
    async fn who_stops_waiting_for_an_end_is_forgotten() {
        let hub = Hub::default();
        let job = JobId(Uuid::from_bytes([1; 16]));
        let (first, mut second) = (hub.end_of(job), hub.end_of(job));
        drop(first);
        assert_eq!(hub.ends().waiting[&job].len(), 1);
        hub.tell_end(job, || None);
        assert!(second.wait().await.is_none(), "told to look");
        drop(second);
        assert!(hub.ends().waiting.is_empty());
    }
}
