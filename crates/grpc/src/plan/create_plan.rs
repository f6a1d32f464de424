//! CreatePlan.

use crate::{
    convert::{at::At, check, plan},
    digest::request_key,
    edge::Edge,
    principal::Caller,
    status::Answer,
};
use esteira_contract::v1;
use esteira_coordinator::audit::Deed;
use std::sync::Arc;

pub async fn create_plan(
    edge: &Edge,
    caller: &Caller,
    deed: &Arc<Deed>,
    mut request: v1::CreatePlanRequest,
) -> Answer<v1::CreatePlanResponse> {
    let request_id = check::request_id(std::mem::take(&mut request.request_id), At::Top("request_id"))?;
    let key = request_key(&caller.principal, "CreatePlan", request_id, &mut request);
    let ask = plan::create(key, check::required(request.plan, At::Top("plan"))?)?;
    deed.on(format!("plans/{}", ask.name));
    let created = edge.coordinator.recording(deed).create_plan(&caller.principal, ask).await?;
    Ok(v1::CreatePlanResponse { plan: Some(plan::plan_out(created)) })
}
