package worker

import (
	"fmt"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/types/known/durationpb"
)

// lease is a lease as the worker needs it.
type lease struct {
	token            string
	ttl              time.Duration
	executionTimeout time.Duration
	invocation       *model.Invocation
	input            model.Payload
	// capsule is for a report that the coordinator cannot take without it.
	capsule []byte
}

// leaseIn reads a lease; the error names the field that cannot be read.
func leaseIn(message *esteirav1.TaskLease) (*lease, error) {
	packet := message.GetPacket()
	outputType, known := outputTypeIn(message.GetOutputType())
	ttl, hasTTL := wire.DurationIn(message.GetLeaseTtl())
	switch {
	case message.GetJobId() == "":
		return nil, fmt.Errorf("job_id")
	case message.GetTaskId() == "":
		return nil, fmt.Errorf("task_id")
	case message.GetAttempt() < 1:
		return nil, fmt.Errorf("attempt")
	case !known:
		return nil, fmt.Errorf("output_type")
	case !hasTTL || ttl == 0:
		return nil, fmt.Errorf("lease_ttl")
	}
	invocation := &model.Invocation{
		JobID: message.GetJobId(), TaskID: message.GetTaskId(), StepKey: message.GetStepKey(),
		FunctionName: message.GetFunctionName(), Attempt: int(message.GetAttempt()), Fence: message.GetFence(),
		IdempotencyKey: message.GetIdempotencyKey(), Headers: packet.GetHeaders(), ConfigJSON: message.GetConfigJson(),
		OutputType: outputType,
		Actor: model.Actor{
			UserID: packet.GetActor().GetUserId(), AccountID: packet.GetActor().GetAccountId(),
			OnBehalfOf: packet.GetActor().GetOnBehalfOf(),
		},
	}
	if aggregate := packet.GetAggregate(); aggregate != nil {
		invocation.Aggregate = &model.AggregateRef{Kind: aggregate.GetType(), ID: aggregate.GetId(), Version: aggregate.GetVersion()}
	}
	if message.GetCheckpoint() != nil {
		checkpoint := wire.PayloadIn(message.GetCheckpoint())
		invocation.LastCheckpoint = &checkpoint
	}
	timeout, _ := wire.DurationIn(message.GetExecutionTimeout())
	return &lease{message.GetLeaseToken(), ttl, timeout, invocation, wire.PayloadIn(packet.GetData()), message.GetCapsule()}, nil
}

var outputTypes = map[esteirav1.OutputType]model.OutputType{
	esteirav1.OutputType_OUTPUT_TYPE_SINGLE:   model.Single,
	esteirav1.OutputType_OUTPUT_TYPE_MULTIPLE: model.Multiple,
	esteirav1.OutputType_OUTPUT_TYPE_NONE:     model.None,
}

func outputTypeIn(value esteirav1.OutputType) (model.OutputType, bool) {
	outputType, known := outputTypes[value]
	return outputType, known
}

func functionOut(spec model.FunctionSpec) *esteirav1.FunctionSpec {
	message := &esteirav1.FunctionSpec{Name: spec.Name, Version: spec.Version, Summary: spec.Summary}
	for value, outputType := range outputTypes {
		if outputType == spec.OutputType {
			message.OutputType = value
		}
	}
	return message
}

func emitsOut(emits []model.Emit) []*esteirav1.OutboxEmit {
	messages := make([]*esteirav1.OutboxEmit, len(emits))
	for i, emit := range emits {
		messages[i] = &esteirav1.OutboxEmit{
			Topic: emit.Topic, Key: emit.Key, Payload: wire.PayloadOut(emit.Payload), Headers: emit.Headers,
		}
	}
	return messages
}

func verdictsOut(verdicts []model.Verdict) []*esteirav1.PolicyVerdict {
	messages := make([]*esteirav1.PolicyVerdict, len(verdicts))
	for i, verdict := range verdicts {
		messages[i] = &esteirav1.PolicyVerdict{
			Policy: verdict.Policy, Version: verdict.Version, Passed: verdict.Passed, Detail: verdict.Detail,
		}
	}
	return messages
}

var failureKinds = map[model.FailureKind]esteirav1.FailureKind{
	model.FailureRetryable:    esteirav1.FailureKind_FAILURE_KIND_RETRYABLE,
	model.FailureNonRetryable: esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE,
	model.FailureTimeout:      esteirav1.FailureKind_FAILURE_KIND_TIMEOUT,
	model.FailureCancelled:    esteirav1.FailureKind_FAILURE_KIND_CANCELLED,
	model.FailureLeaseExpired: esteirav1.FailureKind_FAILURE_KIND_LEASE_EXPIRED,
	model.FailureProtocol:     esteirav1.FailureKind_FAILURE_KIND_PROTOCOL,
}

func failureOut(failure *model.Failure) *esteirav1.Failure {
	message := &esteirav1.Failure{
		Kind: failureKinds[failure.Kind], Code: failure.Code, Message: failure.Message, StackTrace: failure.StackTrace,
		Source: failure.Source,
	}
	if failure.RetryAfter != nil {
		message.RetryAfter = durationpb.New(*failure.RetryAfter)
	}
	if failure.Details.Kind() != model.NoData {
		message.Details = wire.PayloadOut(failure.Details)
	}
	return message
}

func usageOut(usage model.Usage) *esteirav1.ResourceUsage {
	return &esteirav1.ResourceUsage{
		CpuTime: durationpb.New(usage.CPUTime), WallTime: durationpb.New(usage.WallTime), PeakRssBytes: usage.PeakRSSBytes,
	}
}
