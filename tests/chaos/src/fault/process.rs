//! Processes that die or stand still.

use crate::{
    draws::Draws,
    system::{
        System,
        signal::{self, Signal},
        workers,
    },
};
use tokio::time::sleep;

/// How long something is down, and how long it stands still: shorter and longer than a lease.
pub(super) const DOWN_MS: (u64, u64) = (50, 1_500);
const STILL_MS: (u64, u64) = (600, 5_000);

pub(super) async fn kill_coordinator(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.coordinators.len());
    let coordinator = &mut system.coordinators[at];
    let before = coordinator.id();
    if !coordinator.kill9().await {
        return Err(format!("{} did not die of it", coordinator.name));
    }
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    coordinator.start().await?;
    Ok(format!("{}: process {before} died of signal 9, process {} took its place", coordinator.name, coordinator.id()))
}

pub(super) async fn stop_coordinator(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(system.coordinators.len());
    let (name, id) = (system.coordinators[at].name.clone(), system.coordinators[at].id());
    stand_still(&name, id, draws).await
}

pub(super) async fn kill_worker(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(workers::COUNT);
    let killed = system.workers.kill9(at).await;
    sleep(draws.millis(DOWN_MS.0, DOWN_MS.1)).await;
    system.workers.replace(at).await;
    if killed { Ok(format!("worker {at} died of signal 9")) } else { Err(format!("worker {at} did not die of it")) }
}

pub(super) async fn stop_worker(system: &mut System, draws: &mut Draws) -> Result<String, String> {
    let at = draws.below(workers::COUNT);
    let id = system.workers.id(at).ok_or_else(|| format!("worker {at} does not run"))?;
    stand_still(&format!("worker {at}"), id, draws).await
}

/// Stops a process for a while.
pub(super) async fn stand_still(name: &str, id: u32, draws: &mut Draws) -> Result<String, String> {
    let pause = draws.millis(STILL_MS.0, STILL_MS.1);
    if !signal::send(id, Signal::Stop) {
        return Err(format!("{name}: there is no process {id}"));
    }
    sleep(pause).await;
    let stopped = signal::is_stopped(id);
    let told = signal::send(id, Signal::Continue);
    match stopped && told {
        true => Ok(format!("{name}: process {id} was in state T for {} ms", pause.as_millis())),
        false => Err(format!("{name}: process {id} was not stopped: {:?}", signal::state(id))),
    }
}
