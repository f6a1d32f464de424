//! Who wants to know when a job changes. Costs nothing for jobs that nobody watches.

use esteira_model::{Job, JobId, TaskId};
use esteira_store::Stored;
use hashbrown::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::{Notify, broadcast, oneshot};

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
    listened: Arc<Mutex<HashMap<JobId, Listened>>>,
    ends: Arc<Mutex<Ends>>,
    /// There are jobs to look at.
    suspected: Arc<Notify>,
}

#[derive(Debug)]
struct Listened {
    sender: broadcast::Sender<Change>,
    /// The job's revision when it was looked at last.
    revision: Option<i64>,
}

/// Those who wait for the ends of jobs.
#[derive(Debug, Default)]
struct Ends {
    awaited: HashMap<JobId, Awaited>,
    /// Those of them that may have ended elsewhere.
    suspects: HashSet<JobId>,
    last: u64,
}

#[derive(Debug, Default)]
struct Awaited {
    /// Each under a number of its own.
    waiters: Vec<(u64, oneshot::Sender<Arc<Ended>>)>,
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
        if change == Change::Elsewhere {
            self.suspect(|awaited| awaited.contains_key(&job).then_some(job));
        }
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

    /// Something may have changed elsewhere: all listeners are told to look.
    pub fn tell_all_to_look(&self) {
        self.suspect(|awaited| awaited.keys().copied().collect::<Vec<_>>());
        self.lock().retain(|_, job| job.sender.send(Change::Elsewhere).is_ok());
    }

    /// Jobs that somebody listens to.
    pub fn listened(&self) -> Vec<JobId> {
        let mut listened = self.lock();
        listened.retain(|_, job| job.sender.receiver_count() > 0);
        let mut jobs: Vec<JobId> = listened.keys().chain(self.ends().awaited.keys()).copied().collect();
        jobs.sort_unstable();
        jobs.dedup();
        jobs
    }

    /// A job has this revision: who listens is told when it is another one than at the last look.
    pub fn looked(&self, job: JobId, revision: i64) {
        self.suspect(|awaited| awaited.get(&job).filter(|awaited| awaited.revision != Some(revision)).map(|_| job));
        if let Some(found) = self.lock().get_mut(&job)
            && found.revision.replace(revision) != Some(revision)
        {
            // An error only says that the last listener has gone.
            let _ = found.sender.send(Change::Elsewhere);
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
        ends.awaited.entry(job).or_default().waiters.push((number, sender));
        EndOf { hub: self.clone(), job, number, receiver }
    }

    fn suspect<I: IntoIterator<Item = JobId>>(&self, of: impl FnOnce(&HashMap<JobId, Awaited>) -> I) {
        let mut ends = self.ends();
        let Ends { awaited, suspects, .. } = &mut *ends;
        suspects.extend(of(awaited));
        if !suspects.is_empty() {
            self.suspected.notify_one();
        }
    }

    /// Waits for jobs that may have ended elsewhere while somebody awaits their end.
    pub(crate) async fn suspects(&self) -> Vec<JobId> {
        loop {
            let suspects: Vec<JobId> = self.ends().suspects.drain().collect();
            if !suspects.is_empty() {
                return suspects;
            }
            self.suspected.notified().await;
        }
    }

    /// A job was read at this revision and had not ended: it is only worth another look at a later one.
    pub(crate) fn saw(&self, job: JobId, revision: i64) {
        if let Some(awaited) = self.ends().awaited.get_mut(&job) {
            awaited.revision = Some(revision);
        }
    }

    /// Tells those who wait for the end of a job how it came; `ended` is only made when there are any, and without it they are
    /// told nothing but that it is time to look.
    pub fn tell_end(&self, job: JobId, ended: impl FnOnce() -> Option<Ended>) {
        let Some(Awaited { waiters, .. }) = self.ends().awaited.remove(&job) else { return };
        let Some(ended) = ended().map(Arc::new) else { return };
        for (_, sender) in waiters {
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

    /// The job was read at this revision and had not ended: it is only worth another look at a later one.
    pub fn saw(&self, revision: i64) {
        self.hub.saw(self.job, revision);
    }
}

impl Drop for EndOf {
    fn drop(&mut self) {
        let mut ends = self.hub.ends();
        if let Some(awaited) = ends.awaited.get_mut(&self.job) {
            awaited.waiters.retain(|(number, _)| *number != self.number);
            if awaited.waiters.is_empty() {
                ends.awaited.remove(&self.job);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use esteira_model::Uuid;
    use futures::FutureExt;

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

    #[tokio::test]
    async fn a_job_whose_end_is_awaited_is_looked_at_when_it_is_another_and_forgotten_when_nobody_waits() {
        let (hub, job) = (Hub::default(), JobId(Uuid::default()));
        let (first, mut second) = (hub.end_of(job), hub.end_of(job));
        drop(first);
        let waiters = hub.ends().awaited[&job].waiters.len();
        assert_eq!((waiters, hub.listened()), (1, vec![job]));
        second.saw(3);
        hub.looked(job, 3);
        assert_eq!(hub.listened(), [job]);
        assert!(hub.suspects().now_or_never().is_none(), "nothing new");
        hub.looked(job, 4);
        assert_eq!(hub.suspects().await, [job]);
        hub.tell(JobId(Uuid::from_bytes([1; 16])), Change::Elsewhere);
        assert!(hub.suspects().now_or_never().is_none(), "nobody awaits that one");
        hub.tell(job, Change::Elsewhere);
        assert_eq!(hub.suspects().await, [job]);
        hub.tell_all_to_look();
        assert_eq!(hub.suspects().await, [job]);
        hub.tell_end(job, || None);
        assert!(second.wait().await.is_none(), "told to look");
        let third = hub.end_of(job);
        drop((second, third));
        assert!(hub.listened().is_empty());
    }
}
