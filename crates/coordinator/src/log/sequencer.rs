//! The sequencer: once among all coordinators of a store, gives waiting pages their places, and signs.
//!
//! Nothing of the log is kept in memory between two steps: kill -9 anywhere leaves a log that the next step goes on with. A step
//! that another was in the way of is computed anew at the next look.

use crate::{
    coordinator::{Act, Coordinator},
    error::{Error, Reason, Result},
    leader::{Lead, RENEW_PERIOD},
    log::{checkpoint, extend::gather},
};
use esteira_store::Unit;
use std::time::Duration;
use tokio::time::Instant;

/// How often it looks for pages that wait.
const TICK: Duration = Duration::from_secs(1);
/// Steps of one look at most: signing is never kept waiting for long.
const STEPS_MAX: usize = 16;
/// Pages that cannot be read and are named in one line of the log.
const UNREADABLE_TOLD_MAX: usize = 10;
/// What the last look of a stop may take.
const LAST_LOOK_MAX: Duration = Duration::from_secs(5);

/// Runs until the coordinator stops, and looks and signs once more then.
pub(crate) async fn run(coordinator: Coordinator) {
    let shared = coordinator.shared.clone();
    let mut sequencer = Sequencer::new(coordinator);
    loop {
        tokio::select! {
            () = tokio::time::sleep(TICK) => {}
            () = shared.log.wake.notified() => {}
            () = shared.stopping.cancelled() => break,
        }
        sequencer.turn().await;
    }
    sequencer.end().await;
}

struct Sequencer {
    coordinator: Coordinator,
    /// None where nobody else can be there.
    lead: Option<Lead>,
    is_leader: bool,
    /// When it asks again who leads.
    next_ask: Instant,
    /// When it signs again; or, where another leads, anchors what that one has signed.
    next_sign: Instant,
}

impl Sequencer {
    fn new(coordinator: Coordinator) -> Self {
        let shared = &coordinator.shared;
        let lead = shared.is_shared.then(|| Lead::new("ledger", &mut shared.ids.clone()));
        // The first checkpoint is signed at once: a log that is new has its first anchor soon.
        let now = Instant::now();
        Self { is_leader: lead.is_none(), lead, coordinator, next_ask: now, next_sign: now }
    }

    async fn turn(&mut self) {
        if let Some(lead) = self.lead
            && Instant::now() >= self.next_ask
        {
            self.next_ask = Instant::now() + RENEW_PERIOD;
            self.is_leader = leads(&self.coordinator, lead).await;
        }
        if self.is_leader
            && let Err(error) = self.coordinator.place_waiting(self.lead).await
        {
            tracing::warn!(%error, "leaves wait for their places; the next look takes them");
        }
        if Instant::now() >= self.next_sign {
            self.sign().await;
        }
    }

    async fn sign(&mut self) {
        let shared = self.coordinator.shared.clone();
        let Some(signing) = &shared.log.signing else { return };
        self.next_sign = Instant::now() + signing.period;
        let signed = match self.is_leader {
            true => self.coordinator.checkpoint(signing, self.lead).await.map(drop),
            false => checkpoint::anchor(&*shared.reader, signing, shared.clock.now()).await,
        };
        match signed {
            Ok(()) => {}
            Err(error) if error.reason == Reason::StoreUnavailable => {
                tracing::warn!(%error, "no checkpoint was signed; the next minute's is");
            }
            Err(error) => tracing::error!(%error, "no checkpoint is signed or anchored: somebody must look"),
        }
    }

    async fn end(mut self) {
        let last = async {
            self.next_ask = Instant::now() + LAST_LOOK_MAX * 2;
            self.next_sign = Instant::now();
            self.turn().await;
        };
        if tokio::time::timeout(LAST_LOOK_MAX, last).await.is_err() {
            tracing::warn!("the log did not get to its last checkpoint; it goes on with the next start");
        }
        if let Some(lead) = self.lead {
            let left =
                self.coordinator.log_unit(move |unit| Box::pin(async move { Ok(lead.leave(unit).await?) })).await;
            if let Err(error) = left {
                tracing::warn!(%error, "the lead of the log could not be left; it is free soon");
            }
        }
    }
}

async fn leads(coordinator: &Coordinator, lead: Lead) -> bool {
    let now = coordinator.shared.clock.now();
    let took = coordinator.log_unit(move |unit| Box::pin(async move { Ok(lead.take(unit, now).await?) })).await;
    took.unwrap_or_else(|error| {
        tracing::warn!(%error, "cannot find out who leads the log; trying again");
        false
    })
}

impl Coordinator {
    /// Gives what waits its places, in bounded steps; with a lead, only while it holds.
    pub(crate) async fn place_waiting(&self, lead: Option<Lead>) -> Result<()> {
        self.shared.log.looked();
        for _ in 0..STEPS_MAX {
            let Some(extended) = gather(&*self.shared.reader).await? else { return Ok(()) };
            if !extended.unreadable.is_empty() {
                let first = &extended.unreadable[..extended.unreadable.len().min(UNREADABLE_TOLD_MAX)];
                tracing::error!(
                    count = extended.unreadable.len(),
                    ?first,
                    "pages of leaves cannot be read and have no place in the log"
                );
            }
            if extended.placing.places.is_empty() {
                return Ok(());
            }
            let (placing, now) = (extended.placing, self.shared.clock.now());
            let placed = self
                .log_unit(move |unit| {
                    Box::pin(async move {
                        if let Some(lead) = lead
                            && !lead.take(unit, now).await?
                        {
                            return Ok(false);
                        }
                        unit.place_pages(&placing).await?;
                        Ok(true)
                    })
                })
                .await?;
            if !placed {
                return Err(Error::new(Reason::StoreUnavailable, "another coordinator leads the log now"));
            }
            if !extended.more {
                return Ok(());
            }
        }
        // The rest must not wait for a whole tick.
        self.shared.log.wake.notify_one();
        Ok(())
    }

    /// Runs something in a transaction of the log's own: on its own connection where it has one.
    pub(crate) async fn log_unit<T: Send + 'static>(
        &self,
        act: impl for<'u> FnOnce(&'u mut dyn Unit) -> Act<'u, T> + Send + 'static,
    ) -> Result<T> {
        let mut writer = self.shared.log.writer.lock().await;
        let Some(writer) = &mut *writer else { return self.transact(act).await };
        let mut unit = writer.begin().await?;
        let value = act(&mut *unit).await?;
        unit.commit().await?;
        Ok(value)
    }
}
