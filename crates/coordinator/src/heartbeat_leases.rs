//! Heartbeats: extend leases, save checkpoints, learn of cancels. One verdict a lease.

use crate::{
    coordinator::Coordinator,
    error::Result,
    work::{BeatVerdict, HeartBeat, Principal, Work},
};

impl Coordinator {
    /// Extends leases. Also says whether the worker is to drain.
    pub async fn heartbeat_leases(
        &self,
        principal: &Principal,
        worker_id: &str,
        beats: Vec<HeartBeat>,
    ) -> Result<(Vec<BeatVerdict>, bool)> {
        let (drain, _) = self.shared.workers.polled(&principal.account, worker_id, &[], self.shared.clock.now());
        if beats.is_empty() {
            return Ok((Vec::new(), drain));
        }
        let verdicts = self.urgent(|reply| Work::Beat(beats, reply)).await?;
        Ok((verdicts, drain))
    }
}
