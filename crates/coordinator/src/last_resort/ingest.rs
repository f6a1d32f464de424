//! The way back: what the last resort holds goes into the store in order, before anything newer is decided.
//!
//! Stop at any moment: what was not said to be done comes again, and what was applied before is known again by its digest
//! or its job id (INV-REPLAY).

use crate::{
    audit::{Deed, OK},
    batch::Answer,
    committer::Committer,
    error::{Error, Reason, Result},
    last_resort::{
        record::{self, Said},
        reserve::{LastResort, store_name},
    },
    round::Outcome,
    work::{Started, Work},
};
use esteira_lastresort::{Ingest, Item};
use esteira_model::{
    Decision,
    seeded_bug::{self, Bug},
};
use std::{
    collections::BTreeSet,
    io,
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::time::Instant;
use tokio::{sync::oneshot, task::spawn_blocking};

/// How often a store that was gone is tried.
const TRY_PERIOD: Duration = Duration::from_millis(500);
/// How often folders that could not be read are tried.
const FOLDER_PERIOD: Duration = Duration::from_secs(10);
/// Records, and bytes of them, that one transaction takes.
const RECORDS_MAX: usize = 256;
/// See [`RECORDS_MAX`].
const BYTES_MAX: usize = 16 << 20;

/// Where things stand.
pub(crate) enum Ingested {
    /// Nothing waits that could be brought back now.
    Done,
    /// The store takes nothing.
    StoreAway(Error),
}

/// What became of one record.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Applied,
    Already(String),
    /// It can never be applied.
    Refused(String),
}

/// What became of the records of a pass.
#[derive(Debug, Default)]
struct Counts {
    applied: usize,
    already: usize,
    refused: usize,
}

/// Why a pass ends early.
enum Stop {
    StoreAway(Error),
    /// A folder cannot be read or written: newer work must not wait for it.
    Folder(io::Error),
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Folder(error)
    }
}

/// Records that are decided together.
type Chunk = Vec<Item>;

impl Committer {
    /// Brings back what waits, if anything does.
    pub(crate) async fn ingest(&mut self) -> Ingested {
        let Some(resort) = self.shared.last_resort.clone().filter(|resort| resort.waiting() > 0) else {
            return Ingested::Done;
        };
        if Instant::now() < self.next_try && !resort.take_hurry() {
            return if self.folder_failed { Ingested::Done } else { Ingested::StoreAway(away()) };
        }
        self.folder_failed = false;
        if let Err(error) = self.probe().await {
            self.next_try = Instant::now() + TRY_PERIOD;
            return Ingested::StoreAway(error);
        }
        let mut counts = Counts::default();
        let passed = self.pass(&resort, &mut counts).await;
        let Counts { applied, already, refused } = counts;
        if applied + already + refused > 0 {
            tracing::info!(
                applied,
                already,
                refused,
                waiting = resort.waiting(),
                "records of the last resort are in the store"
            );
        }
        match passed {
            Ok(()) => Ingested::Done,
            Err(Stop::StoreAway(error)) => {
                self.next_try = Instant::now() + TRY_PERIOD;
                Ingested::StoreAway(error)
            }
            Err(Stop::Folder(error)) => {
                tracing::error!(%error, "the last resort cannot be read back; its records wait");
                (self.folder_failed, self.next_try) = (true, Instant::now() + FOLDER_PERIOD);
                Ingested::Done
            }
        }
    }

