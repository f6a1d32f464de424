//! The committer: owns the store's write connection and does all work on it.
//!
//! Group commit with no added delay: what arrives while a batch is in its COMMIT is the next batch. A command that the
//! database refuses fails alone: the batch is run again in halves.

use crate::{
    batch::{self, Answer},
    coordinator::Shared,
    error::{Error, Result},
    hub::{Change, Ended},
    last_resort::Ingested,
    load::JobEntry,
    round::Round,
    work::{Exclusive, Item, Work},
};
use esteira_model::{
    ArtifactId, JobId, Payload,
    seeded_bug::{self, Bug},
};
use esteira_store::Writer;
use hashbrown::HashMap;
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Pieces of work that one batch takes at most, unless a measurement says otherwise.
pub(crate) const BATCH_MAX: usize = 1_024;
/// How often a batch that another coordinator overtook is tried as it is.
const TRIES_MAX: u32 = 3;
/// Of which new submissions at most, while other work waits: what is under way goes first.
const SUBMISSIONS_MAX: usize = 512;

pub(crate) struct Committer {
    pub(crate) shared: Arc<Shared>,
    writer: Box<dyn Writer>,
    /// Reports, heartbeats, ticks, control.
    urgent: mpsc::Receiver<Item>,
    /// New jobs, plans, the outbox.
    submissions: mpsc::Receiver<Item>,
    /// Pieces of work that one batch takes at most.
    batch_max: usize,
    /// While work waits in the last resort: when the store is tried again.
    pub(crate) next_try: Instant,
    /// That try failed for the folders, not for the store.
    pub(crate) folder_failed: bool,
}

impl Committer {
    pub fn new(
        shared: Arc<Shared>,
        writer: Box<dyn Writer>,
        urgent: mpsc::Receiver<Item>,
        submissions: mpsc::Receiver<Item>,
        batch_max: usize,
    ) -> Self {
        Self { shared, writer, urgent, submissions, batch_max, next_try: Instant::now(), folder_failed: false }
    }

    /// Works until both queues are closed and empty.
    pub async fn run(mut self) {
        loop {
            let first = tokio::select! {
                biased;
                work = self.urgent.recv() => work,
                work = self.submissions.recv() => work,
            };
            let Some(first) = first else {
                // One side is closed; what the other still holds is done before the end.
                match self.urgent.recv().await {
                    Some(work) => self.batch(work).await,
                    None => match self.submissions.recv().await {
                        Some(work) => self.batch(work).await,
                        None => return,
                    },
                }
                continue;
            };
            self.batch(first).await;
        }
    }

    async fn batch(&mut self, first: Item) {
        let mut works = vec![first];
        while works.len() < self.batch_max {
            match self.urgent.try_recv() {
                Ok(work) => works.push(work),
                Err(_) => break,
            }
        }
        let room = (works.len() + SUBMISSIONS_MAX).min(self.batch_max);
        while works.len() < room {
            match self.submissions.try_recv() {
                Ok(work) => works.push(work),
                Err(_) => break,
            }
        }
        let mut together = Vec::with_capacity(works.len());
        for work in works {
            match work {
                Item::Alone(exclusive) => self.exclusive(exclusive).await,
                Item::Together(work) => together.push(work),
            }
        }
        if !together.is_empty() {
            self.together(together).await;
        }
    }

    async fn exclusive(&mut self, mut exclusive: Box<dyn Exclusive>) {
        let result = async {
            let mut unit = self.writer.begin().await?;
            exclusive.run(&mut *unit).await?;
            unit.commit().await?;
            Ok(())
        }
        .await;
        exclusive.answer(result);
    }

    async fn together(&mut self, works: Vec<Work>) {
        // What waits in the last resort is older.
        if let Ingested::StoreAway(error) = self.ingest().await {
            return self.keep(works, &error).await;
        }
        let mut away: Option<Error> = None;
        let mut left = Vec::new();
        for (work, answer) in self.decide(works).await {
            match answer {
                Err(error) if error.store_away => {
                    away = Some(error);
                    left.push(work);
                }
                answer => reply(work, answer),
            }
        }
        if let Some(error) = away {
            self.keep(left, &error).await;
        }
    }

    /// Whether the store can be reached at all.
    pub(crate) async fn probe(&mut self) -> Result<()> {
        self.writer.begin().await.map(drop).map_err(Into::into)
    }

    /// Runs work in one transaction; when the database refuses it, in halves, so that only what cannot be fails.
    pub(crate) async fn decide(&mut self, works: Vec<Work>) -> Vec<(Work, Result<Answer>)> {
        let mut parts = vec![(works, 1)];
        let mut decided = Vec::new();
        while let Some((mut works, tries)) = parts.pop() {
            match self.attempt(&works).await {
                Ok(answers) => decided.extend(works.into_iter().zip(answers)),
                Err(error) if error.overtaken && tries < TRIES_MAX => {
                    tracing::debug!(%error, works = works.len(), "batch overtaken; trying it again");
                    parts.push((works, tries + 1));
                }
                Err(error) if works.len() == 1 || error.store_away => {
                    decided.extend(works.into_iter().map(|work| (work, Err(error.clone()))))
                }
                Err(error) => {
                    tracing::warn!(%error, works = works.len(), "batch refused; trying its halves");
                    let later = works.split_off(works.len() / 2);
                    parts.push((later, 1));
                    parts.push((works, 1));
                }
            }
        }
        decided
    }

