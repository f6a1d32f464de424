package client

import (
	"context"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/types/known/durationpb"
)

// JobClient is JobService; each method of the generated client is the RPC of that name, documented in job.proto.
type JobClient struct{ esteirav1.JobServiceClient }

// Run starts a job of a plan's default version on one payload and waits until it ends, as long as that takes.
func (c JobClient) Run(ctx context.Context, planName string, data model.Payload) (*esteirav1.Job, error) {
	request := startOf(planName, data)
	request.Wait = durationpb.New(waitDefault)
	response, err := c.StartJob(ctx, request)
	if err != nil || response.GetCompleted() {
		return response.GetJob(), err
	}
	return c.Wait(ctx, response.GetJob().GetJobId())
}

// Start starts a job of a plan's default version on one payload.
func (c JobClient) Start(ctx context.Context, planName string, data model.Payload) (*esteirav1.Job, error) {
	response, err := c.StartJob(ctx, startOf(planName, data))
	return response.GetJob(), err
}

func startOf(planName string, data model.Payload) *esteirav1.StartJobRequest {
	return &esteirav1.StartJobRequest{
		Plan:   &esteirav1.StartJobRequest_PlanName{PlanName: planName},
		Packet: &esteirav1.DataPacket{Data: wire.PayloadOut(data)},
	}
}

// Wait waits until the job ends, as long as that takes.
func (c JobClient) Wait(ctx context.Context, jobID string) (*esteirav1.Job, error) {
	for {
		response, err := c.AwaitJob(ctx, &esteirav1.AwaitJobRequest{JobId: jobID})
		if err != nil || response.GetCompleted() {
			return response.GetJob(), err
		}
	}
}

// Pause lets running tasks end and starts nothing new.
func (c JobClient) Pause(ctx context.Context, jobID, reason string) (*esteirav1.Job, error) {
	return c.control(ctx, jobID, esteirav1.JobAction_JOB_ACTION_PAUSE, reason)
}

// Resume undoes a pause.
func (c JobClient) Resume(ctx context.Context, jobID, reason string) (*esteirav1.Job, error) {
	return c.control(ctx, jobID, esteirav1.JobAction_JOB_ACTION_RESUME, reason)
}

// Cancel asks running tasks to stop and starts nothing new.
func (c JobClient) Cancel(ctx context.Context, jobID, reason string) (*esteirav1.Job, error) {
	return c.control(ctx, jobID, esteirav1.JobAction_JOB_ACTION_CANCEL, reason)
}

// Terminate ends the job now; running tasks lose their leases.
func (c JobClient) Terminate(ctx context.Context, jobID, reason string) (*esteirav1.Job, error) {
	return c.control(ctx, jobID, esteirav1.JobAction_JOB_ACTION_TERMINATE, reason)
}

func (c JobClient) control(ctx context.Context, jobID string, action esteirav1.JobAction, reason string) (*esteirav1.Job, error) {
	response, err := c.ControlJob(ctx, &esteirav1.ControlJobRequest{JobId: jobID, Action: action, Reason: reason})
	return response.GetJob(), err
}

// PayloadIn is a payload as the model has it.
func PayloadIn(payload *esteirav1.Payload) model.Payload { return wire.PayloadIn(payload) }

// PayloadOut is a payload as the contract has it.
func PayloadOut(payload model.Payload) *esteirav1.Payload { return wire.PayloadOut(payload) }