    async fn pass(&mut self, resort: &Arc<LastResort>, counts: &mut Counts) -> std::result::Result<(), Stop> {
        let opened = resort.clone();
        let mut ingest = blocking(move || Ingest::open(opened.sources()?)).await?;
        for damage in ingest.quarantined() {
            let (segment, position) = (damage.segment.display(), damage.position);
            resort.counters.damaged.fetch_add(1, Relaxed);
            tracing::error!(%segment, position, bytes = damage.bytes, damage = %damage.damage, "damage in the last resort; a torn record was never acknowledged");
        }
        let mut told = BTreeSet::new();
        loop {
            let (chunk, back) = blocking(move || Ok((chunk(&ingest)?, ingest))).await?;
            ingest = back;
            let Some(last) = chunk.last().map(|item| item.sequence) else { break };
            self.record_pass(&chunk, &mut told).await.map_err(Stop::StoreAway)?;
            let fates = self.bring_back(&chunk).await.map_err(Stop::StoreAway)?;
            counts.add(&fates);
            let bytes = chunk.iter().map(|item| item.record.payload.len()).sum();
            let settled = resort.clone();
            let oldest;
            (ingest, oldest) = blocking(move || {
                settle(&settled, &ingest, &chunk, &fates)?;
                ingest.done(last)?;
                let oldest = ingest.peek()?.map(|item| item.record.time);
                Ok((ingest, oldest))
            })
            .await?;
            resort.counters.backlog().done(bytes, ingest.waiting(), oldest);
        }
        let now = self.shared.clock.now();
        resort.held().clear();
        let refilled = resort.clone();
        blocking(move || {
            refilled.writer.seal().map_err(io::Error::other)?;
            ingest.remove_ingested()?;
            refilled.writer.refill(now).map_err(io::Error::other)?
        })
        .await?;
        resort.promise_results();
        Ok(())
    }

    /// Records that work of these accounts is brought back, which nobody asked for: one record an account and pass, before it happens.
    async fn record_pass(&mut self, chunk: &Chunk, told: &mut BTreeSet<String>) -> Result<()> {
        let accounts: BTreeSet<String> = chunk
            .iter()
            .map(|item| record::account(&item.record.payload))
            .filter(|account| !told.contains(account))
            .collect();
        for account in accounts {
            let deed = Deed::of_system("IngestLastResort", self.shared.clock.now(), &account);
            let record = self.shared.record_of(&deed, Decision::Allowed, OK)?;
            let work = Work::Record(Box::new(record), oneshot::channel().0);
            match self.decide(vec![work]).await.pop() {
                Some((_, Err(error))) if error.store_away => return Err(error),
                // What was accepted is worth more than the record of bringing it back.
                Some((_, Err(error))) => tracing::error!(%error, "bringing the last resort back is not recorded"),
                _ => {}
            }
            told.insert(account);
        }
        Ok(())
    }

    /// Decides what a chunk says, in its order.
    async fn bring_back(&mut self, chunk: &Chunk) -> Result<Vec<Fate>> {
        let mut fates = vec![None; chunk.len()];
        let mut works = Vec::new();
        let mut places = Vec::new();
        for (place, item) in chunk.iter().enumerate() {
            match self.work_of(item).await? {
                Ok(work) => {
                    works.push(work);
                    places.push(place);
                }
                Err(reason) => fates[place] = Some(Fate::Refused(reason)),
            }
        }
        for (place, (work, answer)) in places.into_iter().zip(self.decide(works).await) {
            fates[place] = Some(self.fate(&work, answer).await?);
        }
        let lost = || Fate::Refused("the record was not decided".to_owned());
        Ok(fates.into_iter().map(|fate| fate.unwrap_or_else(lost)).collect())
    }

    /// The work of a record, or why there is none.
    async fn work_of(&mut self, item: &Item) -> Result<std::result::Result<Work, String>> {
        let shared = &self.shared;
        match record::read(&item.record.payload, &store_name(&shared.tokens.key())) {
            // Nobody waits for these answers.
            Ok(Said::Report(report)) => Ok(Ok(Work::Report(vec![*report], oneshot::channel().0))),
            Ok(Said::Start(mut start)) => {
                if seeded_bug::is(Bug::IngestTwice) {
                    start.become_another(&mut shared.ids.clone());
                }
                let found = shared.catalog.version(&*shared.reader, &start.job.account, start.job.plan_version).await;
                match found {
                    Ok(compiled) => Ok(Ok(Work::Start(Box::new(start.to_start(compiled)), oneshot::channel().0))),
                    Err(error) if error.store_away => Err(error),
                    Err(error) => Ok(Err(error.to_string())),
                }
            }
            Err(unreadable) => Ok(Err(unreadable.to_string())),
        }
    }

