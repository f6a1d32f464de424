//! HeartbeatLeases: one verdict a lease; a lost one does not fail the call.

use super::directive::directive;
use crate::{
    convert::{at::At, check, report, time},
    edge::Edge,
    principal::Caller,
    reason,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::work::BeatVerdict;
use esteira_model::limits;
use std::time::Duration;

/// Heartbeats that fit into one lease.
pub const BEATS_A_LEASE: u32 = 3;

pub async fn heartbeat_leases(
    edge: &Edge,
    caller: &Caller,
    request: v1::HeartbeatLeasesRequest,
) -> Answer<v1::HeartbeatLeasesResponse> {
    let at = At::Top("beats");
    let worker_id = check::chosen_id(request.worker_id, At::Top("worker_id"))?;
    tracing::Span::current().record("worker_id", &worker_id);
    check::count(request.beats.len(), at, 0, limits::BATCH_MAX)?;
    let mut verdicts = Vec::with_capacity(request.beats.len());
    let mut readable = Vec::with_capacity(request.beats.len());
    for (index, beat) in request.beats.into_iter().enumerate() {
        let lease_token = beat.lease_token.clone();
        readable.extend(report::beat(edge.coordinator.tokens(), beat, at.index(index))?.map(|beat| (index, beat)));
        verdicts.push(lost(lease_token));
    }
    let (indexes, beats): (Vec<usize>, Vec<_>) = readable.into_iter().unzip();
    let (results, drain) = edge.coordinator.heartbeat_leases(&caller.principal, &worker_id, beats).await?;
    let stop = drain && edge.coordinator.workers().is_grace_over(&caller.principal.account, &worker_id, edge.now());
    let mut shortest = limits::LEASE_TTL_DEFAULT;
    for (index, result) in indexes.into_iter().zip(results) {
        if let BeatVerdict::Active(ttl) | BeatVerdict::CancelRequested(ttl) = result {
            shortest = shortest.min(ttl);
        }
        tell(&mut verdicts[index], result, stop);
    }
    Ok(v1::HeartbeatLeasesResponse {
        verdicts,
        directive: directive(edge, caller, &worker_id, drain) as i32,
        next_heartbeat: Some(time::duration_out(shortest / BEATS_A_LEASE)),
    })
}

fn lost(lease_token: String) -> v1::LeaseVerdict {
    let status = v1::LeaseStatus::Lost as i32;
    v1::LeaseVerdict { lease_token, status, lease_ttl: None, reason: reason::LEASE_LOST.to_owned() }
}

/// `stop`: the grace of the worker's drain is over.
fn tell(verdict: &mut v1::LeaseVerdict, result: BeatVerdict, stop: bool) {
    let (status, ttl, why): (_, Duration, _) = match result {
        BeatVerdict::Lost => return,
        BeatVerdict::CancelRequested(ttl) => (v1::LeaseStatus::CancelRequested, ttl, "JOB"),
        BeatVerdict::Active(ttl) if stop => (v1::LeaseStatus::CancelRequested, ttl, "DRAIN"),
        BeatVerdict::Active(ttl) => (v1::LeaseStatus::Active, ttl, ""),
    };
    verdict.status = status as i32;
    verdict.lease_ttl = Some(time::duration_out(ttl));
    verdict.reason = why.to_owned();
}
