//! PublishPlanVersion.

use crate::{
    convert::{
        at::At,
        check,
        plan::{self, Document, plan_key},
        report,
    },
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::plans::PublishPlanVersion;
use esteira_model::limits;
use std::sync::Arc;

pub async fn publish_plan_version(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::PublishPlanVersionRequest,
) -> Answer<v1::PublishPlanVersionResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    report::document(&request.definition_json, At::Top("definition_json"), limits::PLAN_BYTES_MAX)?;
    let key = request_key(&caller.principal, "PublishPlanVersion", request_id, &mut request);
    let expected =
        request.expected_latest_version.map(|number| plan::version(number, At::Top("expected_latest_version")));
    let ask = PublishPlanVersion {
        request: key,
        plan: plan_key!(request.plan, v1::publish_plan_version_request::Plan, At::Root)?,
        project: match request.project.is_empty() {
            true => None,
            false => Some(check::project(request.project, At::Top("project"))?),
        },
        definition_json: request.definition_json,
        expected_latest_version: expected.transpose()?,
        make_default: request.make_default,
    };
    deed.on(plan::resource(&ask.plan));
    let published = edge.coordinator.recording(deed).publish_plan_version(&caller.principal, ask).await?;
    Ok(v1::PublishPlanVersionResponse {
        version: Some(plan::version_out(published.version, Document::Omitted)),
        warnings: plan::issues_out(&published.warnings),
    })
}