    async fn fate(&mut self, work: &Work, answer: Result<Answer>) -> Result<Fate> {
        match (work, answer) {
            (_, Err(error)) if error.reason == Reason::StoreUnavailable => Err(error),
            (Work::Start(start, _), Err(error)) if error.reason == Reason::JobIdTaken => {
                let shared = &self.shared;
                let there = shared.reader.job(&start.job.account, start.job.id).await?;
                Ok(match there.filter(|job| job.input == start.job.input) {
                    Some(_) => Fate::Already("it is this job".to_owned()),
                    None => Fate::Refused(format!("{}: {error}", name(error.reason))),
                })
            }
            (_, Err(error)) => Ok(Fate::Refused(format!("{}: {error}", name(error.reason)))),
            (_, Ok(Answer::Started(started))) => Ok(match *started {
                Started { deduplicated: true, job, .. } => {
                    Fate::Already(format!("an earlier request started job {}", job.id))
                }
                _ => Fate::Applied,
            }),
            (_, Ok(Answer::Reported(outcomes))) => Ok(match outcomes.into_iter().next() {
                Some(Outcome::Applied { .. }) => Fate::Applied,
                Some(Outcome::Already) => Fate::Already("the same report".to_owned()),
                Some(Outcome::Refused(reason, message)) => Fate::Refused(format!("{}: {message}", name(reason))),
                None => Fate::Refused("the report was not decided".to_owned()),
            }),
            (_, Ok(_)) => Ok(Fate::Refused("the record was not decided".to_owned())),
        }
    }
}

impl Counts {
    fn add(&mut self, fates: &[Fate]) {
        for fate in fates {
            match fate {
                Fate::Applied => self.applied += 1,
                Fate::Already(_) => self.already += 1,
                Fate::Refused(_) => self.refused += 1,
            }
        }
    }
}

/// The next records.
fn chunk(ingest: &Ingest) -> io::Result<Chunk> {
    let (mut chunk, mut bytes): (Chunk, usize) = (Vec::new(), 0);
    let mut after = 0;
    while chunk.len() < RECORDS_MAX && bytes < BYTES_MAX {
        let Some(item) = ingest.after(after)? else { break };
        (after, bytes) = (item.sequence, bytes + item.record.payload.len());
        chunk.push(item);
    }
    Ok(chunk)
}

/// Counts and logs what became of a chunk; what cannot be applied is set aside first.
fn settle(resort: &LastResort, ingest: &Ingest, chunk: &Chunk, fates: &[Fate]) -> io::Result<()> {
    for (item, fate) in chunk.iter().zip(fates) {
        let counters = &resort.counters;
        let (event, detail, counter) = match fate {
            Fate::Applied => ("ingested", "", &counters.ingested),
            Fate::Already(detail) => ("already", detail.as_str(), &counters.already),
            Fate::Refused(reason) => {
                let record = ingest.set_aside(item, reason)?;
                tracing::error!(sequence = item.sequence, reason, record = %record.display(), "a record of the last resort cannot be applied and is set aside");
                ("set-aside", reason.as_str(), &counters.set_aside)
            }
        };
        counter.fetch_add(1, Relaxed);
        let id: String = item.record.id.iter().map(|byte| format!("{byte:02x}")).collect();
        let (time, sequence, kind) = (item.record.time.0, item.sequence, item.record.kind);
        resort.note(format_args!(
            "time_us={time} event={event} sequence={sequence} kind={kind} id={id} detail={detail:?}"
        ));
    }
    Ok(())
}

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> io::Result<T> + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)?
}

fn name(reason: Reason) -> String {
    format!("{reason:?}")
}

/// Between two tries.
fn away() -> Error {
    Error {
        retry_after: Some(TRY_PERIOD),
        store_away: true,
        ..Error::new(Reason::StoreUnavailable, "the store does not accept work now")
    }
}
