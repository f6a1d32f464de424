//! LeaseOutbox: a long-poll that can be sent again.

use crate::{convert::outbox, edge::Edge, fit::Room, principal::Caller, status::Answer};
use esteira_contract::v1;
use esteira_coordinator::outbox::{LeaseOutbox, LeasedRun, NackOutbox};
use prost::Message;
use std::time::Duration;

pub async fn lease_outbox(
    edge: &Edge,
    caller: &Caller,
    request: v1::LeaseOutboxRequest,
) -> Answer<v1::LeaseOutboxResponse> {
    let mut ask = outbox::ask(request)?;
    let worker_id = ask.worker_id.clone();
    tracing::Span::current().record("worker_id", &worker_id);
    let leases = loop {
        let runs = lease(edge, caller, &ask).await?;
        let leases: Vec<_> = runs.iter().cloned().map(outbox::run_out).collect();
        let fit = fitting(&leases);
        if leases.iter().map(|lease| lease.messages.len()).sum::<usize>() == fit || ask.max_messages == 1 {
            break leases;
        }
        hand_back(edge, runs).await?;
        ask = LeaseOutbox { max_messages: fit.max(1), wait: Duration::ZERO, ..ask };
    };
    Ok(v1::LeaseOutboxResponse { leases, directive: v1::WorkerDirective::Continue as i32 })
}

async fn lease(edge: &Edge, caller: &Caller, ask: &LeaseOutbox) -> Answer<Vec<LeasedRun>> {
    tokio::select! {
        // A drained server leases no more; what was leased in this very moment comes again under the same `request_id`.
        () = edge.drain.cancelled() => Ok(Vec::new()),
        runs = edge.coordinator.lease_outbox(&caller.principal, ask.clone()) => Ok(runs?),
    }
}

/// How many of the messages, from the first on, fit into one answer.
fn fitting(leases: &[v1::OutboxLease]) -> usize {
    let mut room = Room::message();
    let messages = leases.iter().flat_map(|lease| &lease.messages);
    messages.take_while(|message| room.take(message.encoded_len())).count()
}

/// What does not fit into one answer is leased again, less of it.
async fn hand_back(edge: &Edge, runs: Vec<LeasedRun>) -> Answer<()> {
    for run in runs {
        let Some(first) = run.run.messages.first() else { continue };
        let from_sequence = first.sequence;
        let lease = (run.run.key, run.run.fence);
        let failure = "handed back: too large for one answer".to_owned();
        edge.coordinator
            .nack_outbox(NackOutbox { lease, from_sequence, retry_after: Duration::ZERO, park: false, failure })
            .await?;
    }
    Ok(())
}
