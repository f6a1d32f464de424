//! Jobs: what starts one, and how one is shown.

use crate::{
    convert::{
        at::At,
        check, enums, failure, job_packet,
        payload::{self, Bodies},
        plan::{self, plan_key},
        time,
    },
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::{
    Principal,
    start_job::StartJob,
    work::{Control, RequestKey},
};
use esteira_model::{Job, JobAction, JobId, Payload, TaskState, Time, WaitReason, limits};
use esteira_store::PlanVersionRecord;
use std::time::Duration;

/// A job to start.
pub fn start(
    request: Option<RequestKey>,
    request_digest: [u8; 32],
    start: v1::StartJobRequest,
    principal: &Principal,
    now: Time,
) -> Answer<StartJob> {
    let job_id = if start.job_id.is_empty() { None } else { Some(minted(&start.job_id, now)?) };
    let shortest = Duration::from_micros(1);
    Ok(StartJob {
        request,
        request_digest,
        job_id,
        plan: plan_key!(start.plan, v1::start_job_request::Plan, At::Root)?,
        version: plan::version(start.version, At::Top("version"))?,
        packet: job_packet::packet(start.packet, principal, At::Top("packet"))?,
        labels: check::labels(start.labels, At::Top("labels"))?,
        priority: {
            let max = i64::from(limits::PRIORITY_MAX);
            check::int(i64::from(start.priority), At::Top("priority"), -max, max)?
        },
        job_timeout: time::duration(start.job_timeout, At::Top("job_timeout"), shortest, limits::JOB_TIME_MAX)?,
        start_after: start_after(start.start_after, now)?,
        data_class: enums::data_class(start.data_class, At::Top("data_class"))?,
    })
}

/// An id that the caller minted: time-ordered, as all ids of jobs, and of these days: history is kept by the time in it.
fn minted(text: &str, now: Time) -> Answer<JobId> {
    let id: JobId = check::id(text, At::Top("job_id"))?;
    // Version 7, and the variant of RFC 9562.
    if id.0.version() != 7 || id.0.as_bytes()[8] >> 6 != 0b10 {
        return Err(crate::status::Refusal::field(At::Top("job_id"), "is not a UUID of version 7"));
    }
    let time = Time(id.0.millis() * 1_000);
    if now.since(time) > limits::JOB_ID_AGE_MAX || time.since(now) > limits::JOB_ID_AHEAD_MAX {
        let message = "its time lies more than 48 hours behind, or 24 hours ahead of, the coordinator's clock";
        return Err(crate::status::Refusal::field(At::Top("job_id"), message));
    }
    Ok(id)
}

/// None when the time is not ahead.
fn start_after(value: Option<prost_types::Timestamp>, now: Time) -> Answer<Option<Time>> {
    let at = At::Top("start_after");
    let Some(time) = time::instant(value, at)?.filter(|time| *time > now) else { return Ok(None) };
    if time > now.after(limits::JOB_TIME_MAX) {
        return Err(crate::status::Refusal::field(at, "lies more than 366 days ahead"));
    }
    Ok(Some(time))
}

/// An operator's action.
pub fn control(request: Option<RequestKey>, control: v1::ControlJobRequest, principal: &Principal) -> Answer<Control> {
    let action = enums::job_action(control.action, At::Top("action"))?;
    Ok(Control {
        account: principal.account.clone(),
        job: check::id(&control.job_id, At::Top("job_id"))?,
        action,
        reason: match action {
            JobAction::Cancel | JobAction::Terminate => check::required_reason(control.reason, At::Top("reason"))?,
            JobAction::Pause | JobAction::Resume => check::reason(control.reason, At::Top("reason"))?,
        },
        revision: check::etag(&control.etag)?,
        request,
        deed: None,
    })
}

/// A payload with its digest, as the reader gives it.
pub type Stored = (Payload, [u8; 32]);

/// All that is shown of a job.
#[derive(Debug)]
pub struct JobView<'a> {
    /// The job.
    pub job: &'a Job,
    /// What it executes.
    pub version: &'a PlanVersionRecord,
    /// The project of its root's plan.
    pub project: &'a str,
    /// What it was started with.
    pub input: Option<Stored>,
    /// Its first results.
    pub results: Vec<Stored>,
    /// How many results there are.
    pub result_count: i64,
    /// Its tasks by state.
    pub task_counts: Vec<(TaskState, i64)>,
    /// Why it does not go on.
    pub wait_reason: Option<WaitReason>,
    /// Why it was processed again, or "".
    pub reason: String,
}

/// On the wire.
pub fn job_out(view: &JobView<'_>, bodies: Bodies) -> v1::Job {
    let JobView { job, version, project, input, results, result_count, task_counts, wait_reason, reason } = view;
    let input = input.as_ref().map(|(data, sha256)| payload::payload_out(data, sha256, bodies));
    let results = results.iter().map(|(data, sha256)| payload::payload_out(data, sha256, bodies));
    v1::Job {
        job_id: job.id.to_string(),
        plan_id: version.plan.to_string(),
        plan_name: version.plan_name.clone(),
        plan_version_id: job.plan_version.to_string(),
        plan_version: version.version,
        state: enums::job_state_out(job.state) as i32,
        wait_reason: wait_reason.map_or(v1::WaitReason::Unspecified, enums::wait_reason_out) as i32,
        data_class: enums::data_class_out(job.data_class) as i32,
        input: Some(job_packet::packet_out(&job.actor, job.aggregate.as_ref(), input, &job.headers)),
        results: if bodies == Bodies::Sent { results.collect() } else { Vec::new() },
        result_count: *result_count,
        failure: job.failure.as_ref().map(|why| failure::failure_out(why, "", bodies)),
        lineage: Some(lineage_out(job, reason)),
        labels: job.labels.iter().map(|(name, value)| (name.clone(), value.clone())).collect(),
        priority: job.priority,
        task_counts: task_counts.iter().map(|(state, count)| (state.as_str().to_owned(), *count)).collect(),
        create_time: Some(time::instant_out(job.create_time)),
        start_after: job.start_after.map(time::instant_out),
        start_time: job.start_time.map(time::instant_out),
        end_time: job.end_time.map(time::instant_out),
        deadline: job.deadline.map(time::instant_out),
        etag: job.revision.to_string(),
        project: (*project).to_owned(),
    }
}

/// On the wire.
pub fn lineage_out(job: &Job, reason: &str) -> v1::Lineage {
    let parent = job.lineage.parent;
    v1::Lineage {
        kind: enums::lineage_kind_out(job.lineage.kind) as i32,
        root_job_id: job.lineage.root.to_string(),
        parent_job_id: parent.map(|(job, _)| job.to_string()).unwrap_or_default(),
        parent_task_id: parent.map(|(_, task)| task.to_string()).unwrap_or_default(),
        requested_by: Some(job_packet::actor_out(&job.actor)),
        source_job_id: job.lineage.source.map(|job| job.to_string()).unwrap_or_default(),
        reason: reason.to_owned(),
    }
}

#[cfg(test)]
#[path = "job_tests.rs"]
mod tests;
