package client

import (
	"context"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
)

// PlanClient is PlanService; each method of the generated client is the RPC of that name, documented in plan.proto.
type PlanClient struct{ esteirav1.PlanServiceClient }

// Publish publishes a definition under a plan's name, creates the plan if there is none, and makes the version its
// default.
func (c PlanClient) Publish(ctx context.Context, planName, definitionJSON string) (*esteirav1.PlanVersion, error) {
	response, err := c.PublishPlanVersion(ctx, &esteirav1.PublishPlanVersionRequest{
		Plan:           &esteirav1.PublishPlanVersionRequest_PlanName{PlanName: planName},
		DefinitionJson: definitionJSON, MakeDefault: true,
	})
	return response.GetVersion(), err
}
