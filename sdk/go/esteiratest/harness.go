// Package esteiratest runs a function in a test, with no server: whatever a worker would tell it is set here, and
// whatever it says is kept.
//
// It is named like net/http/httptest and testing/iotest: a package named testing would hide the one of the standard
// library in every test that uses both.
package esteiratest

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

// Harness is what the function is told. Each run is an attempt of its own.
type Harness struct {
	invocation model.Invocation
	remaining  time.Duration
	ctx        context.Context
	cancel     context.CancelCauseFunc
}

// New is a first attempt of an unnamed step, with no configuration, aggregate or time limit.
func New() *Harness {
	ctx, cancel := context.WithCancelCause(context.Background())
	return &Harness{
		invocation: model.Invocation{
			JobID: "00000000-0000-7000-8000-000000000001", TaskID: "00000000-0000-7000-8000-000000000002", StepKey: "step",
			Attempt: 1, Fence: 1, IdempotencyKey: "00000000-0000-7000-8000-000000000002",
		},
		ctx: ctx, cancel: cancel,
	}
}

// Context sets the context that the function's own is made of, for its values and its end.
func (h *Harness) Context(ctx context.Context) *Harness {
	h.ctx, h.cancel = context.WithCancelCause(ctx)
	return h
}

// Config sets the step's configuration.
func (h *Harness) Config(json string) *Harness {
	h.invocation.ConfigJSON = json
	return h
}

// Attempt sets the attempt and, with it, the fence.
func (h *Harness) Attempt(attempt int) *Harness {
	h.invocation.Attempt, h.invocation.Fence = attempt, int64(attempt)
	return h
}

// LastCheckpoint sets what an earlier attempt saved.
func (h *Harness) LastCheckpoint(checkpoint model.Payload) *Harness {
	h.invocation.LastCheckpoint = &checkpoint
	return h
}

// Operator sets on whose behalf the job runs.
func (h *Harness) Operator(actor model.Actor) *Harness {
	h.invocation.Actor = actor
	return h
}

// Aggregate sets the aggregate to move.
func (h *Harness) Aggregate(aggregate model.AggregateRef) *Harness {
	h.invocation.Aggregate = &aggregate
	return h
}

// Headers sets the job's headers.
func (h *Harness) Headers(headers map[string]string) *Harness {
	h.invocation.Headers = headers
	return h
}

// Remaining sets what is left of the execution time-out when the function begins. Nothing ends it when the time is
// over.
func (h *Harness) Remaining(remaining time.Duration) *Harness {
	h.remaining = remaining
	return h
}

// With sets anything else that is fixed about the attempt.
func (h *Harness) With(change func(*model.Invocation)) *Harness {
	change(&h.invocation)
	return h
}

// Cancel cancels the function: before it begins, or from another goroutine while it runs.
func (h *Harness) Cancel(reason model.CancelReason) { h.cancel(reason) }

// Execution is what became of one run.
type Execution struct {
	// Outcome is what the function returned, when Err is nil.
	Outcome model.Outcome
	// Err is why it failed, as a worker would see it: a [*model.Error]. A panic is UNHANDLED, an output of another type or
	// size is refused.
	Err error
	// Emits are the messages that would be committed with a success, in order.
	Emits []model.Emit
	// Checkpoints are all that were saved, in order.
	Checkpoints []model.Payload
	// Logs are all lines, in order.
	Logs []Line
}

// Line is one line that the function logged.
type Line struct {
	// Level says how important it is.
	Level slog.Level
	// Message is the text.
	Message string
}

// Payloads are what the function produced; none when it failed.
func (e *Execution) Payloads() []model.Payload { return e.Outcome.Payloads }

// Code is the code of the failure; "" when there is none.
func (e *Execution) Code() string {
	if e.Err == nil {
		return ""
	}
	return model.AsError(e.Err).Code
}

// Run runs the function once and checks its result as a worker would.
func (h *Harness) Run(function model.Function, input model.Payload) *Execution {
	spec := function.Spec()
	invocation := h.invocation
	invocation.FunctionName, invocation.OutputType = spec.Name, spec.OutputType
	if h.remaining > 0 {
		invocation.Deadline = time.Now().Add(h.remaining)
	}
	heard := &record{}
	cx := model.NewContext(h.ctx, &invocation, heard)
	outcome, err := model.Call(function, cx, input)
	if err == nil {
		err = outcome.Check(spec.OutputType, model.PayloadBytesMax, model.FanOutItemsMax)
	}
	execution := &Execution{Err: err, Emits: cx.TakeSaid().Emits}
	if err == nil {
		execution.Outcome = outcome
	}
	heard.mutex.Lock()
	defer heard.mutex.Unlock()
	execution.Checkpoints, execution.Logs = heard.checkpoints, heard.logs
	return execution
}

type record struct {
	mutex       sync.Mutex
	checkpoints []model.Payload
	logs        []Line
}

func (r *record) Log(_ *model.Invocation, level slog.Level, message string) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.logs = append(r.logs, Line{level, message})
}

func (r *record) Checkpoint(_ *model.Invocation, checkpoint model.Payload) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.checkpoints = append(r.checkpoints, checkpoint)
}
