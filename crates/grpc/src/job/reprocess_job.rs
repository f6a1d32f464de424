//! ReprocessJob.

use super::view::view_job;
use crate::{
    convert::{
        at::At,
        check,
        payload::{self, Bodies},
        plan,
    },
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{
    audit::{Deed, OK},
    reprocess::{ReprocessJob, StepCount},
};
use esteira_model::{Decision, Point, limits};
use std::sync::Arc;

pub async fn reprocess_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::ReprocessJobRequest,
) -> Answer<v1::ReprocessJobResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "ReprocessJob", request_id, &mut request);
    let ask = ReprocessJob {
        request: key,
        job: check::id(&request.job_id, At::Top("job_id"))?,
        point: point(&request.from_step_keys, request.failed_items)?,
        version: plan::version(request.version, At::Top("version"))?,
        input: request.input.map(|input| payload::payload(input, At::Top("input"))).transpose()?,
        reason: reason(request.reason)?,
        dry_run: request.validate_only,
    };
    let source = ask.job;
    deed.on(format!("jobs/{source}"));
    deed.because(&ask.reason);
    deed.choose(if ask.dry_run { "DRY_RUN" } else { "" });
    let done = edge.coordinator.recording(deed).reprocess_job(&caller.principal, ask).await?;
    if !deed.is_recorded() {
        // A dry run, or a repetition: nothing was committed with which it could be recorded.
        edge.coordinator.record(deed, Decision::Allowed, OK).await?;
    }
    let mut response = v1::ReprocessJobResponse { steps: steps_out(&done.steps), ..Default::default() };
    if let Some(started) = done.started {
        tracing::info!(job = %started.job.id, %source, user = caller.principal.user_id, "a job is processed again");
        response.deduplicated = started.deduplicated;
        response.job = Some(view_job(edge, caller, &started.job, Bodies::Omitted).await?);
    }
    Ok(response)
}

/// From where.
pub fn point(from_step_keys: &[String], failed_items: bool) -> Answer<Point> {
    let at = At::Top("from_step_keys");
    if from_step_keys.is_empty() {
        return Ok(if failed_items { Point::FailedItems } else { Point::LastStep });
    }
    if failed_items {
        return Err(Refusal::field(At::Top("failed_items"), "stands beside `from_step_keys`: only one can be meant"));
    }
    check::count(from_step_keys.len(), at, 1, limits::BATCH_MAX)?;
    for (index, key) in from_step_keys.iter().enumerate() {
        if from_step_keys[..index].contains(key) {
            return Err(Refusal::field(at.index(index), "stands there twice"));
        }
    }
    Ok(Point::Steps(from_step_keys.iter().map(|key| key.as_str().into()).collect()))
}

/// Why; somebody will ask.
pub fn reason(text: String) -> Answer<String> {
    let at = At::Top("reason");
    let text = check::reason(text, at)?;
    if text.trim().is_empty() { Err(Refusal::field(at, "is required: say why")) } else { Ok(text) }
}

/// On the wire.
pub fn steps_out(steps: &[StepCount]) -> Vec<v1::ReprocessStep> {
    let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let step = |step: &StepCount| v1::ReprocessStep {
        step_key: step.step_key.clone(),
        carried: count(step.carried),
        begins: count(step.begins),
        inside: count(step.inside),
    };
    steps.iter().map(step).collect()
}
