package worker

import (
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/emptypb"
)

// ending is how an execution ended.
type ending struct {
	outcome model.Outcome
	err     error
}

// outcome sets what a report says.
type outcome func(report *esteirav1.TaskReport)

// decision is what to report. With chunks: first append these.
type decision struct {
	outcome outcome
	chunks  [][]*esteirav1.Payload
}

// decide says what to report, with nothing done yet. reason is why the function was cancelled, if it was.
func decide(ended ending, said model.Said, invocation *model.Invocation, reason model.CancelReason, limits limits) decision {
	err := ended.err
	if err == nil {
		decided, refusal := complete(ended.outcome, said, invocation, limits)
		if refusal == nil {
			return decided
		}
		err = refusal
	}
	if reason == model.CancelDrain {
		return decision{outcome: released("the worker shuts down")}
	}
	failure := model.AsError(err).Failure(invocation.FunctionName)
	switch {
	case reason == model.CancelJob:
		failure.Kind, failure.Code = model.FailureCancelled, "CANCELLED"
	case reason == model.CancelTimeout && failure.Kind == model.FailureRetryable:
		failure.Kind, failure.Code = model.FailureTimeout, "EXECUTION_TIMEOUT"
	}
	return decision{outcome: failed(failure, said.Checkpoint, limits)}
}

// released: the task goes back unharmed.
func released(reason string) outcome {
	return func(report *esteirav1.TaskReport) {
		report.Outcome = &esteirav1.TaskReport_Released{Released: &esteirav1.Release{Reason: reason}}
	}
}

// refused: the coordinator does not take the result; it gets this instead.
func refused(reason, message string) outcome {
	problem := model.NonRetryable(reason, "%s", message)
	if reason == "CHUNK_GAP" {
		problem = model.Retryable(reason, "%s", message)
	}
	if reason == "" {
		problem.Code = "RESULT_REFUSED"
	}
	return failed(problem.Failure("worker"), nil, limits{})
}

func failed(failure *model.Failure, checkpoint *model.Payload, limits limits) outcome {
	failing := &esteirav1.Failing{Failure: failureOut(failure)}
	if checkpoint != nil && checkpoint.Len() <= limits.payloadBytes {
		failing.Checkpoint = wire.PayloadOut(*checkpoint)
	}
	return func(report *esteirav1.TaskReport) { report.Outcome = &esteirav1.TaskReport_Failed{Failed: failing} }
}

func complete(result model.Outcome, said model.Said, invocation *model.Invocation, limits limits) (decision, error) {
	if err := result.Check(invocation.OutputType, limits.payloadBytes, limits.fanOutItems); err != nil {
		return decision{}, err
	}
	completion := &esteirav1.Completion{Emit: emitsOut(said.Emits), Verdicts: verdictsOut(result.Verdicts)}
	if after := result.AggregateAfter; after != nil {
		completion.AggregateAfter = &esteirav1.AggregateRef{Type: after.Kind, Id: after.ID, Version: after.Version}
	}
	frameBytes := proto.Size(completion)
	bytes := frameBytes
	decided := decision{outcome: func(report *esteirav1.TaskReport) {
		report.Outcome = &esteirav1.TaskReport_Completed{Completed: completion}
	}}
	switch result.OutputType {
	case model.None:
		completion.Output = &esteirav1.Completion_None{None: &emptypb.Empty{}}
	case model.Single:
		payload := wire.PayloadOut(result.Payloads[0])
		completion.Output = &esteirav1.Completion_Single{Single: payload}
		bytes += proto.Size(payload)
	case model.Multiple:
		items := wire.PayloadsOut(result.Payloads)
		for _, item := range items {
			bytes += framedBytes(item)
		}
		if frameBytes <= limits.messageBytes && (len(items) > limits.appendItems || bytes > limits.messageBytes) {
			completion.Output = &esteirav1.Completion_AppendedItems{AppendedItems: int64(len(items))}
			decided.chunks = chunks(items, limits)
			return decided, nil
		}
		completion.Output = &esteirav1.Completion_Multiple{Multiple: &esteirav1.Outputs{Items: items}}
	}
	if bytes > limits.messageBytes {
		return decision{}, model.TooLarge("bytes in the completion", bytes, limits.messageBytes)
	}
	return decided, nil
}

// chunks are as few as the limits allow, in order.
func chunks(items []*esteirav1.Payload, limits limits) [][]*esteirav1.Payload {
	var chunks [][]*esteirav1.Payload
	bytes := 0
	for _, item := range items {
		size, last := framedBytes(item), len(chunks)-1
		if last < 0 || len(chunks[last]) == limits.appendItems || bytes+size > limits.messageBytes {
			chunks = append(chunks, nil)
			bytes, last = 0, last+1
		}
		bytes += size
		chunks[last] = append(chunks[last], item)
	}
	return chunks
}

// framedBytes are the bytes of an item inside a message, with its tag and length.
func framedBytes(item proto.Message) int { return proto.Size(item) + 6 }
