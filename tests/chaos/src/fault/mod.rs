//! Faults: what is broken, for how long, and how it is told that it was.
//!
//! A fault that had no effect makes a run worthless, so each one says what it saw: a process that died, a stopped state, a refused
//! connection, a waiting lock, a lost answer.

mod database;
mod network;
mod process;
mod resort;

use crate::{clock, draws::Draws, history::Window, round::Configuration, system::System};

/// What can be broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    KillCoordinator,
    IngestAgain,
    StopCoordinator,
    KillWorker,
    StopWorker,
    PartClients,
    HalfOpenClients,
    LoseReplies,
    LoseLeases,
    GoAway,
    DiskFull,
    KillBackend,
    StopBackend,
    KillPostmaster,
    StopPostmaster,
    RestartDatabase,
    ReadOnly,
    NoConnections,
    LockHeld,
    CutDatabase,
    HalfOpenDatabase,
    LoseCommit,
}

use Fault::*;

/// What can happen to every system.
const ALWAYS: [Fault; 10] = [
    KillCoordinator,
    IngestAgain,
    StopCoordinator,
    KillWorker,
    StopWorker,
    PartClients,
    HalfOpenClients,
    LoseReplies,
    LoseLeases,
    GoAway,
];
/// What can happen to a file.
const WITH_FILE: [Fault; 1] = [DiskFull];
/// What can happen to a server.
const WITH_SERVER: [Fault; 11] = [
    KillBackend,
    StopBackend,
    KillPostmaster,
    StopPostmaster,
    RestartDatabase,
    ReadOnly,
    NoConnections,
    LockHeld,
    CutDatabase,
    HalfOpenDatabase,
    LoseCommit,
];

impl Fault {
    /// All that a configuration can suffer.
    pub fn all(configuration: Configuration) -> Vec<Self> {
        let own: &[Self] = if configuration.replicas().is_some() { &WITH_SERVER } else { &WITH_FILE };
        ALWAYS.iter().chain(own).copied().collect()
    }

    /// The faults of a run in their order: each at least once while there is room, then any.
    pub fn schedule(configuration: Configuration, count: usize, draws: &mut Draws) -> Vec<Self> {
        let all = Self::all(configuration);
        let mut schedule = Vec::new();
        while schedule.len() < count {
            let mut some = all.clone();
            draws.shuffle(&mut some);
            schedule.extend(some);
        }
        schedule.truncate(count);
        schedule
    }

    /// In words.
    pub fn name(self) -> &'static str {
        match self {
            KillCoordinator => "kill -9 of a coordinator",
            IngestAgain => "the last resort brought back again and again",
            StopCoordinator => "SIGSTOP of a coordinator",
            KillWorker => "kill -9 of a worker",
            StopWorker => "SIGSTOP of a worker",
            PartClients => "partition between clients and a coordinator",
            HalfOpenClients => "half-open connections of clients",
            LoseReplies => "replies lost after the commit",
            LoseLeases => "leases lost on their way",
            GoAway => "GOAWAY",
            DiskFull => "disk full",
            KillBackend => "kill -9 of a database backend",
            StopBackend => "SIGSTOP of a database backend",
            KillPostmaster => "kill -9 of the postmaster",
            StopPostmaster => "SIGSTOP of the postmaster",
            RestartDatabase => "restart of the database",
            ReadOnly => "database read-only",
            NoConnections => "connections exhausted",
            LockHeld => "a lock held on the jobs",
            CutDatabase => "partition between a coordinator and the database",
            HalfOpenDatabase => "half-open connections to the database",
            LoseCommit => "answer to a COMMIT lost",
        }
    }

    /// Breaks something, holds it, and mends it. What was seen of it, or why that was nothing.
    async fn strike(self, system: &mut System, draws: &mut Draws) -> Result<String, String> {
        match self {
            KillCoordinator => process::kill_coordinator(system, draws).await,
            IngestAgain => resort::ingest_again(system, draws).await,
            StopCoordinator => process::stop_coordinator(system, draws).await,
            KillWorker => process::kill_worker(system, draws).await,
            StopWorker => process::stop_worker(system, draws).await,
            PartClients => network::part_clients(system, draws).await,
            HalfOpenClients => network::half_open_clients(system, draws).await,
            LoseReplies => network::lose_replies(system, draws).await,
            LoseLeases => network::lose_leases(system, draws).await,
            GoAway => network::go_away(system, draws).await,
            DiskFull => database::disk_full(system, draws).await,
            KillBackend => database::kill_backend(system, draws).await,
            StopBackend => database::stop_backend(system, draws).await,
            KillPostmaster => database::kill_postmaster(system, draws).await,
            StopPostmaster => database::stop_postmaster(system, draws).await,
            RestartDatabase => database::restart(system, draws).await,
            ReadOnly => database::read_only(system, draws).await,
            NoConnections => database::no_connections(system, draws).await,
            LockHeld => database::lock_held(system, draws).await,
            CutDatabase => network::cut_database(system, draws).await,
            HalfOpenDatabase => network::half_open_database(system, draws).await,
            LoseCommit => network::lose_commit(system, draws).await,
        }
    }
}

/// A fault that was fired.
#[derive(Debug, Clone)]
pub(crate) struct Struck {
    pub fault: Fault,
    pub begin: u64,
    pub end: u64,
    /// What was seen of it, or why that was nothing.
    pub effect: Result<String, String>,
}

impl Struck {
    /// When it can have had effects: the leases that were lost in it run out after it.
    pub fn window(&self) -> Window {
        let after = 2 * u64::try_from(crate::load::plans::LEASE.as_micros()).expect("seconds");
        Window { what: self.fault.name().into(), scope: None, begin: self.begin, end: self.end + after }
    }
}

/// Fires a fault.
pub(crate) async fn strike(fault: Fault, system: &mut System, draws: &mut Draws) -> Struck {
    let begin = clock::now();
    let effect = fault.strike(system, draws).await;
    Struck { fault, begin, end: clock::now(), effect }
}
