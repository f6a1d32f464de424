//! Databases that break: the server's processes, its settings, its locks, and the disk of a file.

use super::process::stand_still;
use crate::{
    draws::Draws,
    system::{
        System,
        database::{CONNECTIONS_MAX, Database, ROLE},
        signal::{self, Signal},
    },
};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const DOWN_MS: (u64, u64) = (100, 2_500);
/// How long an effect may take to be seen.
const SEEN_MAX: Duration = Duration::from_secs(20);
const LOOK_EVERY: Duration = Duration::from_millis(50);

fn server(system: &System) -> Result<&Database, String> {
    system.database.as_ref().ok_or_else(|| "there is no server".into())
}

async fn backend(database: &Database) -> Result<u32, String> {
    database.backends().await.first().copied().ok_or_else(|| "no coordinator is connected".into())
}

async fn is_gone(process: u32) -> bool {
    let end = Instant::now() + SEEN_MAX;
    while signal::state(process).is_some() && Instant::now() < end {
        sleep(LOOK_EVERY).await;
    }
    signal::state(process).is_none()
}

pub(super) async fn kill_backend(system: &mut System, _: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let postmaster = database.server.postmaster().ok_or("there is no postmaster")?;
    let victim = backend(database).await?;
    if !signal::send(victim, Signal::Kill) || !is_gone(victim).await {
        return Err(format!("backend {victim} did not die of it"));
    }
    // The server takes all others down with it and recovers.
    database.is_back().await?;
    match database.server.postmaster() == Some(postmaster) {
        true => Ok(format!("backend {victim} died of signal 9, and the server recovered")),
        false => Err("the server itself was another one afterwards".into()),
    }
}

pub(super) async fn stop_backend(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let victim = backend(server(system)?).await?;
    stand_still("backend", victim, draws).await
}

pub(super) async fn kill_postmaster(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let postmaster = database.server.postmaster().ok_or("there is no postmaster")?;
    if !signal::send(postmaster, Signal::Kill) || !is_gone(postmaster).await {
        return Err(format!("postmaster {postmaster} did not die of it"));
    }
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    database.restart().await?;
    let after = database.server.postmaster();
    match after.is_some_and(|after| after != postmaster) {
        true => Ok(format!("postmaster {postmaster} died of signal 9, {after:?} took its place")),
        false => Err(format!("postmaster {postmaster} is still there")),
    }
}

pub(super) async fn stop_postmaster(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let postmaster = database.server.postmaster().ok_or("there is no postmaster")?;
    // Coordinators must connect anew while nobody takes their connections.
    let terminated = database.ask(&terminate()).await?;
    let still = stand_still("postmaster", postmaster, draws).await?;
    database.is_back().await?;
    Ok(format!("{still}, after {terminated} connections were ended"))
}

/// Ends the coordinators' connections; the answer says how many.
fn terminate() -> String {
    format!("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE usename = '{ROLE}'")
}

pub(super) async fn restart(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let before = database.server.postmaster();
    let stopping = database.server.clone();
    let mode = if draws.percent(50) { "fast" } else { "immediate" };
    tokio::task::spawn_blocking(move || stopping.stop(mode)).await.map_err(|error| error.to_string())?;
    if database.ask("SELECT 1").await.is_ok() {
        return Err("the server still answers".into());
    }
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    database.restart().await?;
    Ok(format!("the server stopped ({mode}): {before:?} became {:?}", database.server.postmaster()))
}

pub(super) async fn read_only(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let set = async |to: &str| -> Result<(), String> {
        database.ask(&format!("ALTER ROLE {ROLE} SET default_transaction_read_only = {to}")).await?;
        // A setting of a role holds for new sessions.
        database.ask(&terminate()).await.map(drop)
    };
    set("on").await?;
    let refused = refusals(database).await;
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    let refused = refusals(database).await - refused;
    let probe = match database.hold().await {
        Some(mut held) => !held.run("CREATE TABLE chaos_probe (n integer)").await,
        None => return Err("no session could be opened".into()),
    };
    set("off").await?;
    if probe {
        Ok(format!("a session of {ROLE} could not write; {refused} transactions were rolled back meanwhile"))
    } else {
        Err("a session could still write".into())
    }
}

async fn refusals(database: &Database) -> i64 {
    let sql = "SELECT sum(xact_rollback) FROM pg_stat_database";
    database.ask(sql).await.ok().and_then(|count| count.parse().ok()).unwrap_or_default()
}

pub(super) async fn no_connections(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let mut held = Vec::new();
    // The coordinators' own connections are ended, and whoever comes first takes the places.
    database.ask(&terminate()).await?;
    let end = Instant::now() + SEEN_MAX;
    let mut refused = 0;
    while refused < 3 && Instant::now() < end && held.len() < 2 * CONNECTIONS_MAX {
        match database.hold().await {
            Some(connection) => held.push(connection),
            None => refused += 1,
        }
    }
    // Those that a coordinator got in between are ended too, and taken.
    let pids: Vec<u32> = database.backends().await;
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    let full = database.hold().await.is_none();
    let count = held.len();
    drop(held);
    match refused > 0 && full {
        true => Ok(format!("{count} connections held of {} in all: a further one was refused", pids.len())),
        false => Err(format!("{count} connections were held, and there was room")),
    }
}

pub(super) async fn lock_held(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = server(system)?;
    let mut held = database.hold().await.ok_or("no connection")?;
    let table = ["job", "lease", "queue", "outbox_key"][draws.below(4)];
    if !held.run("BEGIN").await || !held.run(&format!("LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await {
        return Err(format!("the lock on {table} was not given"));
    }
    let sql = "SELECT count(*) FROM pg_locks WHERE NOT granted";
    let end = Instant::now() + SEEN_MAX;
    let mut waiting = 0;
    while waiting == 0 && Instant::now() < end {
        waiting = database.ask(sql).await?.parse().unwrap_or_default();
        sleep(LOOK_EVERY).await;
    }
    sleep(draws.millis(500, 6_000)).await;
    held.run("ROLLBACK").await;
    match waiting {
        0 => Err(format!("nobody waited for the lock on {table}")),
        _ => Ok(format!("{waiting} sessions waited for {table}")),
    }
}

pub(super) async fn disk_full(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let log_before = system.coordinators[0].log().len();
    let disk = system.disk.as_ref().ok_or("there is no disk")?;
    let taken = disk.fill().map_err(|error| error.to_string())?;
    let full = disk.is_full();
    // Long enough for the coordinator to meet it.
    let end = Instant::now() + SEEN_MAX;
    let mut met = false;
    while !met && Instant::now() < end {
        sleep(LOOK_EVERY).await;
        let log = system.coordinators[0].log();
        met = log[log_before.min(log.len())..].to_lowercase().contains("full");
    }
    sleep(draws.millis(200, 2_500)).await;
    disk.empty().map_err(|error| error.to_string())?;
    match (full, met) {
        (true, true) => Ok(format!("{taken} bytes of ballast left no room, and the coordinator said so")),
        (true, false) => Err("the disk was full, and the coordinator never met it".into()),
        (false, _) => Err("the disk was not full".into()),
    }
}
