//! Plans: names under which versions are published. One file a verb.

mod create_plan;
mod get_plan;
mod get_plan_version;
mod list_plan_versions;
mod list_plans;
mod publish_plan_version;
mod retire_plan_version;
mod update_plan;
mod validate_plan;

use crate::edge::{Edge, close, open, open_recorded};
use esteira_contract::v1::{self, plan_service_server::PlanService};
use std::sync::Arc;
use tonic::{Request, Response, Status};

/// The service. Its methods only delegate.
pub struct Service(pub Arc<Edge>);

#[tonic::async_trait]
impl PlanService for Service {
    async fn create_plan(
        &self,
        request: Request<v1::CreatePlanRequest>,
    ) -> Result<Response<v1::CreatePlanResponse>, Status> {
        let call = open_recorded(request)?;
        close(create_plan::create_plan(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn get_plan(&self, request: Request<v1::GetPlanRequest>) -> Result<Response<v1::GetPlanResponse>, Status> {
        let call = open(request)?;
        close(get_plan::get_plan(&self.0, &call.caller, call.message).await)
    }

    async fn list_plans(
        &self,
        request: Request<v1::ListPlansRequest>,
    ) -> Result<Response<v1::ListPlansResponse>, Status> {
        let call = open(request)?;
        close(list_plans::list_plans(&self.0, &call.caller, call.message).await)
    }

    async fn update_plan(
        &self,
        request: Request<v1::UpdatePlanRequest>,
    ) -> Result<Response<v1::UpdatePlanResponse>, Status> {
        let call = open_recorded(request)?;
        close(update_plan::update_plan(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn validate_plan(
        &self,
        request: Request<v1::ValidatePlanRequest>,
    ) -> Result<Response<v1::ValidatePlanResponse>, Status> {
        let call = open(request)?;
        close(validate_plan::validate_plan(&self.0, &call.caller, call.message).await)
    }

    async fn publish_plan_version(
        &self,
        request: Request<v1::PublishPlanVersionRequest>,
    ) -> Result<Response<v1::PublishPlanVersionResponse>, Status> {
        let call = open_recorded(request)?;
        close(publish_plan_version::publish_plan_version(&self.0, &call.caller, &call.deed, call.message).await)
    }

    async fn get_plan_version(
        &self,
        request: Request<v1::GetPlanVersionRequest>,
    ) -> Result<Response<v1::GetPlanVersionResponse>, Status> {
        let call = open(request)?;
        close(get_plan_version::get_plan_version(&self.0, &call.caller, call.message).await)
    }

    async fn list_plan_versions(
        &self,
        request: Request<v1::ListPlanVersionsRequest>,
    ) -> Result<Response<v1::ListPlanVersionsResponse>, Status> {
        let call = open(request)?;
        close(list_plan_versions::list_plan_versions(&self.0, &call.caller, call.message).await)
    }

    async fn retire_plan_version(
        &self,
        request: Request<v1::RetirePlanVersionRequest>,
    ) -> Result<Response<v1::RetirePlanVersionResponse>, Status> {
        let call = open_recorded(request)?;
        close(retire_plan_version::retire_plan_version(&self.0, &call.caller, &call.deed, call.message).await)
    }
}
