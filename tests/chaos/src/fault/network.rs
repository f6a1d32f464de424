//! Links that part, fall silent, or lose what passes.

use crate::{
    draws::Draws,
    system::{System, link::State},
};
use esteira_conformance::proxy::{By, Loss};
use std::time::Duration;
use tokio::time::{Instant, sleep};

const PARTED_MS: (u64, u64) = (500, 4_000);
/// How long a link is silent: sometimes longer than anybody waits for an answer.
const SILENT_MS: (u64, u64) = (800, 7_000);
/// How many answers get lost, and how long that may take.
const REPLIES: [&str; 9] = [
    "ReportTasks",
    "StartJob",
    "ReportTasks",
    "LeaseTasks",
    "AckOutbox",
    "ControlJob",
    "LeaseOutbox",
    "ReportTasks",
    "RetryTasks",
];
const LEASES: usize = 4;
const LOST_MAX: Duration = Duration::from_secs(25);

pub(super) async fn part_clients(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.proxies.len());
    let proxy = &system.proxies[at];
    let before = proxy.refused();
    proxy.partition(true);
    sleep(draws.millis(PARTED_MS.0, PARTED_MS.1)).await;
    proxy.partition(false);
    let refused = proxy.refused() - before;
    if refused > 0 {
        Ok(format!("{refused} connections to c{at} were refused"))
    } else {
        Err("nobody was refused".into())
    }
}

pub(super) async fn half_open_clients(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.proxies.len());
    let proxy = &system.proxies[at];
    let silenced = proxy.hush();
    // New connections are served: whoever notices goes on.
    sleep(draws.millis(PARTED_MS.0, PARTED_MS.1)).await;
    if silenced > 0 {
        Ok(format!("{silenced} connections to c{at} fell silent"))
    } else {
        Err("there was no connection to be silenced".into())
    }
}

pub(super) async fn lose_replies(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let losses = REPLIES.map(|method| {
        let by = if draws.percent(50) { By::Connection } else { By::Stream };
        Loss::of(method).by(by)
    });
    lose(system, draws, losses.to_vec(), 6).await
}

pub(super) async fn lose_leases(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let losses = vec![Loss::of_leases().by(By::Stream); LEASES];
    lose(system, draws, losses, LEASES).await
}

/// Plans losses at one proxy, and waits until at least so many have happened.
async fn lose(system: &mut System, draws: &mut Draws, losses: Vec<Loss>, min: usize) -> Result<String, String> {
    let at = draws.below(system.proxies.len());
    let proxy = &system.proxies[at];
    let count = proxy.loss_counter();
    let before = count();
    losses.into_iter().for_each(|loss| proxy.lose(loss));
    let end = Instant::now() + LOST_MAX;
    while count() - before < min && Instant::now() < end {
        // The only way to be told of losses is to look.
        sleep(Duration::from_millis(20)).await;
    }
    proxy.lose_no_more();
    match count() - before {
        0 => Err(format!("no answer of c{at} was lost")),
        lost => Ok(format!("{lost} answers of c{at} were lost after their commit")),
    }
}

pub(super) async fn go_away(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.proxies.len());
    let told = system.proxies[at].bid_farewell();
    sleep(draws.millis(PARTED_MS.0, PARTED_MS.0 + 200)).await;
    if told > 0 {
        Ok(format!("{told} connections to c{at} were told"))
    } else {
        Err("there was nobody to be told".into())
    }
}

pub(super) async fn cut_database(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = system.database.as_ref().ok_or("there is no server")?;
    let at = draws.below(database.links.len());
    let link = &database.links[at];
    let before = link.refused();
    link.set(State::Cut);
    sleep(draws.millis(PARTED_MS.0, PARTED_MS.1)).await;
    link.set(State::Open);
    let cut = link.refused() - before;
    if cut > 0 { Ok(format!("{cut} connections of c{at} were cut or refused")) } else { Err("nothing was cut".into()) }
}

pub(super) async fn half_open_database(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = system.database.as_ref().ok_or("there is no server")?;
    let at = draws.below(database.links.len());
    let link = &database.links[at];
    let open = link.open();
    let pause = draws.millis(SILENT_MS.0, SILENT_MS.1);
    link.set(State::Silent);
    sleep(pause).await;
    link.set(State::Open);
    if open > 0 {
        Ok(format!("{open} connections of c{at} were silent for {} ms", pause.as_millis()))
    } else {
        Err("there was no connection".into())
    }
}

pub(super) async fn lose_commit(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let database = system.database.as_ref().ok_or("there is no server")?;
    let at = draws.below(database.links.len());
    let link = &database.links[at];
    let before = link.lost();
    for number in 1..=3 {
        link.lose_commit();
        let end = Instant::now() + LOST_MAX;
        while link.lost() - before < number && Instant::now() < end {
            sleep(Duration::from_millis(10)).await;
        }
    }
    match link.lost() - before {
        0 => Err("no COMMIT was seen".into()),
        lost => Ok(format!("{lost} answers to a COMMIT of c{at} were lost, and the connection with each")),
    }
}
