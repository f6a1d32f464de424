//! LeaseTasks: a long-poll that can be sent again.

use super::directive::{directive, until_drained};
use crate::{
    convert::{at::At, lease},
    edge::Edge,
    fit::Room,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::{
    lease_tasks::Leased,
    work::{Report, Reported},
};
use esteira_model::Usage;
use prost::Message;

pub async fn lease_tasks(
    edge: &Edge,
    caller: &Caller,
    request: v1::LeaseTasksRequest,
) -> Answer<v1::LeaseTasksResponse> {
    let ask = lease::ask(request, caller, At::Root)?;
    let worker_id = ask.worker_id.clone();
    tracing::Span::current().record("worker_id", &worker_id);
    let poll = edge.coordinator.lease_tasks(&caller.principal, ask);
    let leased = until_drained(edge, caller, &worker_id, poll).await?;
    answer(edge, caller, &worker_id, leased).await
}

/// The answer, within the size of a message: leases that do not fit are handed back at once.
pub async fn answer(edge: &Edge, caller: &Caller, worker_id: &str, leased: Leased) -> Answer<v1::LeaseTasksResponse> {
    let mut room = Room::message();
    let mut leases = Vec::with_capacity(leased.grants.len());
    let mut too_much = Vec::new();
    for grant in leased.grants {
        let token = grant.lease;
        let capsule = edge.coordinator.capsule(&grant).into();
        let lease = v1::TaskLease { capsule, ..lease::grant_out(grant) };
        if room.take(lease.encoded_len()) {
            leases.push(lease);
        } else {
            too_much.push(Report {
                token,
                outcome: Reported::Released,
                usage: Usage::default(),
                worker_start_time: None,
                worker_end_time: None,
                digest: [0; 16],
                capsule: Vec::new(),
            });
        }
    }
    if !too_much.is_empty() {
        tracing::debug!(leases = too_much.len(), "handed back: they do not fit into the answer");
        edge.coordinator.report_tasks(&caller.principal, too_much, None).await?;
    }
    let directive = directive(edge, caller, worker_id, leased.drain);
    Ok(v1::LeaseTasksResponse { leases, directive: directive as i32 })
}
