//! The outbox leases: any relay, in any language, leases committed messages, publishes them, acknowledges (INV-OUTBOX).

use crate::{
    coordinator::{Coordinator, Shared},
    error::{Error, Reason, Result},
    work::Principal,
};
use esteira_engine::Entropy;
use esteira_model::{Time, limits};
use esteira_store::{OutboxKey, OutboxRun};
use std::time::Duration;
use tokio::time::Instant;

/// What a relay asks for, checked for form by the edge.
#[derive(Debug, Clone)]
pub struct LeaseOutbox {
    /// The relay.
    pub worker_id: String,
    /// Its id of the poll; "" = not repeatable.
    pub request_id: String,
    /// Topics that it serves.
    pub topics: Vec<String>,
    /// Messages at most.
    pub max_messages: usize,
    /// How long to wait for the first.
    pub wait: Duration,
    /// The lease length that it wants.
    pub ttl: Option<Duration>,
}

/// A leased run of one topic and key, in order.
#[derive(Debug, Clone, PartialEq)]
pub struct LeasedRun {
    /// The right to deliver it.
    pub token: String,
    /// The messages.
    pub run: OutboxRun,
    /// The lease's length.
    pub ttl: Duration,
}

/// A sign of life for a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxBeat {
    /// Its token, read.
    pub lease: Option<(OutboxKey, i64)>,
    /// A new lease length.
    pub ttl: Option<Duration>,
}

/// Messages that a relay could not deliver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NackOutbox {
    /// The lease.
    pub lease: (OutboxKey, i64),
    /// The first message that was not delivered.
    pub from_sequence: i64,
    /// When it may come again.
    pub retry_after: Duration,
    /// Whether it is set aside for a person.
    pub park: bool,
    /// Why.
    pub failure: String,
}

/// (Topic, key) pairs that one lease call takes at most.
const KEYS_MAX: usize = 100;
/// How long a relay waits at most before it looks by itself: a lease that ran out makes no news.
const LOOK_PERIOD: Duration = Duration::from_secs(1);

fn lost() -> Error {
    Error::new(Reason::LeaseLost, "a newer lease of these messages was given")
}

impl Coordinator {
    /// Waits for messages and leases the head runs of their keys.
    pub async fn lease_outbox(&self, principal: &Principal, ask: LeaseOutbox) -> Result<Vec<LeasedRun>> {
        let since = Instant::now();
        let sleep = tokio::time::sleep(ask.wait);
        tokio::pin!(sleep);
        loop {
            // Listening before looking: what is committed in between is news.
            let news = self.shared.outbox_ready.notified();
            let mut runs = self.try_lease_outbox(principal, &ask).await?;
            if !runs.is_empty() {
                // The relay counts a lease from when it sent the call, so the time that the call was held back comes on top.
                let held = since.elapsed();
                runs.iter_mut().for_each(|run| run.ttl += held);
                return Ok(runs);
            }
            tokio::select! {
                () = &mut sleep => return Ok(Vec::new()),
                () = news => {}
                () = tokio::time::sleep(LOOK_PERIOD) => {}
            }
        }
    }

    async fn try_lease_outbox(&self, principal: &Principal, ask: &LeaseOutbox) -> Result<Vec<LeasedRun>> {
        let (account, ask, now) = (principal.account.clone(), ask.clone(), self.shared.clock.now());
        let ttl = ask.ttl.unwrap_or(limits::LEASE_TTL_DEFAULT);
        let fence = self.shared.ids.clone().sequence();
        let runs = self
            .transact(move |unit| {
                Box::pin(async move {
                    if !ask.request_id.is_empty() {
                        let before = unit.outbox_runs(&account, &ask.worker_id, &ask.request_id, now).await?;
                        if !before.is_empty() {
                            return Ok(before);
                        }
                    }
                    if !unit.outbox_ready(&account, &ask.topics, now).await? {
                        return Ok(Vec::new());
                    }
                    Ok(unit
                        .lease_outbox(
                            &account,
                            &ask.topics,
                            KEYS_MAX,
                            ask.max_messages,
                            &ask.worker_id,
                            &ask.request_id,
                            fence,
                            now,
                            now.after(ttl),
                        )
                        .await?)
                })
            })
            .await?;
        let lease = |run: OutboxRun| LeasedRun {
            token: self.shared.tokens.outbox(&run.key, run.fence),
            ttl: run.expire_time.since(now),
            run,
        };
        Ok(runs.into_iter().map(lease).collect())
    }

    /// Extends leases; `None` for one that is lost.
    pub async fn extend_outbox(&self, beats: Vec<OutboxBeat>) -> Result<Vec<Option<Duration>>> {
        let now = self.shared.clock.now();
        self.transact(move |unit| {
            Box::pin(async move {
                let mut verdicts = Vec::with_capacity(beats.len());
                for beat in beats {
                    let ttl = beat.ttl.unwrap_or(limits::LEASE_TTL_DEFAULT);
                    let held = match &beat.lease {
                        Some((key, fence)) => unit.extend_outbox(key, *fence, now.after(ttl)).await?,
                        None => false,
                    };
                    verdicts.push(held.then_some(ttl));
                }
                Ok(verdicts)
            })
        })
        .await
    }

    /// Messages up to and with this one are delivered; answers how many were acknowledged now.
    pub async fn ack_outbox(&self, lease: (OutboxKey, i64), through_sequence: i64) -> Result<usize> {
        let now = self.shared.clock.now();
        let acked = self
            .transact(move |unit| {
                Box::pin(
                    async move { unit.ack_outbox(&lease.0, lease.1, through_sequence, now).await?.ok_or_else(lost) },
                )
            })
            .await?;
        // The key's next run can be leased now.
        self.shared.outbox_moved();
        Ok(acked)
    }

    /// Messages from this one on were not delivered.
    pub async fn nack_outbox(&self, nack: NackOutbox) -> Result<()> {
        let retry_time: Time = self.shared.clock.now().after(nack.retry_after);
        self.transact(move |unit| {
            Box::pin(async move {
                let (key, fence) = &nack.lease;
                let held =
                    unit.nack_outbox(key, *fence, nack.from_sequence, retry_time, nack.park, &nack.failure).await?;
                if held { Ok(()) } else { Err(lost()) }
            })
        })
        .await?;
        self.shared.outbox_moved();
        Ok(())
    }

    /// Lets a parked key's messages be leased again; answers whether it was parked.
    pub async fn unpark_outbox(&self, key: OutboxKey) -> Result<bool> {
        let now = self.shared.clock.now();
        let unparked = self
            .transact(move |unit| {
                Box::pin(async move {
                    unit.unpark_outbox(&key, now).await?.ok_or_else(|| {
                        Error::new(Reason::OutboxKeyNotFound, "no message of this topic and key waits to be delivered")
                    })
                })
            })
            .await?;
        if unparked {
            self.shared.outbox_moved();
        }
        Ok(unparked)
    }
}

impl Shared {
    /// Relays may find messages that they could not lease before.
    fn outbox_moved(&self) {
        self.outbox_ready.notify_waiters();
        self.news.add(|hints| hints.outbox = true);
    }
}
