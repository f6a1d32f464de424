//! Looking after what other coordinators commit, which is no event here, and of which news may be lost: the jobs that somebody
//! listens to, and the leases whose grants are kept. One read a second for all jobs, and none when nobody listens.
//!
//! Jobs that may have ended elsewhere while somebody awaits them are read together: what comes while one read is under way is
//! the next one.

use crate::{committer::TICK_PERIOD, coordinator::Shared, error::Result, hub::Ended, token::TaskToken};
use esteira_model::{Job, JobId, JobState, TaskId};
use esteira_store::Stored;
use hashbrown::{HashMap, HashSet};
use std::sync::Arc;

/// A grant is kept for as long as its lease may be asked for again: this often it is asked whether the lease is still there.
const LEASES_EVERY: u32 = 5;
/// Jobs or leases that one read asks for.
const READ_MAX: usize = 1_000;

/// Jobs that may have ended, with their results, that one read asks for.
const ENDS_MAX: usize = 100;
/// Results of a job that are read along with others'. Who awaits a job that has more reads them for itself.
const RESULTS_MAX: usize = 1;

/// Tells those who await jobs how they ended elsewhere, until the task is ended.
pub(crate) async fn tell_ends(shared: Arc<Shared>) {
    loop {
        for jobs in shared.hub.suspects().await.chunks(ENDS_MAX) {
            if let Err(error) = look_at(&shared, jobs).await {
                // Their revisions stay unseen, so the look that comes every second finds them again.
                tracing::debug!(%error, "cannot look at the jobs that are awaited");
            }
        }
    }
}

async fn look_at(shared: &Shared, ids: &[JobId]) -> Result<()> {
    let found = shared.reader.jobs(ids).await?;
    let there: HashSet<JobId> = found.iter().map(|job| job.id).collect();
    // Whoever awaits one that is gone looks, and is answered so.
    ids.iter().filter(|id| !there.contains(*id)).for_each(|id| shared.hub.tell_end(*id, || None));
    let (ended, running): (Vec<Job>, Vec<Job>) = found.into_iter().partition(|job| job.state.is_terminal());
    running.iter().for_each(|job| shared.hub.saw(job.id, job.revision));
    let is_line = |job: &&Job| {
        let version = shared.catalog.cached(job.plan_version);
        job.state == JobState::Succeeded && version.is_some_and(|version| version.graph.is_line)
    };
    let lines: Vec<JobId> = ended.iter().filter(is_line).map(|job| job.id).collect();
    let results = shared.reader.line_results(&lines, RESULTS_MAX).await?;
    let mut results: HashMap<JobId, Vec<Stored>> = results.into_iter().collect();
    for job in ended {
        let results = results.remove(&job.id);
        shared.hub.tell_end(job.id, || Some(Ended { job, results }));
    }
    Ok(())
}

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
