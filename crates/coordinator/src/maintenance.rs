//! What is done from time to time, once among all coordinators of a store: partitions ahead, the purge, partitions behind.

use crate::{
    coordinator::Coordinator,
    error::Result,
    leader::{Lead, RENEW_PERIOD},
    partitions::Change,
    purge::{Applied, Ask},
};
use std::time::Duration;
use tokio::time::Instant;

/// How long one turn of a pass takes at most: an operator who applies the policies waits no longer for the connection.
const TURN: Duration = Duration::from_secs(1);

/// Runs until the coordinator stops.
pub(crate) async fn run(coordinator: Coordinator, period: Duration) {
    let shared = coordinator.shared.clone();
    let lead = shared.is_shared.then(|| Lead::new("retention", &mut shared.ids.clone()));
    // Who begins to lead does not know when the one before it was done.
    let mut next = Instant::now() + period.min(RENEW_PERIOD);
    loop {
        tokio::select! {
            () = tokio::time::sleep(RENEW_PERIOD.min(next.saturating_duration_since(Instant::now()))) => {}
            () = shared.stopping.cancelled() => break,
        }
        if let Some(lead) = lead
            && !is_leader(&coordinator, lead).await
        {
            next = Instant::now() + RENEW_PERIOD;
            continue;
        }
        if Instant::now() < next {
            continue;
        }
        tokio::select! {
            done = pass(&coordinator, lead) => match done {
                Ok(applied) => told(&applied),
                Err(error) => tracing::warn!(%error, "the purge stopped; it comes again"),
            },
            () = shared.stopping.cancelled() => break,
        }
        next = Instant::now() + period;
    }
    if let Some(lead) = lead {
        let left = coordinator.transact(move |unit| Box::pin(async move { Ok(lead.leave(unit).await?) })).await;
        if let Err(error) = left {
            tracing::warn!(%error, "the lead could not be left; it is free soon");
        }
    }
}

async fn is_leader(coordinator: &Coordinator, lead: Lead) -> bool {
    let now = coordinator.shared.clock.now();
    let took = coordinator.transact(move |unit| Box::pin(async move { Ok(lead.take(unit, now).await?) })).await;
    took.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot find out who leads; trying again");
        false
    })
}

/// All trees, in turns.
async fn pass(coordinator: &Coordinator, lead: Option<Lead>) -> Result<Applied> {
    let mut all = Applied::default();
    let dropped_below = match coordinator.change_partitions(Change::Create, lead).await? {
        Some(_) => coordinator.kept_from().await?,
        None => None,
    };
    let mut ask = Ask { dropped_below, ..Ask::default() };
    loop {
        let turn = coordinator.purge(ask.clone(), TURN, lead).await?;
        all.removed += turn.removed;
        all.open += turn.open;
        all.undelivered += turn.undelivered;
        match turn.next {
            Some(next) => ask.after = Some(next),
            None => {
                all.partitions = coordinator.change_partitions(Change::Drop, lead).await?.unwrap_or(0);
                return Ok(all);
            }
        }
    }
}

fn told(applied: &Applied) {
    let Applied { removed, partitions, open, undelivered, .. } = applied;
    if removed.jobs > 0 || *partitions > 0 || *undelivered > 0 {
        tracing::info!(
            jobs = removed.jobs,
            tasks = removed.tasks,
            artifacts = removed.artifacts,
            bytes = removed.bytes,
            partitions,
            open,
            undelivered,
            "history that is kept no longer was removed"
        );
    }
}
