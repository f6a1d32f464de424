//! Lease tasks: a long-poll that can be sent again (INV-POLL).

use crate::{
    coordinator::{Coordinator, remember},
    dispatcher::{Poll, PollKey},
    error::Result,
    grant::Grant,
    work::{BeatVerdict, HeartBeat, Principal, Work},
};
use esteira_model::seeded_bug::{self, Bug};
use std::time::Duration;
use tokio::{sync::oneshot, time::Instant};

/// What a worker asks for, checked for form by the edge.
#[derive(Debug, Clone)]
pub struct LeaseTasks {
    /// The worker.
    pub worker_id: String,
    /// Its id of the poll: the same id gets the same leases; "" = not repeatable.
    pub request_id: String,
    /// Functions that it serves.
    pub functions: Vec<String>,
    /// Queues that it takes from; empty = a queue named like each function.
    pub queues: Vec<String>,
    /// Leases at most.
    pub max_leases: usize,
    /// How long to wait for the first.
    pub wait: Duration,
    /// The lease length that it wants; none = the step's, or the default.
    pub ttl: Option<Duration>,
}

/// How long a poll that is being answered waits for the transaction that answers it.
const ANSWER_PATIENCE: Duration = Duration::from_secs(2);

/// Polls that wait for at least this long end together with others.
const LONG: Duration = Duration::from_secs(5);
/// So often; at most so much later than they asked for.
const TOGETHER: Duration = Duration::from_millis(250);

/// When a poll without leases is answered. Thousands of idle polls that end one by one wake the process for each answer and for each
/// new poll; those that end together share the wake-ups.
fn end_of_wait(since: Instant, wait: Duration, begun: Instant) -> Instant {
    let end = since + wait;
    if wait < LONG {
        return end;
    }
    let periods = end.saturating_duration_since(begun).as_nanos().div_ceil(TOGETHER.as_nanos());
    begun + TOGETHER * u32::try_from(periods).unwrap_or(u32::MAX)
}

/// What a poll gets.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Leased {
    /// The leases; empty when none came in time.
    pub grants: Vec<Grant>,
    /// The worker is to drain.
    pub drain: bool,
}

/// Takes a parked poll back when its caller goes away.
struct Parked<'c> {
    coordinator: &'c Coordinator,
    key: PollKey,
    number: u64,
    since: Instant,
    receiver: oneshot::Receiver<Vec<Grant>>,
}

impl Drop for Parked<'_> {
    fn drop(&mut self) {
        self.receiver.close();
        self.coordinator.shared.dispatcher.unpark(&self.key, self.number);
    }
}

impl Coordinator {
    /// Waits for tasks and leases them.
    pub async fn lease_tasks(&self, principal: &Principal, ask: LeaseTasks) -> Result<Leased> {
        let wait = ask.wait;
        self.fetch_from_elsewhere(principal, &ask).await?;
        match self.park(principal, ask) {
            Ready::Now(leased) => self.renew(leased).await,
            Ready::Parked(parked) => Ok(parked.wait(wait).await),
        }
    }

    /// A poll of a worker that comes from another coordinator may have got its leases there (INV-POLL).
    async fn fetch_from_elsewhere(&self, principal: &Principal, ask: &LeaseTasks) -> Result<()> {
        let shared = self.shared.clone();
        let last_seen = shared.workers.last_seen(&principal.account, &ask.worker_id);
        if ask.request_id.is_empty() || !shared.may_be_elsewhere(last_seen, shared.clock.now()) {
            return Ok(());
        }
        let key = PollKey {
            account: principal.account.clone(),
            worker_id: ask.worker_id.clone(),
            request_id: ask.request_id.clone(),
        };
        self.transact(move |unit| {
            Box::pin(async move {
                let leases = unit.leases_of_poll(&key.worker_id, &key.request_id).await?;
                remember(&shared, unit, &leases, Some(&key.account)).await
            })
        })
        .await
    }

