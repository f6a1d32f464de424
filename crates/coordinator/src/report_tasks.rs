//! Report tasks: complete, fail or hand back, one or many; and lease the next in the same call.

use crate::{
    coordinator::Coordinator,
    error::Result,
    lease_tasks::{LeaseTasks, Leased, Ready},
    work::{Principal, Report, ReportResult, Work},
};
use std::time::Duration;

impl Coordinator {
    /// Applies reports; each has its own result. With `lease`, tasks that are ready now come back too.
    pub async fn report_tasks(
        &self,
        principal: &Principal,
        reports: Vec<Report>,
        lease: Option<LeaseTasks>,
    ) -> Result<(Vec<ReportResult>, Option<Leased>)> {
        // Parked before the reports are applied: what they make ready can be handed off in the same transaction.
        let parked = lease.map(|ask| self.park(principal, ask));
        let results = self.urgent(|reply| Work::Report(reports, reply)).await?;
        let leased = match parked {
            None => None,
            // The reports are taken: what goes wrong from here on must not fail the call.
            Some(Ready::Now(leased)) => Some(self.renew(leased).await.unwrap_or_default()),
            Some(Ready::Parked(parked)) => Some(parked.wait(Duration::ZERO).await),
        };
        Ok((results, leased))
    }
}
