package model

import (
	"context"
	"errors"
)

// CancelReason is why a function should stop. It is the cause of the context: context.Cause(cx) answers it, and
// errors.Is compares it.
type CancelReason string

const (
	// CancelJob: the job is cancelled or terminated.
	CancelJob CancelReason = "JOB"
	// CancelLeaseLost: another worker may run the task now; whatever this one returns is dropped.
	CancelLeaseLost CancelReason = "LEASE_LOST"
	// CancelDrain: the worker shuts down and its grace is over.
	CancelDrain CancelReason = "DRAIN"
	// CancelTimeout: the step's execution time-out passed.
	CancelTimeout CancelReason = "TIMEOUT"
)

// Error makes the reason an error, so that it can be a context's cause.
func (r CancelReason) Error() string { return "cancelled: " + string(r) }

// reasonOf is why a context ended; "" while it has not. A context that the caller ended counts as the job's end.
func reasonOf(ctx context.Context) CancelReason {
	cause := context.Cause(ctx)
	var reason CancelReason
	switch {
	case cause == nil:
		return ""
	case errors.As(cause, &reason):
		return reason
	default:
		return CancelJob
	}
}
