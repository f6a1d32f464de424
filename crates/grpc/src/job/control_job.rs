//! ControlJob.

use super::view::view_job;
use crate::{
    convert::{at::At, check, job, payload::Bodies},
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn control_job(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::ControlJobRequest,
) -> Answer<v1::ControlJobResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "ControlJob", request_id, &mut request);
    let control = job::control(key, request, &caller.principal)?;
    deed.on(format!("jobs/{}", control.job));
    deed.choose(control.action.as_str());
    deed.because(&control.reason);
    tracing::Span::current().record("job_id", tracing::field::display(control.job));
    let controlled = edge.coordinator.recording(deed).control_job(control).await?;
    Ok(v1::ControlJobResponse { job: Some(view_job(edge, caller, &controlled, Bodies::Omitted).await?) })
}