    /// The leases of a poll that is sent again. The worker counts them from this call, so they begin anew; what was lost
    /// meanwhile is left out (INV-POLL).
    pub(crate) async fn renew(&self, leased: Leased) -> Result<Leased> {
        let beat = |grant: &Grant| HeartBeat { token: grant.lease, ttl: Some(grant.ttl), checkpoint: None };
        let beats: Vec<HeartBeat> = leased.grants.iter().map(beat).collect();
        if beats.is_empty() {
            return Ok(leased);
        }
        let verdicts = self.urgent(|reply| Work::Beat(beats, reply)).await?;
        let held = leased.grants.into_iter().zip(verdicts).filter(|(_, verdict)| *verdict != BeatVerdict::Lost);
        Ok(Leased { grants: held.map(|(grant, _)| grant).collect(), ..leased })
    }

    /// Parks a poll for the time of a report, so that what the report makes ready comes back with its answer.
    pub(crate) fn park(&self, principal: &Principal, ask: LeaseTasks) -> Ready<'_> {
        let shared = &self.shared;
        let (drain, versions) =
            shared.workers.polled(&principal.account, &ask.worker_id, &ask.functions, shared.clock.now());
        let key = PollKey { account: principal.account.clone(), worker_id: ask.worker_id, request_id: ask.request_id };
        if !key.request_id.is_empty() && !seeded_bug::is(Bug::ForgetPolls) {
            let grants = shared.dispatcher.delivered(&key);
            if !grants.is_empty() {
                return Ready::Now(Leased { grants, drain });
            }
        }
        if drain {
            return Ready::Now(Leased { grants: Vec::new(), drain });
        }
        let since = tokio::time::Instant::now();
        let functions = ask.functions.into_iter().zip(versions).collect();
        let (key, number, receiver, wanted) =
            shared.dispatcher.park(Poll::new(key, functions, ask.queues, ask.max_leases, ask.ttl));
        if wanted {
            self.claim();
        }
        Ready::Parked(ParkedPoll(Parked { coordinator: self, key, number, since, receiver }))
    }
}

pub(crate) enum Ready<'c> {
    Now(Leased),
    Parked(ParkedPoll<'c>),
}

pub(crate) struct ParkedPoll<'c>(Parked<'c>);

impl ParkedPoll<'_> {
    pub async fn wait(mut self, wait: Duration) -> Leased {
        let parked = &mut self.0;
        let shared = &parked.coordinator.shared;
        let mut grants = tokio::select! {
            biased;
            grants = &mut parked.receiver => grants.unwrap_or_default(),
            () = tokio::time::sleep_until(end_of_wait(parked.since, wait, shared.begun)) => {
                if shared.dispatcher.unpark(&parked.key, parked.number) {
                    // An answer may have come just before.
                    parked.receiver.try_recv().unwrap_or_default()
                } else {
                    // The committer holds a place in this poll: its transaction ends soon, either way.
                    tokio::time::timeout(ANSWER_PATIENCE, &mut parked.receiver).await.map(|answer| answer.unwrap_or_default()).unwrap_or_default()
                }
            }
        };
        // The worker counts a lease from when it sent the call, so the time that the call was held back comes on top.
        let held = parked.since.elapsed();
        grants.iter_mut().for_each(|grant| grant.ttl += held);
        let drain = shared.workers.polled(&parked.key.account, &parked.key.worker_id, &[], shared.clock.now()).0;
        Leased { grants, drain }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_waits_end_together_and_never_early() {
        let begun = tokio::time::Instant::now();
        let ends = |millis: [u64; 4], wait| {
            millis.map(|at| {
                let since = begun + Duration::from_millis(at);
                let end = end_of_wait(since, wait, begun);
                assert!(end >= since + wait && end < since + wait + TOGETHER);
                (end - begun).as_millis()
            })
        };
        assert_eq!(ends([1, 100, 250, 251], Duration::from_secs(20)), [20_250, 20_250, 20_250, 20_500]);
        assert_eq!(ends([1, 100, 250, 251], Duration::from_secs(1)), [1_001, 1_100, 1_250, 1_251]);
    }
}
