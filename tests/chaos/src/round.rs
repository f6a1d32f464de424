//! A round: a system, a load, faults one after another, healing, and judgement.

mod result;
mod stall;

pub use result::Result;

use crate::{
    call::{Caller, Mood},
    check, clock,
    draws::Draws,
    fault::{self, Fault, Struck},
    history::{End, History, Log, Rows},
    load::{Known, meddle, plans, relay, start},
    mutant::Bug,
    system::{System, inspect::Inspector, rows, tables},
};
use stall::Stalls;
use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    task::JoinSet,
    time::{Instant, sleep},
};

/// Clients of each kind.
const STARTERS: usize = 5;
const MEDDLERS: usize = 2;
const RELAYS: usize = 3;
/// How many jobs must have been accepted since the last fault before the next one strikes, and how long that may take.
const ACCEPTED_MIN: usize = 6;
const ACCEPTED_MAX: Duration = Duration::from_secs(45);
/// The moment of a fault lies within this time after that.
const MOMENT_MS: (u64, u64) = (0, 700);
/// I20: two lease times and 30 s.
const REST_MAX: Duration = Duration::from_secs(2 * plans::LEASE.as_secs() + 30);
/// How long the machine may take to read everything in the end: no part of what is promised.
const READ_MAX: Duration = Duration::from_secs(120);

/// What is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Configuration {
    /// One coordinator over a file.
    Sqlite,
    /// One coordinator over a server.
    Postgres1,
    /// Three coordinators over a server.
    Postgres3,
}

impl Configuration {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Sqlite, Self::Postgres1, Self::Postgres3];

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite, one coordinator",
            Self::Postgres1 => "PostgreSQL, one coordinator",
            Self::Postgres3 => "PostgreSQL, three coordinators",
        }
    }

    /// Coordinators over a server; none over a file.
    pub(crate) fn replicas(self) -> Option<usize> {
        match self {
            Self::Sqlite => None,
            Self::Postgres1 => Some(1),
            Self::Postgres3 => Some(3),
        }
    }
}

/// A round to be run.
#[derive(Debug, Clone)]
pub struct Plan {
    /// Over what.
    pub configuration: Configuration,
    /// Everything that is drawn comes from it.
    pub seed: u64,
    /// How many faults.
    pub faults: usize,
    /// The coordinator's program.
    pub esteira: PathBuf,
    /// The program `chaos`, whose processes are the workers.
    pub chaos: PathBuf,
    /// The bug that the coordinators have.
    pub bug: Option<Bug>,
}

/// A seed that nobody chose.
pub fn drawn_seed() -> u64 {
    clock::now() % 1_000_000
}

/// Runs it.
pub async fn run(plan: &Plan) -> Result {
    let begun = Instant::now();
    let folder = tempfile::Builder::new().prefix("esteira-chaos-").tempdir().expect("a folder can be made");
    let mut round = Round::start(plan, folder.path()).await;
    let mut draws = Draws::of(plan.seed, "faults");
    for fault in Fault::schedule(plan.configuration, plan.faults, &mut draws) {
        round.accepts(fault.name()).await;
        round.look_at_rows().await;
        sleep(draws.millis(MOMENT_MS.0, MOMENT_MS.1)).await;
        round.strike(fault, &mut draws).await;
    }
    round.look_at_rows().await;
    round.accepts("the end").await;
    let (history, end, struck) = round.finish().await;
    let mut result = Result::of(plan, &history, &end, struck);
    result.rows = check::check(&history, &end);
    result.seconds = begun.elapsed().as_secs();
    if !result.is_clean() && std::env::var_os("CHAOS_KEEP").is_some() {
        println!("kept: {}", folder.keep().display());
    }
    result
}

struct Round {
    system: System,
    mood: Mood,
    known: Arc<Known>,
    clients: JoinSet<()>,
    relays: JoinSet<()>,
    stalls: Stalls,
    struck: Vec<Struck>,
    /// Rows of jobs when they were first seen to have ended.
    rows: BTreeMap<String, Rows>,
    /// What went wrong besides.
    overdue: Vec<String>,
}

impl Round {
    async fn start(plan: &Plan, folder: &Path) -> Self {
        let mut system = System::start(plan, folder).await;
        publish(&system).await;
        let (mood, known) = (Mood::default(), Arc::<Known>::default());
        mood.follow(system.workers.history().clone());
        let history = system.workers.history().clone();
        let caller = |name: String| {
            let log = Log::create(&history, &name).expect("a history can be begun");
            Caller::new(log, plan.seed, mood.clone(), system.urls())
        };
        let (mut clients, mut relays, next) = (JoinSet::new(), JoinSet::new(), Arc::default());
        for number in 0..STARTERS {
            clients.spawn(start::run(caller(format!("s{number}")), Arc::clone(&next), known.clone()));
        }
        for number in 0..MEDDLERS {
            clients.spawn(meddle::run(caller(format!("m{number}")), known.clone()));
        }
        for number in 0..RELAYS {
            relays.spawn(relay::run(caller(format!("r{number}"))));
        }
        system.workers.start().await;
        let stalls = Stalls::watch();
        let (struck, rows, overdue) = (Vec::new(), BTreeMap::new(), Vec::new());
        Self { system, mood, known, clients, relays, stalls, struck, rows, overdue }
    }

