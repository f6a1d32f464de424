//! RegisterWorker.

use super::heartbeat_leases::BEATS_A_LEASE;
use crate::{
    convert::{at::At, check, time, worker},
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::Reason;
use esteira_model::limits::{LEASE_TTL_DEFAULT, PROTOCOL};

pub async fn register_worker(
    edge: &Edge,
    caller: &Caller,
    request: v1::RegisterWorkerRequest,
) -> Answer<v1::RegisterWorkerResponse> {
    let v1::RegisterWorkerRequest { worker: said, min_protocol, max_protocol } = request;
    let protocol = protocol(min_protocol, max_protocol)?;
    let info = worker::info(check::required(said, At::Top("worker"))?, caller, At::Top("worker"))?;
    tracing::Span::current().record("worker_id", &info.worker_id);
    edge.coordinator.register_worker(&caller.principal, info);
    Ok(v1::RegisterWorkerResponse {
        protocol,
        limits: Some(worker::limits_out()),
        heartbeat_interval: Some(time::duration_out(LEASE_TTL_DEFAULT / BEATS_A_LEASE)),
    })
}

/// The newest protocol that both speak; 0 = 1.
fn protocol(min: i32, max: i32) -> Answer<i32> {
    let (min, max) = (if min == 0 { 1 } else { min }, if max == 0 { 1 } else { max });
    if min < 1 || max < min {
        return Err(Refusal::field(At::Top("max_protocol"), "min_protocol and max_protocol are not a range from 1 on"));
    }
    if min > PROTOCOL {
        return Err(Refusal::new(
            Reason::ProtocolUnsupported,
            format!("the newest protocol spoken here is {PROTOCOL}"),
        ));
    }
    Ok(max.min(PROTOCOL))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn protocols() {
        let chosen = |min, max| protocol(min, max).map_err(|refusal| refusal.reason);
        for (min, max) in [(0, 0), (1, 1), (0, 9), (1, i32::MAX)] {
            assert_eq!(chosen(min, max), Ok(1), "{min} {max}");
        }
        assert_eq!(chosen(2, 3), Err(crate::reason::PROTOCOL_UNSUPPORTED));
        for (min, max) in [(-1, 1), (2, 1), (2, 0)] {
            assert_eq!(chosen(min, max), Err(crate::reason::FIELD_INVALID), "{min} {max}");
        }
    }
}
