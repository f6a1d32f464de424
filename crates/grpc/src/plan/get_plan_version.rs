//! GetPlanVersion.

use super::get_plan;
use crate::{
    convert::{
        at::At,
        check,
        plan::{self, Document, plan_key},
    },
    edge::Edge,
    principal::Caller,
    status::{Answer, Refusal},
};
use esteira_contract::v1::{self, get_plan_version_request::Key};
use esteira_coordinator::Reason;
use esteira_model::PlanVersionId;

pub async fn get_plan_version(
    edge: &Edge,
    caller: &Caller,
    request: v1::GetPlanVersionRequest,
) -> Answer<v1::GetPlanVersionResponse> {
    let (reader, account) = (edge.coordinator.reader(), &caller.principal.account);
    let not_found = |text: String| Refusal::new(Reason::PlanVersionNotFound, text);
    let found = match request.key {
        None => {
            return Err(Refusal::field(At::Top("plan_version_id"), "plan_version_id or plan_and_version is required"));
        }
        Some(Key::PlanVersionId(id)) => {
            let id: PlanVersionId = check::id(&id, At::Top("plan_version_id"))?;
            reader
                .plan_version(account, id)
                .await?
                .ok_or_else(|| not_found(format!("there is no plan version {id}")))?
        }
        Some(Key::PlanAndVersion(named)) => {
            let at = At::Top("plan_and_version");
            let key = plan_key!(named.plan, v1::plan_version_ref::Plan, at)?;
            let number = plan::version(named.version, at.field("version"))?;
            let plan = get_plan::read(edge, &caller.principal, &key).await?;
            let number = if number == 0 { plan.default_version } else { number };
            let found = reader.plan_version_by_number(account, plan.id, number).await?;
            found.ok_or_else(|| not_found(format!("plan `{}` has no version {number}", plan.name)))?
        }
    };
    Ok(v1::GetPlanVersionResponse { version: Some(plan::version_out(found, Document::Sent)) })
}
