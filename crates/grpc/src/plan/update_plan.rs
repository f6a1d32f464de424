//! UpdatePlan.

use crate::{
    convert::{at::At, check, plan},
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use esteira_coordinator::{plans::UpdatePlan, work::RequestKey};
use esteira_model::limits;
use std::sync::Arc;

pub async fn update_plan(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::UpdatePlanRequest,
) -> Answer<v1::UpdatePlanResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "UpdatePlan", request_id, &mut request);
    let ask = ask(key, request)?;
    deed.on(format!("plans/{}", ask.plan));
    let updated = edge.coordinator.recording(deed).update_plan(&caller.principal, ask).await?;
    Ok(v1::UpdatePlanResponse { plan: Some(plan::plan_out(updated)) })
}

fn ask(request: Option<RequestKey>, update: v1::UpdatePlanRequest) -> Answer<UpdatePlan> {
    let (at, mask_at) = (At::Top("plan"), At::Top("update_mask"));
    let mut plan = check::required(update.plan, at)?;
    let mask = check::required(update.update_mask, mask_at)?;
    check::count(mask.paths.len(), mask_at, 1, 3)?;
    let required = || Refusal::field(at.field("etag"), "is required");
    let mut ask = UpdatePlan {
        request,
        plan: check::id(&plan.plan_id, at.field("plan_id"))?,
        revision: check::etag(&plan.etag)?.ok_or_else(required)?,
        default_version: None,
        display_name: None,
        labels: None,
    };
    for (index, path) in mask.paths.iter().enumerate() {
        match path.as_str() {
            "display_name" => {
                let name = std::mem::take(&mut plan.display_name);
                ask.display_name = Some(check::line(name, at.field("display_name"), limits::TEXT_CHARS_MAX)?);
            }
            "default_version" => {
                let number = i64::from(plan.default_version);
                ask.default_version = Some(check::int(number, at.field("default_version"), 1, i64::from(i32::MAX))?);
            }
            "labels" => ask.labels = Some(check::labels(std::mem::take(&mut plan.labels), at.field("labels"))?),
            _ => {
                let message = "is not display_name, default_version or labels";
                return Err(Refusal::field(mask_at.field("paths").index(index), message));
            }
        }
    }
    Ok(ask)
}
