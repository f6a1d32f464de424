//! What a worker is asked to do, and how long a poll may last.

use crate::{edge::Edge, principal::Caller};
use esteira_contract::v1::WorkerDirective;

/// What a worker is asked to do.
pub fn directive(edge: &Edge, caller: &Caller, worker_id: &str, drain: bool) -> WorkerDirective {
    if drain {
        WorkerDirective::Drain
    } else if edge.coordinator.workers().is_registered(&caller.principal.account, worker_id) {
        WorkerDirective::Continue
    } else {
        WorkerDirective::Register
    }
}

/// Runs a poll; when the server drains, its parked place is given up and it answers with what it has.
pub async fn until_drained<T>(edge: &Edge, caller: &Caller, worker_id: &str, poll: impl Future<Output = T>) -> T {
    tokio::pin!(poll);
    tokio::select! {
        // The poll parks first: what ends it finds it.
        biased;
        answer = &mut poll => answer,
        () = edge.drain.cancelled() => {
            edge.coordinator.end_polls(&caller.principal, worker_id);
            poll.await
        }
    }
}
