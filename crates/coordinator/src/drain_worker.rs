//! Register, drain and evict workers.

use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    work::{Principal, Report, Reported, Work},
    workers::Info,
};
use esteira_model::Usage;
use std::time::Duration;

impl Coordinator {
    /// A worker says what it is; idempotent, replaces its function set.
    pub fn register_worker(&self, principal: &Principal, info: Info) {
        self.shared.workers.register(&principal.account, info, self.shared.clock.now());
    }

    /// Ends a worker's parked polls and refuses new ones; answers how many leases it still holds. A worker that is not known
    /// is drained ahead of its first call: after a restart nobody is.
    pub fn drain_worker(&self, principal: &Principal, worker_id: &str, grace: Option<Duration>) -> usize {
        self.shared.workers.drain(&principal.account, worker_id, grace, self.shared.clock.now());
        self.end_polls(principal, worker_id);
        self.leases_of(principal, worker_id)
    }

    /// Ends a worker's parked polls with an empty answer.
    pub fn end_polls(&self, principal: &Principal, worker_id: &str) {
        self.shared.dispatcher.end_polls(&principal.account, worker_id);
    }

    /// Leases that a worker holds.
    pub fn leases_of(&self, principal: &Principal, worker_id: &str) -> usize {
        self.shared.dispatcher.leases_of(&principal.account, worker_id).len()
    }

    /// Drops a worker's leases now, as if it had handed its tasks back, and drains it.
    pub async fn evict_worker(&self, principal: &Principal, worker_id: &str) -> Result<usize> {
        if !self.shared.workers.knows(&principal.account, worker_id) {
            return Err(Error::new(Reason::WorkerNotFound, format!("no worker `{worker_id}` was seen lately")));
        }
        // Leases go one by one: that it begins is recorded before the first does.
        if let Some(deed) = &self.deed {
            self.record_begin(deed).await?;
        }
        self.drain_worker(principal, worker_id, None);
        let leases = self.shared.dispatcher.leases_of(&principal.account, worker_id);
        let release = |token| Report {
            token,
            outcome: Reported::Released,
            usage: Usage::default(),
            worker_start_time: None,
            worker_end_time: None,
            digest: [0; 16],
            capsule: Vec::new(),
        };
        let reports: Vec<Report> = leases.into_iter().map(release).collect();
        if reports.is_empty() {
            return Ok(0);
        }
        let results = self.urgent(|reply| Work::Report(reports, reply)).await?;
        Ok(results.iter().filter(|result| result.refused.is_none()).count())
    }
}
