"""Plans: named compositions of steps, and their immutable versions."""

from __future__ import annotations

from ..v1 import plan_pb2
from .rpc import Caller


class PlanClient:
    """Calls `PlanService`; each method is the RPC of that name, documented in `plan.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def create_plan(self, request: plan_pb2.CreatePlanRequest) -> plan_pb2.CreatePlanResponse:
        """Registers a plan's name ahead of its first version."""
        return self._caller.send("PlanService/CreatePlan", request, plan_pb2.CreatePlanResponse)

    def get_plan(self, request: plan_pb2.GetPlanRequest) -> plan_pb2.GetPlanResponse:
        """Reads one plan by id or by name."""
        return self._caller.send("PlanService/GetPlan", request, plan_pb2.GetPlanResponse)

    def list_plans(self, request: plan_pb2.ListPlansRequest) -> plan_pb2.ListPlansResponse:
        """Lists plans."""
        return self._caller.send("PlanService/ListPlans", request, plan_pb2.ListPlansResponse)

    def update_plan(self, request: plan_pb2.UpdatePlanRequest) -> plan_pb2.UpdatePlanResponse:
        """Changes a plan's display name, default version, aggregate type or labels."""
        return self._caller.send("PlanService/UpdatePlan", request, plan_pb2.UpdatePlanResponse)

    def validate_plan(self, request: plan_pb2.ValidatePlanRequest) -> plan_pb2.ValidatePlanResponse:
        """Checks a definition and stores nothing."""
        return self._caller.send("PlanService/ValidatePlan", request, plan_pb2.ValidatePlanResponse)

    def publish_plan_version(self, request: plan_pb2.PublishPlanVersionRequest) -> plan_pb2.PublishPlanVersionResponse:
        """Publishes a definition as the next version of a plan."""
        return self._caller.send("PlanService/PublishPlanVersion", request, plan_pb2.PublishPlanVersionResponse)

    def get_plan_version(self, request: plan_pb2.GetPlanVersionRequest) -> plan_pb2.GetPlanVersionResponse:
        """Reads one version with its definition."""
        return self._caller.send("PlanService/GetPlanVersion", request, plan_pb2.GetPlanVersionResponse)

    def list_plan_versions(self, request: plan_pb2.ListPlanVersionsRequest) -> plan_pb2.ListPlanVersionsResponse:
        """Lists the versions of a plan, without their definitions."""
        return self._caller.send("PlanService/ListPlanVersions", request, plan_pb2.ListPlanVersionsResponse)

    def retire_plan_version(self, request: plan_pb2.RetirePlanVersionRequest) -> plan_pb2.RetirePlanVersionResponse:
        """Forbids new jobs of a version."""
        return self._caller.send("PlanService/RetirePlanVersion", request, plan_pb2.RetirePlanVersionResponse)

    def publish(self, plan_name: str, definition_json: str) -> plan_pb2.PlanVersion:
        """Publishes a definition under a plan's name, creates the plan if there is none, makes it the default."""
        request = plan_pb2.PublishPlanVersionRequest(
            plan_name=plan_name, definition_json=definition_json, make_default=True
        )
        return self.publish_plan_version(request).version
