//! Looking after the jobs that somebody listens to: what other coordinators commit is no event here, and their news may be lost.
//! One read a second for all of them, none when nobody listens.

use crate::{committer::TICK_PERIOD, coordinator::Shared};
use std::sync::Arc;

/// Jobs that one read asks for.
const READ_MAX: usize = 1_000;

/// Runs until the task is ended.
pub(crate) async fn run(shared: Arc<Shared>) {
    loop {
        tokio::time::sleep(TICK_PERIOD).await;
        for jobs in shared.hub.listened().chunks(READ_MAX) {
            match shared.reader.job_revisions(jobs).await {
                Ok(found) => found.into_iter().for_each(|(job, revision)| shared.hub.looked(job, revision)),
                Err(error) => tracing::debug!(%error, "cannot look at the jobs that are listened to"),
            }
        }
    }
}