    async fn attempt(&mut self, works: &[Work]) -> Result<Vec<Result<Answer>>> {
        let shared = self.shared.clone();
        let now = shared.clock.now();
        let mut unit = self.writer.begin().await?;
        let mut round = Round::new(&mut *unit, &shared, now);
        let outcome = batch::run(&mut round, works).await;
        let reserved = std::mem::take(&mut round.reserved);
        let unused = std::mem::take(&mut round.unused);
        let (answers, grants) = match outcome {
            Ok(done) => done,
            Err(error) => {
                shared.dispatcher.give_back(&reserved);
                return Err(error);
            }
        };
        let moved = std::mem::take(&mut round.moved);
        let mut told = std::mem::take(&mut round.told);
        // A job's end is the last that its listeners hear.
        told.sort_by_key(|(_, change)| *change == Change::JobEnded);
        let mut filled = std::mem::take(&mut round.filled);
        let drained = std::mem::take(&mut round.drained);
        let outbox_topics = std::mem::take(&mut round.outbox_topics);
        let (next_due, leaf_count) = (round.next_due, round.leaf_count);
        let leaves = std::mem::take(&mut round.leaves);
        let mut ended = EndedJobs {
            jobs: std::mem::take(&mut round.jobs),
            outputs: std::mem::take(&mut round.last_outputs),
            payloads: std::mem::take(&mut round.payloads),
            digests: std::mem::take(&mut round.digests),
        };
        drop(round);
        if let Err(error) = unit.commit().await
            && !seeded_bug::is(Bug::AckBeforeCommit)
        {
            shared.dispatcher.give_back(&reserved);
            return Err(error.into());
        }
        shared.log.committed(leaf_count);
        leaves.keep_in(&mut shared.leaves.lock().unwrap_or_else(PoisonError::into_inner));
        shared.dispatcher.give_back(&unused);
        drained.iter().for_each(|(lane, mark)| shared.dispatcher.clear_backlog(lane, *mark));
        filled.retain(|lane| !drained.contains_key(lane));
        shared.news.add(|hints| {
            hints.lanes.append(&mut filled);
            hints.jobs.extend(told.iter().map(|(job, _)| *job));
            hints.outbox |= !outbox_topics.is_empty();
        });
        shared.dispatcher.forget(moved.into_iter());
        shared.dispatcher.deliver(grants);
        for (job, change) in told {
            shared.hub.tell(job, change);
            if change == Change::JobEnded {
                shared.hub.tell_end(job, || ended.take(job));
            }
        }
        if !outbox_topics.is_empty() {
            shared.outbox_ready.notify_waiters();
        }
        if let Some(due) = next_due {
            shared.timer.due(due);
        }
        Ok(answers)
    }
}

/// What a batch knows of the jobs that ended in it.
struct EndedJobs {
    jobs: HashMap<JobId, JobEntry>,
    outputs: HashMap<JobId, Vec<ArtifactId>>,
    payloads: HashMap<ArtifactId, Payload>,
    digests: HashMap<ArtifactId, [u8; 32]>,
}

impl EndedJobs {
    fn take(&mut self, job: JobId) -> Option<Ended> {
        let JobEntry { job, .. } = self.jobs.remove(&job)?;
        let outputs = self.outputs.remove(&job.id);
        let stored = |id: ArtifactId| Some((id, self.payloads.get(&id)?.clone(), *self.digests.get(&id)?));
        let results = outputs.and_then(|outputs| outputs.into_iter().map(stored).collect());
        Some(Ended { job, results })
    }
}

pub(crate) fn reply(work: Work, answer: Result<Answer>) {
    // A caller that has gone needs no answer: what was committed is committed.
    match (work, answer) {
        (Work::Start(_, to), Ok(Answer::Started(started))) => drop(to.send(Ok(*started))),
        (Work::Start(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Report(_, to), Ok(Answer::Reported(outcomes))) => {
            drop(to.send(Ok(outcomes.into_iter().map(Into::into).collect())))
        }
        (Work::Report(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Beat(_, to), Ok(Answer::Beaten(verdicts))) => drop(to.send(Ok(verdicts))),
        (Work::Beat(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Append(_, to), Ok(Answer::Appended(total))) => drop(to.send(Ok(total))),
        (Work::Append(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Control(_, to), Ok(Answer::Controlled(job))) => drop(to.send(Ok(*job))),
        (Work::Control(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Retry(_, to), Ok(Answer::Retried(tasks))) => drop(to.send(Ok(tasks))),
        (Work::Retry(_, to), Err(error)) => drop(to.send(Err(error))),
        (Work::Record(_, to), answer) => drop(to.send(answer.map(drop))),
        (Work::Tick { .. } | Work::Claim, Err(error)) => {
            tracing::warn!(%error, "a look at what is due failed; it comes again")
        }
        _ => {}
    }
}

/// How long the committer may sleep at most between two looks at what is due.
pub(crate) const TICK_PERIOD: Duration = Duration::from_secs(1);
