//! A last resort that is brought back again and again: a disk that was put back, a cursor that was lost.

use super::process::DOWN_MS;
use crate::{
    draws::Draws,
    system::{System, link::State, resort},
};
use std::{collections::BTreeMap, path::Path, time::Duration};
use tokio::time::{Instant, sleep};

/// How often what was kept is brought back.
const TIMES: usize = 3;
/// How long it may take until something is kept, and until it is brought back.
const SEEN_MAX: Duration = Duration::from_secs(25);
const LOOK_EVERY: Duration = Duration::from_millis(100);

/// Takes the store away from a coordinator until it keeps something, kills it, and has it bring that back three times.
pub(super) async fn ingest_again(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.coordinators.len());
    take_away(system, at)?;
    let kept = keep(system, at, draws).await;
    give_back(system, at)?;
    let seen = match kept {
        Ok(kept) => bring_back(system, at, &kept, draws).await,
        Err(why) => Err(why),
    };
    if !system.coordinators[at].is_running() {
        system.coordinators[at].start().await?;
    }
    seen
}

fn take_away(system: &System, at: usize) -> Result<(), String> {
    match (&system.database, &system.disk) {
        (Some(database), _) => database.links[at].set(State::Cut),
        (None, Some(disk)) => drop(disk.fill().map_err(|error| error.to_string())?),
        (None, None) => return Err("there is no store".into()),
    }
    Ok(())
}

fn give_back(system: &System, at: usize) -> Result<(), String> {
    match (&system.database, &system.disk) {
        (Some(database), _) => database.links[at].set(State::Open),
        (None, Some(disk)) => disk.empty().map_err(|error| error.to_string())?,
        (None, None) => {}
    }
    Ok(())
}

/// Waits until something is kept; the coordinator is dead afterwards.
async fn keep(system: &mut System, at: usize, draws: &mut Draws) -> Result<resort::Copied, String> {
    let coordinator = &mut system.coordinators[at];
    let end = Instant::now() + SEEN_MAX;
    while resort::records(coordinator.resort()) == 0 {
        if Instant::now() > end {
            return Err(format!("{} kept nothing", coordinator.name));
        }
        sleep(LOOK_EVERY).await;
    }
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    coordinator.kill9().await;
    // Without its database it takes what capsules prove. A file that has no room it cannot open.
    if system.database.is_some() {
        coordinator.start().await?;
        sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
        coordinator.kill9().await;
    }
    resort::copy(coordinator.resort()).map_err(|error| error.to_string())
}

async fn bring_back(
    system: &mut System,
    at: usize,
    kept: &resort::Copied,
    draws: &mut Draws,
) -> Result<String, String> {
    let folder = system.coordinators[at].resort().to_owned();
    let before = counts(&folder);
    for time in 1..=TIMES {
        system.coordinators[at].start().await?;
        let is_back =
            |id: &String| counts(&folder).get(id).copied().unwrap_or(0) >= before.get(id).copied().unwrap_or(0) + time;
        let end = Instant::now() + SEEN_MAX;
        while !(kept.records.iter().all(is_back) && resort::records(&folder) == 0) {
            if Instant::now() > end {
                return Err(format!("{} records were not brought back for the {time}. time", kept.records.len()));
            }
            sleep(LOOK_EVERY).await;
        }
        if time < TIMES {
            sleep(draws.millis(0, DOWN_MS.1)).await;
            system.coordinators[at].kill9().await;
            // What is set aside again is written over.
            system.note_set_aside(at).map_err(|error| error.to_string())?;
            resort::put_back(kept).map_err(|error| error.to_string())?;
        }
    }
    let name = &system.coordinators[at].name;
    Ok(format!("{name} brought {} records back, {TIMES} times each", kept.records.len()))
}

/// How often each record was decided.
fn counts(folder: &Path) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for back in resort::brought_back(folder) {
        *counts.entry(back.record).or_default() += 1;
    }
    counts
}
