//! Plans: named compositions of steps, and their immutable versions.

use crate::client::{
    Error,
    rpc::{Caller, rpcs},
    v1::{self, plan_service_client::PlanServiceClient, publish_plan_version_request::Plan as Target},
};

/// Calls `PlanService`; each method is the RPC of that name, documented in `plan.proto`.
#[derive(Clone)]
pub struct PlanClient {
    pub(crate) caller: Caller,
}

rpcs! { PlanClient over PlanServiceClient:
    /// Registers a plan's name ahead of its first version.
    write create_plan(CreatePlanRequest) -> CreatePlanResponse;
    /// Reads one plan by id or by name.
    read get_plan(GetPlanRequest) -> GetPlanResponse;
    /// Lists plans.
    read list_plans(ListPlansRequest) -> ListPlansResponse;
    /// Changes a plan's display name, default version, aggregate type or labels.
    write update_plan(UpdatePlanRequest) -> UpdatePlanResponse;
    /// Checks a definition and stores nothing.
    read validate_plan(ValidatePlanRequest) -> ValidatePlanResponse;
    /// Publishes a definition as the next version of a plan.
    write publish_plan_version(PublishPlanVersionRequest) -> PublishPlanVersionResponse;
    /// Reads one version with its definition.
    read get_plan_version(GetPlanVersionRequest) -> GetPlanVersionResponse;
    /// Lists the versions of a plan, without their definitions.
    read list_plan_versions(ListPlanVersionsRequest) -> ListPlanVersionsResponse;
    /// Forbids new jobs of a version.
    write retire_plan_version(RetirePlanVersionRequest) -> RetirePlanVersionResponse;
}

impl PlanClient {
    /// Publishes a definition under a plan's name, creates the plan if there is none, and makes the version its default.
    pub async fn publish(
        &self,
        plan_name: impl Into<String>,
        definition_json: impl Into<String>,
    ) -> Result<v1::PlanVersion, Error> {
        let request = v1::PublishPlanVersionRequest {
            plan: Some(Target::PlanName(plan_name.into())),
            definition_json: definition_json.into(),
            make_default: true,
            ..Default::default()
        };
        Ok(self.publish_plan_version(request).await?.version.unwrap_or_default())
    }
}
