//! Asks for tasks and starts them.

use crate::{
    client::{Answer, new_id, wire},
    model::Cancellation,
    worker::{
        attempt::attempt,
        convert,
        dispatch::{Dispatcher, Event, PAUSE, Running, is_final},
        heartbeat::Directive,
        outgoing::{Letter, Outgoing},
        pause::rest,
        report::{refused, released},
    },
};
use esteira_contract::v1;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tonic::Status;

/// An empty answer that came sooner is followed by a pause of this length.
const EARLY: Duration = Duration::from_millis(200);

impl Dispatcher {
    /// Parks a poll for all free slots, unless one is parked or a report is about to ask for them.
    pub(crate) fn send_poll(&mut self) {
        let may = self.registered
            && self.phase.is_serving()
            && self.poll.is_none()
            && self.reporting.is_none()
            && self.outgoing.is_empty();
        if !may || self.slots.free() == 0 {
            return;
        }
        let leases = self.slots.promise_to_poll(self.limits.leases_per_call);
        let wait = esteira_model::limits::WAIT_DEFAULT.min(self.limits.wait);
        let request = v1::LeaseTasksRequest { wait: Some(wire::duration_out(wait)), ..self.lease_request(leases) };
        let (rpc, pause) = (self.around.rpc.clone(), std::mem::take(&mut self.poll_pause));
        self.poll = Some(self.work.spawn(async move {
            rest(pause).await;
            Event::Polled(rpc.lease(request, wait).await)
        }));
    }

    pub(crate) fn lease_request(&self, leases: usize) -> v1::LeaseTasksRequest {
        v1::LeaseTasksRequest {
            worker_id: self.setup.info.worker_id.clone(),
            request_id: new_id(),
            function_names: self.setup.info.functions.iter().map(|function| function.name.clone()).collect(),
            queues: self.setup.queues.clone(),
            max_leases: i32::try_from(leases).unwrap_or(i32::MAX),
            wait: None,
            lease_ttl: self.setup.lease_ttl.map(wire::duration_out),
        }
    }

    pub(crate) fn on_polled(&mut self, result: Result<Answer<v1::LeaseTasksResponse>, Status>) {
        self.poll = None;
        self.slots.poll_answered();
        match result {
            Ok(answer) => {
                if answer.value.leases.is_empty() && answer.sent.elapsed() < EARLY {
                    self.poll_pause = EARLY;
                }
                self.on_leased(answer.value, answer.sent);
            }
            Err(status) if is_final(&status) => self.fail(status),
            Err(status) => {
                tracing::warn!(code = %status.code(), message = status.message(), "poll failed");
                self.poll_pause = PAUSE;
            }
        }
    }

    pub(crate) fn on_leased(&mut self, answer: v1::LeaseTasksResponse, sent: Instant) {
        for lease in answer.leases {
            self.start(lease, sent);
        }
        if let Some(directive) = Directive::read(answer.directive) {
            self.on_directive(directive);
        }
    }

    fn start(&mut self, lease: v1::TaskLease, sent: Instant) {
        let token = lease.lease_token.clone();
        if self.running.contains_key(&token) {
            return;
        }
        let give_back =
            |outgoing: &mut Outgoing, reason| outgoing.push(Letter::without_result(token.clone(), released(reason)));
        if !self.phase.is_serving() {
            return give_back(&mut self.outgoing, "the worker shuts down");
        }
        let Some(function) = self.setup.functions.get(&lease.function_name).cloned() else {
            return give_back(&mut self.outgoing, "the worker does not have this function");
        };
        let lease = match convert::lease_in(lease) {
            Ok(lease) => lease,
            Err(field) => return self.outgoing.push(Letter::without_result(token, refused("LEASE_UNREADABLE", field))),
        };
        if !self.slots.start() {
            return give_back(&mut self.outgoing, "the worker has no free slot");
        }
        let cancellation = Cancellation::new();
        self.around.heartbeats.hold(&token, lease.ttl, sent, cancellation.clone());
        let run = attempt(Arc::clone(&self.around), function, lease, cancellation.clone(), self.limits);
        let abort = self.work.spawn(async move { Event::Ended(Box::new(run.await)) });
        self.running.insert(token, Running { cancellation, abort });
    }
}