    /// Waits until jobs are accepted again.
    async fn accepts(&mut self, before: &str) {
        let (begin, end) = (self.known.count(), Instant::now() + ACCEPTED_MAX);
        while self.known.count() < begin + ACCEPTED_MIN {
            if Instant::now() > end {
                self.overdue.push(format!("before {before}: no {ACCEPTED_MIN} jobs were accepted in {ACCEPTED_MAX:?}"));
                return;
            }
            sleep(Duration::from_millis(20)).await;
        }
    }

    /// Learns the rows of jobs that have ended; from then on operators may have them processed again.
    async fn look_at_rows(&mut self) {
        match rows::of_ended(&self.system).await {
            Ok(found) => {
                for (job, own) in found {
                    self.rows.entry(job).or_insert(own);
                }
            }
            Err(why) => self.overdue.push(format!("the rows of jobs cannot be read: {why}")),
        }
        self.known.ended_are(|job| self.rows.contains_key(job));
    }

    async fn strike(&mut self, fault: Fault, draws: &mut Draws) {
        let struck = fault::strike(fault, &mut self.system, draws).await;
        for ended in self.system.ended().await {
            self.overdue.push(format!("after {}: {ended}", fault.name()));
        }
        self.struck.push(struck);
    }

    /// Calms everybody down, waits until everything rests, looks at all of it and ends it.
    async fn finish(mut self) -> (History, End, Vec<Struck>) {
        let history = self.system.workers.history().clone();
        File::create(history.join("calm")).expect("a file can be made");
        let healed = Instant::now();
        let mut end = End { overdue: std::mem::take(&mut self.overdue), ..End::default() };
        let inspector = Inspector::new(&self.system.coordinators[0].url());
        loop {
            let restless = match inspector.restless().await {
                Ok(restless) => restless,
                Err(status) => vec![format!("the coordinator does not answer: {status}")],
            };
            let unsettled = !self.clients_are_done();
            if restless.is_empty() && !unsettled {
                break;
            }
            if healed.elapsed() > REST_MAX {
                let late = |what| format!("{what}, {} s after everything was healed", REST_MAX.as_secs());
                end.overdue.extend(restless.into_iter().map(late));
                if unsettled {
                    end.overdue.push(late("a client has no answer yet".to_owned()));
                }
                break;
            }
            sleep(Duration::from_millis(150)).await;
        }
        end.rested_ms = u64::try_from(healed.elapsed().as_millis()).unwrap_or(u64::MAX);
        File::create(history.join("stop")).expect("a file can be made");
        self.clients.abort_all();
        while self.clients.join_next().await.is_some() {}
        while self.relays.join_next().await.is_some() {}
        self.system.workers.ended().await;
        self.read(&inspector, &mut end).await;
        end.overdue.extend(self.system.ended().await);
        let mut whole = History::default();
        for (client, lines) in Log::read_all(&history).expect("the history can be read") {
            whole.add(&client, lines);
        }
        whole.windows.extend(self.struck.iter().map(Struck::window));
        whole.windows.extend(self.stalls.end());
        whole.sort();
        (whole, end, self.struck)
    }

    /// Reads everything that there is at the end.
    async fn read(&mut self, inspector: &Inspector, end: &mut End) {
        let read = async { Ok::<_, tonic::Status>((inspector.all().await?, inspector.waiting().await?)) };
        match tokio::time::timeout(READ_MAX, read).await {
            Ok(Ok((found, waiting))) => {
                (end.jobs, end.digests, end.wrong_digests) = (found.jobs, found.digests, found.wrong_digests);
                end.waiting = waiting;
            }
            Ok(Err(status)) => end.overdue.push(format!("the end cannot be read: {status}")),
            Err(_) => end.overdue.push(format!("the end cannot be read in {READ_MAX:?}")),
        }
        match tables::ledger(&self.system).await {
            Ok(ledger) => end.ledger = Some(ledger),
            Err(why) => end.overdue.push(format!("the ledger cannot be read: {why}")),
        }
        match rows::of_ended(&self.system).await {
            Ok(mut now) => {
                let pair = |(job, before): (String, Rows)| {
                    let after = now.remove(&job).unwrap_or_default();
                    (job, (before, after))
                };
                end.rows = std::mem::take(&mut self.rows).into_iter().map(pair).collect();
            }
            Err(why) => end.overdue.push(format!("the rows of jobs cannot be read: {why}")),
        }
        if let Err(why) = self.system.read_resorts(end) {
            end.overdue.push(format!("the last resorts cannot be read: {why}"));
        }
    }

    fn clients_are_done(&mut self) -> bool {
        while self.clients.try_join_next().is_some() {}
        self.clients.is_empty() && self.mood.is_calm()
    }
}

/// Publishes the plans.
async fn publish(system: &System) {
    let client = esteira_sdk::client::Client::connect(system.coordinators[0].url()).expect("it has an address");
    for document in plans::documents() {
        esteira_e2e::jobs::publish(&client, &document).await;
    }
}
