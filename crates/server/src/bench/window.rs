//! A stretch of time that is measured: what everybody used between its two ends.

use super::{
    coordinator::Sent,
    process::{self, Used, used},
    stage::Stage,
};
use esteira_store_sql::measure::Counts;
use std::time::Duration;
use tokio::time::Instant;

/// What all had used at one moment.
struct Moment {
    at: Instant,
    coordinators: Used,
    load: Used,
    database_cpu: Option<Duration>,
    counts: Option<Counts>,
    sent: Option<Sent>,
}

/// A window that is open.
pub struct Window(Moment);

/// What was used while a window was open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Spent {
    /// How long it was open.
    pub took: Duration,
    /// CPU of all coordinators.
    pub coordinator_cpu: Duration,
    /// CPU of load and workers, which are this process.
    pub load_cpu: Duration,
    /// CPU of all processes of the database's server; none where it is elsewhere, or part of the coordinator.
    pub database_cpu: Option<Duration>,
    /// PostgreSQL: bytes of its log. SQLite: bytes that the coordinator had the kernel write, log and checkpoints.
    pub wal_bytes: u64,
    /// PostgreSQL: syncs of its log. SQLite: commits, each of which is one sync. None where the build does not tell.
    pub syncs: Option<u64>,
    /// Statements that the coordinators sent. None where the build does not tell.
    pub statements: Option<u64>,
    /// Resident memory of all coordinators at the end.
    pub rss_bytes: u64,
    /// Size of the database at the end.
    pub database_bytes: u64,
}

async fn look(stage: &mut Stage) -> Result<Moment, String> {
    let counts = stage.database.counts().await?;
    let mut sent = None;
    for coordinator in &mut stage.coordinators {
        if let Some(more) = coordinator.sent().await? {
            let so_far: Sent = sent.unwrap_or_default();
            sent =
                Some(Sent { statements: so_far.statements + more.statements, commits: so_far.commits + more.commits });
        }
    }
    let coordinators = stage.coordinators.iter().map(|coordinator| used(coordinator.pid));
    let coordinators = coordinators.fold(Used::default(), |all, one| Used {
        cpu: all.cpu + one.cpu,
        rss_bytes: all.rss_bytes + one.rss_bytes,
        written_bytes: all.written_bytes + one.written_bytes,
    });
    let server = counts.and_then(|counts| process::server_of(counts.process));
    Ok(Moment {
        at: Instant::now(),
        coordinators,
        load: used(std::process::id()),
        database_cpu: server.map(process::cpu_of_tree),
        counts,
        sent,
    })
}

impl Window {
    /// Opens one.
    pub async fn open(stage: &mut Stage) -> Result<Self, String> {
        Ok(Self(look(stage).await?))
    }

    /// Closes it.
    pub async fn close(self, stage: &mut Stage) -> Result<Spent, String> {
        let (before, after) = (self.0, look(stage).await?);
        let counted = |of: fn(Counts) -> u64| Some(of(after.counts?) - of(before.counts?));
        let sent = |of: fn(Sent) -> u64| Some(of(after.sent?) - of(before.sent?));
        let written = after.coordinators.written_bytes - before.coordinators.written_bytes;
        Ok(Spent {
            took: after.at - before.at,
            coordinator_cpu: after.coordinators.cpu.saturating_sub(before.coordinators.cpu),
            load_cpu: after.load.cpu.saturating_sub(before.load.cpu),
            database_cpu: after
                .database_cpu
                .zip(before.database_cpu)
                .map(|(after, before)| after.saturating_sub(before)),
            wal_bytes: counted(|counts| counts.wal_bytes).unwrap_or(written),
            syncs: counted(|counts| counts.wal_syncs).or_else(|| sent(|sent| sent.commits)),
            statements: sent(|sent| sent.statements),
            rss_bytes: after.coordinators.rss_bytes,
            database_bytes: after.counts.map_or_else(|| stage.database.file_bytes(), |counts| counts.database_bytes),
        })
    }
}
