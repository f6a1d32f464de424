//! Leases: what a worker asks for, and what it gets.

use crate::{
    convert::{at::At, check, enums, job_packet, payload, time},
    principal::Caller,
    status::{Answer, Refusal},
};
use bytes::Bytes;
use esteira_contract::v1;
use esteira_coordinator::{Grant, lease_tasks::LeaseTasks};
use esteira_model::limits;

/// A poll. Within a report, `worker_id` may be left out.
pub fn ask(request: v1::LeaseTasksRequest, caller: &Caller, at: At<'_>) -> Answer<LeaseTasks> {
    let v1::LeaseTasksRequest { worker_id, request_id, function_names, queues, max_leases, wait, lease_ttl } = request;
    check::count(function_names.len(), at.field("function_names"), 1, limits::FUNCTIONS_MAX)?;
    let ask = LeaseTasks {
        worker_id: check::chosen_id(worker_id, at.field("worker_id"))?,
        request_id: check::request_id(request_id, at.field("request_id"))?,
        functions: check::names(function_names, at.field("function_names"), limits::FUNCTIONS_MAX)?,
        queues: check::names(queues, at.field("queues"), limits::FUNCTIONS_MAX)?,
        max_leases: check::at_most(max_leases, at.field("max_leases"), limits::BATCH_MAX)?,
        wait: time::wait(wait, at.field("wait"))?,
        ttl: time::lease_ttl(lease_ttl, at.field("lease_ttl"))?,
    };
    for (index, function) in ask.functions.iter().enumerate() {
        if !caller.may_run(function) {
            return Err(Refusal::function_not_allowed(at.field("function_names").index(index), function));
        }
    }
    Ok(ask)
}

/// On the wire.
pub fn grant_out(grant: Grant) -> v1::TaskLease {
    let task_id = grant.lease.task.to_string();
    let data = payload::hashed_out(&grant.input);
    v1::TaskLease {
        lease_token: grant.token,
        idempotency_key: task_id.clone(),
        task_id,
        job_id: grant.lease.job.to_string(),
        plan_version_id: grant.plan_version.to_string(),
        step_key: grant.step_key.as_ref().to_owned(),
        function_name: grant.function.as_ref().to_owned(),
        attempt: i32::try_from(grant.attempt).unwrap_or(i32::MAX),
        fence: grant.lease.fence,
        packet: Some(job_packet::packet_out(&grant.actor, grant.aggregate.as_ref(), Some(data), &grant.headers)),
        config_json: grant.config_json.as_ref().to_owned(),
        output_type: enums::output_type_out(grant.output_type) as i32,
        checkpoint: grant.checkpoint.as_ref().map(payload::hashed_out),
        lease_ttl: Some(time::duration_out(grant.ttl)),
        execution_timeout: grant.execution_timeout.map(time::duration_out),
        capsule: Bytes::new(),
    }
}

#[cfg(test)]
#[path = "lease_tests.rs"]
mod tests;
