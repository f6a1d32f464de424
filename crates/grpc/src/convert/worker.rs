//! Workers and queues, and the limits that they must know.

use crate::{
    convert::{at::At, check, enums, time},
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    queues::Queue,
    workers::{Info, Seen, Served},
};
use esteira_model::{Time, limits};

/// What a worker says of itself.
pub fn info(worker: v1::WorkerInfo, caller: &Caller, at: At<'_>) -> Answer<Info> {
    let v1::WorkerInfo { worker_id, display_name, build_id, sdk, host, pid, max_concurrency, labels, functions } =
        worker;
    check::count(functions.len(), at.field("functions"), 0, limits::FUNCTIONS_MAX)?;
    let function = |(index, spec)| served(spec, caller, at.field("functions").index(index));
    Ok(Info {
        worker_id: check::chosen_id(worker_id, at.field("worker_id"))?,
        display_name: check::line(display_name, at.field("display_name"), limits::TEXT_CHARS_MAX)?,
        build_id: check::line(build_id, at.field("build_id"), limits::ID_CHARS_MAX)?,
        sdk: check::line(sdk, at.field("sdk"), limits::VERSION_CHARS_MAX)?,
        host: check::line(host, at.field("host"), limits::TEXT_CHARS_MAX)?,
        pid: check::int(i64::from(pid), at.field("pid"), 0, i64::from(i32::MAX))?,
        max_concurrency: check::int(i64::from(max_concurrency), at.field("max_concurrency"), 0, i64::from(i32::MAX))?,
        labels: check::labels(labels, at.field("labels"))?,
        functions: functions.into_iter().enumerate().map(function).collect::<Answer<_>>()?,
    })
}

fn served(spec: v1::FunctionSpec, caller: &Caller, at: At<'_>) -> Answer<Served> {
    let v1::FunctionSpec { name, version, output_type, summary } = spec;
    let name = check::name(name, at.field("name"))?;
    if !caller.may_run(&name) {
        return Err(Refusal::function_not_allowed(at.field("name"), &name));
    }
    Ok(Served {
        name,
        version: version_text(version, at.field("version"))?,
        output_type: enums::output_type(output_type, at.field("output_type"))?,
        summary: check::line(summary, at.field("summary"), limits::TEXT_CHARS_MAX)?,
    })
}

/// Versions are part of a lane's text form, whose separator they must not hold.
fn version_text(version: String, at: At<'_>) -> Answer<String> {
    if version.contains('|') {
        return Err(Refusal::field(at, "holds a `|`"));
    }
    check::line(version, at, limits::VERSION_CHARS_MAX)
}

/// On the wire.
pub fn worker_out(seen: Seen, active_leases: usize) -> v1::Worker {
    let Seen { info, first_seen, last_seen, drain, .. } = seen;
    v1::Worker {
        info: Some(v1::WorkerInfo {
            worker_id: info.worker_id,
            display_name: info.display_name,
            build_id: info.build_id,
            sdk: info.sdk,
            host: info.host,
            pid: info.pid,
            max_concurrency: info.max_concurrency,
            labels: info.labels.into_iter().collect(),
            functions: info.functions.into_iter().map(served_out).collect(),
        }),
        first_seen_time: Some(time::instant_out(first_seen)),
        last_seen_time: Some(time::instant_out(last_seen)),
        active_leases: active_leases as i32,
        draining: drain.is_some(),
    }
}

fn served_out(served: Served) -> v1::FunctionSpec {
    let output_type = served.output_type.map_or(v1::OutputType::Unspecified, enums::output_type_out);
    v1::FunctionSpec {
        name: served.name,
        version: served.version,
        output_type: output_type as i32,
        summary: served.summary,
    }
}

/// On the wire.
pub fn queue_out(queue: Queue, now: Time) -> v1::Queue {
    v1::Queue {
        name: queue.name,
        paused: queue.paused,
        ready: queue.ready,
        leased: queue.leased,
        oldest_ready_age: queue.oldest_ready.map(|oldest| time::duration_out(now.since(oldest))),
        served: queue.served,
    }
}

/// The limits in force.
pub fn limits_out() -> v1::Limits {
    v1::Limits {
        max_message_bytes: limits::MESSAGE_BYTES_MAX as i32,
        max_inline_payload_bytes: limits::PAYLOAD_BYTES_MAX as i32,
        max_json_depth: limits::JSON_DEPTH_MAX as i32,
        max_headers: limits::HEADERS_MAX as i32,
        max_headers_bytes: limits::HEADER_BYTES_MAX as i32,
        max_plan_bytes: limits::PLAN_BYTES_MAX as i32,
        max_plan_steps: limits::PLAN_STEPS_MAX as i32,
        max_plan_depth: limits::SUB_PLAN_DEPTH_MAX as i32,
        max_condition_bytes: limits::CONDITION_BYTES_MAX as i32,
        max_fan_out_items: limits::FAN_OUT_ITEMS_MAX as i32,
        max_outputs_per_append: limits::APPEND_ITEMS_MAX as i32,
        max_leases_per_call: limits::BATCH_MAX as i32,
        max_reports_per_call: limits::BATCH_MAX as i32,
        min_lease_ttl: Some(time::duration_out(limits::LEASE_TTL_MIN)),
        default_lease_ttl: Some(time::duration_out(limits::LEASE_TTL_DEFAULT)),
        max_lease_ttl: Some(time::duration_out(limits::LEASE_TTL_MAX)),
        default_wait: Some(time::duration_out(limits::WAIT_DEFAULT)),
        max_wait: Some(time::duration_out(limits::WAIT_MAX)),
        default_page_size: limits::PAGE_DEFAULT as i32,
        max_page_size: limits::PAGE_MAX as i32,
    }
}

#[cfg(test)]
#[path = "worker_tests.rs"]
mod tests;
