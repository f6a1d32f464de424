//! The loop of a worker: one owner of all its state; requests and functions run beside it and come back as events.

use crate::{
    client::{Answer, reason},
    model::{Cancellation, Function},
    worker::{
        Error,
        attempt::{Ended, Surroundings},
        drain::Phase,
        heartbeat::Directive,
        limits::Limits,
        outgoing::{Letter, Outgoing},
        pause::rest,
        slots::Slots,
        spool::Spool,
    },
};
use esteira_contract::v1;
use std::{collections::HashMap, future::Future, sync::Arc, time::Duration};
use tokio::{
    sync::mpsc,
    task::{AbortHandle, JoinSet},
};
use tonic::{Code, Status};

/// Pause after an answer that a worker cannot make sense of, before it asks anew.
pub(crate) const PAUSE: Duration = Duration::from_secs(1);

/// What a worker is made of, checked.
pub(crate) struct Setup {
    pub(crate) info: v1::WorkerInfo,
    pub(crate) functions: HashMap<String, Arc<dyn Function>>,
    pub(crate) slots: usize,
    pub(crate) queues: Vec<String>,
    pub(crate) lease_ttl: Option<Duration>,
    pub(crate) drain_grace: Duration,
}

/// What comes back from the work beside the loop.
pub(crate) enum Event {
    Registered(Result<Answer<v1::RegisterWorkerResponse>, Status>),
    Polled(Result<Answer<v1::LeaseTasksResponse>, Status>),
    Reported(Vec<Letter>, Result<Answer<v1::ReportTasksResponse>, Status>),
    Ended(Box<Ended>),
    DrainAnswered,
}

/// A function that runs.
pub(crate) struct Running {
    pub(crate) cancellation: Cancellation,
    pub(crate) abort: AbortHandle,
}

/// All state of a worker that runs.
pub(crate) struct Dispatcher {
    pub(crate) setup: Setup,
    /// Where results go that cannot be delivered.
    spool: Option<Spool>,
    pub(crate) around: Arc<Surroundings>,
    directives: mpsc::Receiver<Directive>,
    pub(crate) limits: Limits,
    pub(crate) registered: bool,
    pub(crate) slots: Slots,
    pub(crate) work: JoinSet<Event>,
    pub(crate) running: HashMap<String, Running>,
    pub(crate) outgoing: Outgoing,
    /// The poll that is parked; at most one.
    pub(crate) poll: Option<AbortHandle>,
    /// What the report call holds that is under way; at most one call.
    pub(crate) reporting: Option<Vec<Letter>>,
    /// Before the next poll.
    pub(crate) poll_pause: Duration,
    /// Before the next report.
    pub(crate) report_pause: Duration,
    /// Report calls in a row that failed without saying why.
    pub(crate) unsure: u32,
    pub(crate) phase: Phase,
    /// Why the worker stops by itself.
    pub(crate) failure: Option<Error>,
}

impl Dispatcher {
    pub(crate) fn new(
        setup: Setup,
        spool: Option<Spool>,
        around: Arc<Surroundings>,
        directives: mpsc::Receiver<Directive>,
    ) -> Self {
        Self {
            slots: Slots::new(setup.slots),
            setup,
            spool,
            around,
            directives,
            limits: Limits::default(),
            registered: false,
            work: JoinSet::new(),
            running: HashMap::new(),
            outgoing: Outgoing::default(),
            poll: None,
            reporting: None,
            poll_pause: Duration::ZERO,
            report_pause: Duration::ZERO,
            unsure: 0,
            phase: Phase::Serving,
            failure: None,
        }
    }

