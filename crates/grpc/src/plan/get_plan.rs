//! GetPlan.

use crate::{
    convert::{
        at::At,
        plan::{self, plan_key},
    },
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_coordinator::{Principal, Reason, catalog::PlanKey};
use esteira_store::PlanRecord;

pub async fn get_plan(edge: &Edge, caller: &Caller, request: v1::GetPlanRequest) -> Answer<v1::GetPlanResponse> {
    let key = plan_key!(request.plan, v1::get_plan_request::Plan, At::Root)?;
    let found = read(edge, &caller.principal, &key).await?;
    Ok(v1::GetPlanResponse { plan: Some(plan::plan_out(found)) })
}

/// The plan as it is in the store now.
pub async fn read(edge: &Edge, principal: &Principal, key: &PlanKey) -> Answer<PlanRecord> {
    let reader = edge.coordinator.reader();
    let found = match key {
        PlanKey::Id(id) => reader.plan(&principal.account, *id).await?,
        PlanKey::Name(name) => reader.plan_by_name(&principal.account, name).await?,
    };
    found.ok_or_else(|| Refusal::new(Reason::PlanNotFound, format!("there is no plan {}", plan::shown(key))))
}
