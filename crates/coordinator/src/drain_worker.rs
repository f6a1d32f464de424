//! Register, drain and evict workers.

use crate::{
    coordinator::Coordinator,
    error::{Error, Reason, Result},
    token::TaskToken,
    work::{Principal, Report, Reported, Work},
    workers::Info,
};
use esteira_model::{AccountId, Usage};
use esteira_store::WorkerLease;
use std::{collections::HashMap, time::Duration};

impl Coordinator {
    /// A worker says what it is; idempotent, replaces its function set.
    pub fn register_worker(&self, principal: &Principal, info: Info) {
        if self.shared.workers.register(&principal.account, info, self.shared.clock.now()) {
            self.shared.members_changed.notify_one();
        }
    }

    /// Ends a worker's parked polls and refuses new ones, at other coordinators as soon as they hear of it; answers how many leases
    /// it still holds. A worker that is not known is drained ahead of its first call: after a restart nobody is.
    pub async fn drain_worker(&self, principal: &Principal, worker_id: &str, grace: Option<Duration>) -> Result<usize> {
        self.drain(principal, worker_id, grace);
        Ok(self.shared.reader.worker_leases(&principal.account, Some(worker_id)).await?.len())
    }

    fn drain(&self, principal: &Principal, worker_id: &str, grace: Option<Duration>) {
        self.shared.workers.drain(&principal.account, worker_id, grace, self.shared.clock.now());
        self.shared.members_changed.notify_one();
        self.end_polls(principal, worker_id);
    }

    /// Ends a worker's parked polls here with an empty answer.
    pub fn end_polls(&self, principal: &Principal, worker_id: &str) {
        self.shared.dispatcher.end_polls(&principal.account, worker_id);
    }

    /// How many leases each worker of an account holds; those that hold none are left out.
    pub async fn lease_counts(&self, account: &AccountId) -> Result<HashMap<String, usize>> {
        let mut counts = HashMap::new();
        for lease in self.shared.reader.worker_leases(account, None).await? {
            *counts.entry(lease.worker_id).or_default() += 1;
        }
        Ok(counts)
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
        self.drain(principal, worker_id, None);
        let leases = self.shared.reader.worker_leases(&principal.account, Some(worker_id)).await?;
        let release = |lease: WorkerLease| Report {
            token: TaskToken { job: lease.job, task: lease.task, fence: lease.fence },
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