    /// Until the worker is drained.
    pub(crate) async fn run(mut self, shutdown: impl Future<Output = ()>) -> Result<(), Error> {
        let mut shutdown = std::pin::pin!(shutdown);
        let mut asked = false;
        self.register(Duration::ZERO);
        while !self.is_over() {
            self.only_deliver();
            self.send_reports();
            self.send_poll();
            let deadline = self.deadline();
            tokio::select! {
                Some(event) = self.work.join_next() => match event {
                    Ok(event) => self.on_event(event),
                    Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                    Err(_aborted) => {}
                },
                Some(directive) = self.directives.recv() => self.on_directive(directive),
                () = &mut shutdown, if !asked => {
                    asked = true;
                    self.begin_drain(Some(self.setup.drain_grace));
                }
                () = tokio::time::sleep_until(deadline.unwrap_or_else(tokio::time::Instant::now)), if deadline.is_some() => self.on_deadline(),
            }
        }
        self.finish()
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Registered(result) => self.on_registered(result),
            Event::Polled(result) => self.on_polled(result),
            Event::Reported(letters, result) => self.on_reported(letters, result),
            Event::Ended(ended) => self.on_ended(*ended),
            Event::DrainAnswered => self.on_drain_answered(),
        }
    }

    pub(crate) fn on_directive(&mut self, directive: Directive) {
        match directive {
            Directive::Drain if self.phase.is_serving() => self.begin_drain(None),
            // Registering ends a drain, so a worker that drains does not.
            Directive::Register if self.phase.is_serving() => self.register(Duration::ZERO),
            Directive::Drain | Directive::Register => {}
        }
    }

    fn register(&mut self, pause: Duration) {
        let rpc = self.around.rpc.clone();
        let request =
            v1::RegisterWorkerRequest { worker: Some(self.setup.info.clone()), min_protocol: 1, max_protocol: 1 };
        self.work.spawn(async move {
            rest(pause).await;
            Event::Registered(rpc.register(request).await)
        });
    }

    fn on_registered(&mut self, result: Result<Answer<v1::RegisterWorkerResponse>, Status>) {
        match result {
            Ok(answer) => {
                self.limits = answer.value.limits.as_ref().map(Limits::from).unwrap_or_default();
                self.registered = true;
            }
            Err(status) if is_final(&status) => self.fail(status),
            Err(status) => {
                tracing::warn!(code = %status.code(), message = status.message(), "registration failed");
                self.register(PAUSE);
            }
        }
    }

    fn on_ended(&mut self, ended: Ended) {
        // Not there: given up while it ended.
        if self.running.remove(&ended.token).is_none() {
            return;
        }
        self.slots.end();
        match ended.report {
            Some(report) => self.outgoing.push(Letter::result(report, ended.capsule)),
            None => self.around.heartbeats.forget(&ended.token),
        }
    }

    /// Sends what waits, and asks for tasks for the slots that are free, all in one call.
    fn send_reports(&mut self) {
        if self.reporting.is_some() || self.outgoing.is_empty() {
            return;
        }
        let around = &self.around;
        let lost = self.outgoing.take_out(|letter| letter.mark.kept && !around.heartbeats.holds(letter.token()));
        // Nobody may have got the task since: the coordinator decides when it is sent later.
        self.keep(lost);
        let letters = self.outgoing.take(&self.limits);
        if letters.is_empty() {
            return;
        }
        let leases =
            if self.phase.is_serving() { self.slots.promise_to_report(self.limits.leases_per_call) } else { 0 };
        self.reporting = Some(letters.clone());
        let (kept, reports): (Vec<_>, Vec<v1::TaskReport>) =
            letters.into_iter().map(|letter| ((letter.mark, letter.capsule), letter.report)).unzip();
        let lease = (leases > 0).then(|| self.lease_request(leases));
        let request = v1::ReportTasksRequest { worker_id: self.setup.info.worker_id.clone(), reports, lease };
        let (rpc, pause) = (self.around.rpc.clone(), std::mem::take(&mut self.report_pause));
        self.work.spawn(async move {
            rest(pause).await;
            let result = rpc.report(&request).await;
            let letters = request.reports.into_iter().zip(kept);
            let letters = letters.map(|(report, (mark, capsule))| Letter { report, mark, capsule }).collect();
            Event::Reported(letters, result)
        });
    }

    /// Writes results that cannot be delivered to the spool, if there is one; says how many are kept nowhere.
    pub(crate) fn keep(&self, letters: Vec<Letter>) -> usize {
        let results = letters.into_iter().filter(|letter| letter.mark.kept);
        let Some(spool) = &self.spool else { return results.count() };
        let mut lost = 0;
        for letter in results {
            if let Err(error) = spool.write(&self.setup.info.worker_id, letter.with_capsule().report) {
                tracing::error!(%error, "a result could not be written to the spool");
                lost += 1;
            }
        }
        lost
    }

    fn on_reported(&mut self, letters: Vec<Letter>, result: Result<Answer<v1::ReportTasksResponse>, Status>) {
        self.reporting = None;
        self.slots.report_answered();
        match result {
            Ok(answer) => {
                self.unsure = 0;
                self.settle(letters, &answer.value.outcomes);
                if let Some(leased) = answer.value.lease {
                    self.on_leased(leased, answer.sent);
                }
            }
            Err(status) => self.on_report_refused(letters, &status),
        }
    }
}

/// Whether asking again, now or later, cannot help.
pub(crate) fn is_final(status: &Status) -> bool {
    let reason = reason(status);
    match status.code() {
        Code::FailedPrecondition => reason != "REQUEST_ID_REUSED",
        Code::Unauthenticated
        | Code::PermissionDenied
        | Code::Unimplemented
        | Code::InvalidArgument
        | Code::NotFound => true,
        _ => false,
    }
}

/// Whether the status says nothing about the request: a fault of the coordinator's that may pass.
pub(crate) fn is_unsure(status: &Status) -> bool {
    matches!(status.code(), Code::Internal | Code::Unknown | Code::DataLoss | Code::Aborted)
}
