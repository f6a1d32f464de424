//! The end of a worker: no more leases, finish what runs, give back the rest, deliver what waits.

use crate::{
    client::wire,
    model::CancelReason,
    worker::{
        Error,
        dispatch::{Dispatcher, Event},
        outgoing::Letter,
        report::released,
    },
};
use esteira_contract::v1;
use std::time::Duration;
use tokio::time::Instant;
use tonic::Status;

/// How long a parked poll may take to come back after the coordinator was told to end it.
const POLL_GRACE: Duration = Duration::from_secs(1);
/// How long functions that were cancelled and dropped may take to come back as events.
const EVENT_GRACE: Duration = Duration::from_secs(1);
/// How long the last reports may take to be delivered.
const DELIVERY_GRACE: Duration = Duration::from_secs(10);

/// Where a worker stands on its way to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Leases and runs.
    Serving,
    /// Leases nothing; what runs may finish until `grace_ends`.
    Draining {
        /// The coordinator is being told.
        telling: bool,
        poll_ends: Option<Instant>,
        grace_ends: Option<Instant>,
    },
    /// What runs was cancelled.
    Stopping { ends: Instant },
    /// Nothing runs any more; reports are on their way.
    Delivering { ends: Instant },
    /// Out of time.
    Over,
}

impl Phase {
    pub(crate) fn is_serving(self) -> bool {
        self == Self::Serving
    }
}

impl Dispatcher {
    /// Stops leasing. With a grace the worker decided so by itself and tells the coordinator; without one the
    /// coordinator decided, and will cancel what runs too long.
    pub(crate) fn begin_drain(&mut self, grace: Option<Duration>) {
        if !matches!(self.phase, Phase::Serving | Phase::Draining { .. }) {
            return;
        }
        let now = Instant::now();
        let telling = grace.is_some() && self.registered;
        let poll_ends = (!telling).then(|| now + POLL_GRACE);
        self.phase = Phase::Draining { telling, poll_ends, grace_ends: grace.map(|grace| now + grace) };
        tracing::info!(running = self.running.len(), "worker drains");
        if telling {
            let rpc = self.around.rpc.clone();
            let request = v1::DrainWorkerRequest {
                worker_id: self.setup.info.worker_id.clone(),
                grace: grace.map(wire::duration_out),
                reason: "the worker shuts down".into(),
            };
            self.work.spawn(async move {
                if let Err(status) = rpc.drain(request).await {
                    tracing::warn!(code = %status.code(), message = status.message(), "drain not answered");
                }
                Event::DrainAnswered
            });
        }
    }

    /// The coordinator refused the worker: finish what runs, then say why.
    pub(crate) fn fail(&mut self, status: Status) {
        tracing::error!(code = %status.code(), message = status.message(), "refused by the coordinator");
        self.failure.get_or_insert(Error::Refused(status.into()));
        if self.phase.is_serving() {
            self.begin_drain(None);
            if let Phase::Draining { grace_ends, .. } = &mut self.phase {
                *grace_ends = Some(Instant::now() + self.setup.drain_grace);
            }
        }
    }

    pub(crate) fn on_drain_answered(&mut self) {
        if let Phase::Draining { telling, poll_ends, .. } = &mut self.phase {
            *telling = false;
            *poll_ends = Some(Instant::now() + POLL_GRACE);
        }
    }

    /// When the present phase needs a push.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        match self.phase {
            Phase::Serving | Phase::Over => None,
            Phase::Draining { poll_ends, grace_ends, .. } => poll_ends.into_iter().chain(grace_ends).min(),
            Phase::Stopping { ends } | Phase::Delivering { ends } => Some(ends),
        }
    }

    /// Moves on from a phase whose time is over.
    pub(crate) fn on_deadline(&mut self) {
        let now = Instant::now();
        match &mut self.phase {
            Phase::Serving | Phase::Over => {}
            Phase::Draining { poll_ends, grace_ends, .. } => {
                let grace_over = grace_ends.is_some_and(|ends| ends <= now);
                if grace_over || poll_ends.is_some_and(|ends| ends <= now) {
                    *poll_ends = None;
                    self.drop_poll();
                }
                if grace_over {
                    self.running.values().for_each(|running| running.cancellation.cancel(CancelReason::Drain));
                    self.phase = Phase::Stopping { ends: now + self.around.cancel_grace + EVENT_GRACE };
                }
            }
            Phase::Stopping { .. } => {
                self.give_up_running();
                self.phase = Phase::Delivering { ends: now + DELIVERY_GRACE };
            }
            Phase::Delivering { .. } => self.phase = Phase::Over,
        }
    }

    /// A drain in which nothing runs any more has only reports to wait for, and not for as long as functions.
    pub(crate) fn only_deliver(&mut self) {
        let undelivered = self.reporting.is_some() || !self.outgoing.is_empty();
        if let Phase::Draining { telling: false, grace_ends, .. } = self.phase
            && self.running.is_empty()
            && self.poll.is_none()
            && undelivered
        {
            let ends = Instant::now() + DELIVERY_GRACE;
            self.phase = Phase::Delivering { ends: grace_ends.map_or(ends, |grace| grace.min(ends)) };
        }
    }

    /// Whether there is nothing left to wait for.
    pub(crate) fn is_over(&self) -> bool {
        let idle =
            self.running.is_empty() && self.outgoing.is_empty() && self.reporting.is_none() && self.poll.is_none();
        match self.phase {
            Phase::Serving => false,
            Phase::Draining { telling, .. } => idle && !telling,
            Phase::Stopping { .. } | Phase::Delivering { .. } => idle,
            Phase::Over => true,
        }
    }

    /// How it went.
    pub(crate) fn finish(mut self) -> Result<(), Error> {
        let mut letters = self.reporting.take().unwrap_or_default();
        letters.extend(self.outgoing.take_out(|_| true));
        let undelivered = self.keep(letters);
        match self.failure {
            Some(error) => Err(error),
            None if undelivered > 0 => Err(Error::Undelivered(undelivered)),
            None => Ok(()),
        }
    }

    /// A lease that is in an answer which nobody reads returns by itself.
    fn drop_poll(&mut self) {
        if let Some(poll) = self.poll.take() {
            poll.abort();
            self.slots.poll_answered();
        }
    }

    /// Functions that block their thread cannot be stopped, but their tasks can be given back.
    fn give_up_running(&mut self) {
        for (token, running) in self.running.drain() {
            running.abort.abort();
            self.slots.end();
            self.around.heartbeats.forget(&token);
            self.outgoing.push(Letter::without_result(token, released("the worker shuts down")));
        }
    }
}
