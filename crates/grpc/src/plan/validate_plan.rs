//! ValidatePlan.

use crate::{
    convert::{at::At, plan, report},
    edge::Edge,
    principal::Caller,
    reason,
    status::{Answer, Refusal},
};
use esteira_contract::v1;
use esteira_model::limits;

pub async fn validate_plan(
    edge: &Edge,
    caller: &Caller,
    request: v1::ValidatePlanRequest,
) -> Answer<v1::ValidatePlanResponse> {
    match report::document(&request.definition_json, At::Top("definition_json"), limits::PLAN_BYTES_MAX) {
        // What is wrong with the text is a finding too: the coordinator says where.
        Ok(()) | Err(Refusal { reason: reason::JSON_INVALID, .. }) => {}
        Err(refusal) => return Err(refusal),
    }
    let validated = edge.coordinator.validate_plan(&caller.principal, &request.definition_json).await;
    Ok(v1::ValidatePlanResponse {
        valid: validated.is_valid(),
        issues: plan::issues_out(&validated.issues),
        definition_sha256: validated.sha256.to_vec().into(),
    })
}
