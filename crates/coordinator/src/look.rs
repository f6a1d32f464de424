//! Looking after what other coordinators commit, which is no event here, and of which news may be lost: the jobs that somebody
//! listens to, and the leases whose grants are kept. One read a second for all jobs, and none when nobody listens.

use crate::{committer::TICK_PERIOD, coordinator::Shared, token::TaskToken};
use esteira_model::{JobId, TaskId};
use hashbrown::HashSet;
use std::sync::Arc;

/// A grant is kept for as long as its lease may be asked for again: this often it is asked whether the lease is still there.
const LEASES_EVERY: u32 = 5;
/// Jobs or leases that one read asks for.
const READ_MAX: usize = 1_000;

/// Runs until the task is ended.
pub(crate) async fn run(shared: Arc<Shared>) {
    for look in 1u32.. {
        tokio::time::sleep(TICK_PERIOD).await;
        if look.is_multiple_of(LEASES_EVERY) {
            forget_ended(&shared).await;
        }
        for jobs in shared.hub.listened().chunks(READ_MAX) {
            match shared.reader.job_revisions(jobs).await {
                Ok(found) => found.into_iter().for_each(|(job, revision)| shared.hub.looked(job, revision)),
                Err(error) => tracing::debug!(%error, "cannot look at the jobs that are listened to"),
            }
        }
    }
}

/// Forgets grants whose leases ended at another coordinator. Those are not given to a poll again in any case (INV-FENCE): this is
/// so that memory is bounded, and that a worker does not count as holding them.
async fn forget_ended(shared: &Shared) {
    for kept in shared.dispatcher.kept().chunks(READ_MAX) {
        let leases: Vec<(JobId, TaskId, i64)> = kept.iter().map(|lease| (lease.job, lease.task, lease.fence)).collect();
        match shared.reader.held_leases(&leases).await {
            Ok(held) => {
                let held: HashSet<_> = held.into_iter().collect();
                let is_held = |lease: &TaskToken| held.contains(&(lease.job, lease.task, lease.fence));
                let ended = kept.iter().copied().filter(|lease| !is_held(lease)).collect();
                shared.dispatcher.forget_ended(&ended);
            }
            Err(error) => tracing::debug!(%error, "cannot look at the leases whose grants are kept"),
        }
    }
}
