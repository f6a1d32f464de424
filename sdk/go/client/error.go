package client

import (
	"errors"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"google.golang.org/grpc/status"
)

// Error is a call that did not succeed: the coordinator refused it, or could not be reached while patience lasted. Find it
// with errors.As, or ask [Reason].
type Error struct {
	// Reason is the contract's stable reason, such as JOB_NOT_FOUND; "" when the error is the transport's.
	Reason string
	// Message is for a person; it may change.
	Message string
	// PlanIssues are what is wrong with a plan definition, when the reason is PLAN_INVALID.
	PlanIssues []*esteirav1.PlanIssue

	status *status.Status
}

// Error is the reason, or the kind of error, and the message.
func (e *Error) Error() string {
	name := e.Reason
	if name == "" {
		name = e.status.Code().String()
	}
	return name + ": " + e.Message
}

// GRPCStatus is the status, for status.Code and status.Convert of google.golang.org/grpc.
func (e *Error) GRPCStatus() *status.Status { return e.status }

// Is reports whether the target is an *Error with the same reason, so that
// errors.Is(err, &client.Error{Reason: "JOB_NOT_FOUND"}) holds.
func (e *Error) Is(target error) bool {
	other, isError := target.(*Error)
	return isError && other.Reason == e.Reason
}

// Reason is the contract's stable reason of an error of this package; "" when there is none.
func Reason(err error) string {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Reason
	}
	return ""
}

func refusalOf(err error) error {
	problem := status.Convert(err)
	refusal := &Error{Reason: transport.Reason(err), Message: problem.Message(), status: problem}
	for _, detail := range problem.Details() {
		if issue, isIssue := detail.(*esteirav1.PlanIssue); isIssue {
			refusal.PlanIssues = append(refusal.PlanIssues, issue)
		}
	}
	return refusal
}
