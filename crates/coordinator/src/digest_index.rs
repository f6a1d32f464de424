//! The index of digests: made in the background, so that no step pays for keys that come in no order.
//!
//! It follows the log, whose order is the one that no commit of whichever coordinator can come in behind. What a leaf is about is
//! read on the read side; a transaction adds a few hundred sorted keys and is followed by a pause, as in a purge. A step that was
//! cut off is done again: what is in the index already stays as it is.

use crate::{
    coordinator::{Act, Coordinator},
    error::Result,
    leader::{Lead, RENEW_PERIOD},
    log::extend::split,
};
use esteira_ledger::Leaf;
use esteira_model::{ArtifactId, JobId, PageId, TaskId};
use esteira_store::{DigestCursor, LedgerPlace, Reader, Unit};
use hashbrown::HashMap;
use std::{collections::BTreeSet, time::Duration};
use tokio::time::Instant;

/// How often it looks whether the log has grown.
const TICK: Duration = Duration::from_secs(1);
/// Leaves that one step follows at most, and more only when they lie in one page. While there is little to do a page has one leaf:
/// a step for each few of them would be a synced commit for each.
const LEAVES_MAX: u64 = 512;
/// Keys that one transaction adds at most. Reports wait for it on SQLite.
const KEYS_MAX: usize = 500;
/// A pause is so many times as long as the step before it.
const PAUSE_FACTOR: u32 = 3;

/// Runs until the coordinator stops.
pub(crate) async fn run(coordinator: Coordinator) {
    let shared = coordinator.shared.clone();
    let lead = shared.is_shared.then(|| Lead::new("digest index", &mut shared.ids.clone()));
    let (mut is_leader, mut next_ask) = (lead.is_none(), Instant::now());
    loop {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = shared.stopping.cancelled() => break,
        }
        if let Some(lead) = lead
            && Instant::now() >= next_ask
        {
            next_ask = Instant::now() + RENEW_PERIOD;
            is_leader = leads(&coordinator, lead).await;
        }
        if !is_leader {
            continue;
        }
        tokio::select! {
            caught_up = catch_up(&coordinator) => if let Err(error) = caught_up {
                tracing::warn!(%error, "the index of digests is behind; it goes on soon");
            },
            () = shared.stopping.cancelled() => break,
        }
    }
}

/// Whoever leads in vain does what is done already: the lead only keeps two from doing the same work.
async fn leads(coordinator: &Coordinator, lead: Lead) -> bool {
    let now = coordinator.shared.clock.now();
    let took = apart(coordinator, move |unit| Box::pin(async move { Ok(lead.take(unit, now).await?) })).await;
    took.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot find out who leads the index of digests; trying again");
        false
    })
}

/// Follows the log to its end, for as long as a lead lasts without being renewed.
async fn catch_up(coordinator: &Coordinator) -> Result<()> {
    let until = Instant::now() + RENEW_PERIOD;
    while Instant::now() < until && step(coordinator).await? {}
    Ok(())
}

/// Adds what the next leaves are about; `false` at the end of the log.
pub(crate) async fn step(coordinator: &Coordinator) -> Result<bool> {
    let reader = &*coordinator.shared.reader;
    let (head, cursor) = (reader.ledger_head().await?, reader.digest_cursor().await?);
    // In another epoch leaves may have other places: all is followed once more.
    let from = if cursor.epoch == head.epoch { cursor.index } else { 0 };
    let mut places =
        if from < head.size { reader.ledger_places(from, head.size, LEAVES_MAX as usize).await? } else { Vec::new() };
    places.truncate(1 + places.iter().skip(1).take_while(|place| place.first_index < from + LEAVES_MAX).count());
    let Some(last) = places.last() else { return Ok(false) };
    let next = DigestCursor { epoch: head.epoch, index: last.first_index + u64::from(last.leaf_count) };
    let ids: Vec<ArtifactId> = artifacts(reader, &places).await?.into_iter().collect();
    let mut chunks: Vec<Vec<ArtifactId>> = ids.chunks(KEYS_MAX).map(<[_]>::to_vec).collect();
    let last = chunks.pop().unwrap_or_default();
    for chunk in chunks {
        let began = Instant::now();
        apart(coordinator, move |unit| Box::pin(async move { Ok(unit.index_digests(&chunk).await?) })).await?;
        tokio::time::sleep(began.elapsed() * PAUSE_FACTOR).await;
    }
    let began = Instant::now();
    apart(coordinator, move |unit| {
        Box::pin(async move {
            unit.index_digests(&last).await?;
            Ok(unit.put_digest_cursor(&next).await?)
        })
    })
    .await?;
    if next.index == head.size {
        return Ok(false);
    }
    tokio::time::sleep(began.elapsed() * PAUSE_FACTOR).await;
    Ok(true)
}

/// One transaction, on the connection of maintenance where the store has one: a round waits for none of it then.
async fn apart<T: Send + 'static>(
    coordinator: &Coordinator,
    act: impl for<'u> FnOnce(&'u mut dyn Unit) -> Act<'u, T> + Send + 'static,
) -> Result<T> {
    let mut writer = coordinator.shared.maintenance.writer.lock().await;
    let Some(writer) = &mut *writer else { return coordinator.transact(act).await };
    let mut unit = writer.begin().await?;
    let value = act(&mut *unit).await?;
    unit.commit().await?;
    Ok(value)
}

/// The artifacts that the leaves of these pages are about.
async fn artifacts(reader: &dyn Reader, places: &[LedgerPlace]) -> Result<BTreeSet<ArtifactId>> {
    let pages: Vec<PageId> = places.iter().map(|place| place.page).collect();
    let bytes: HashMap<PageId, Vec<u8>> = reader.page_bytes(&pages).await?.into_iter().collect();
    let mut about = About::default();
    for page in bytes.values() {
        // What is no leaf is told by a verification of the log; here it is about nothing.
        split(page).unwrap_or_default().into_iter().for_each(|leaf| about.leaf(leaf));
    }
    let mut ids: BTreeSet<ArtifactId> = reader.artifacts_of(&about.tasks, &about.ended).await?.into_iter().collect();
    ids.extend(reader.jobs(&about.started).await?.into_iter().map(|job| job.input));
    Ok(ids)
}

/// What leaves name.
#[derive(Debug, Default, PartialEq)]
struct About {
    /// Tasks of which an attempt ended.
    tasks: Vec<(JobId, TaskId)>,
    /// Jobs that began.
    started: Vec<JobId>,
    /// Jobs that ended: of them, what tasks read that nobody ever tried.
    ended: Vec<JobId>,
}

impl About {
    fn leaf(&mut self, bytes: &[u8]) {
        match Leaf::decode(bytes) {
            Ok(Leaf::JobStarted(leaf)) => self.started.push(leaf.job),
            Ok(Leaf::AttemptEnded(leaf)) => self.tasks.push((leaf.job, leaf.task)),
            Ok(Leaf::JobEnded(leaf)) => self.ended.push(leaf.job),
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "digest_index_tests.rs"]
mod tests;
