package model

import (
	"context"
	"log/slog"
	"sync"
	"time"
)

// Invocation is everything that is fixed about one attempt. The worker fills it from the lease, the runner and the
// harness from what they know. Nobody changes it once a function runs.
type Invocation struct {
	// JobID is the job.
	JobID string
	// TaskID is the task.
	TaskID string
	// StepKey is the key of the step in its plan.
	StepKey string
	// FunctionName is the name under which the function was called.
	FunctionName string
	// Attempt counts from 1.
	Attempt int
	// Fence rises with every grant; hand it to stores that can refuse an older writer.
	Fence int64
	// IdempotencyKey is the same in all attempts of the task; hand it to outside services.
	IdempotencyKey string
	// Actor is on whose behalf the job runs.
	Actor Actor
	// Aggregate is the one to move, if the plan moves one.
	Aggregate *AggregateRef
	// Headers of the job; W3C traceparent travels here.
	Headers map[string]string
	// ConfigJSON is the step's configuration, or "".
	ConfigJSON string
	// OutputType is what the step expects.
	OutputType OutputType
	// Deadline is when the execution time-out passes; zero when the step has none.
	Deadline time.Time
	// LastCheckpoint is what an earlier attempt saved, if any did.
	LastCheckpoint *Payload
}

// Observer sees at once what a function says while it runs; a worker logs it, the harness records it. Its methods
// may be called from any goroutine.
type Observer interface {
	// Log is called for a line that the function logged.
	Log(invocation *Invocation, level slog.Level, message string)
	// Checkpoint is called for a checkpoint that the function saved.
	Checkpoint(invocation *Invocation, checkpoint Payload)
}

// Said is what a function said while it ran, apart from its result.
type Said struct {
	// Emits are the messages to commit with the completion, in order.
	Emits []Emit
	// Checkpoint is the newest one of this attempt, if there is one.
	Checkpoint *Payload
}

// Context is the attempt that a function runs in. It is a [context.Context]: hand it on, select on Done, and ask
// [Context.CancelReason] or [context.Cause] why it ended. Its methods may be called from any goroutine.
type Context struct {
	context.Context

	invocation *Invocation
	observer   Observer
	mutex      sync.Mutex
	said       Said
}

// NewContext is a context for one attempt, for whoever calls [Function.Execute]. The observer may be nil.
func NewContext(ctx context.Context, invocation *Invocation, observer Observer) *Context {
	return &Context{Context: ctx, invocation: invocation, observer: observer}
}

// Invocation is everything that is fixed about the attempt.
func (c *Context) Invocation() *Invocation { return c.invocation }

// Job is the job's id.
func (c *Context) Job() string { return c.invocation.JobID }

// Task is the task's id.
func (c *Context) Task() string { return c.invocation.TaskID }

// StepKey is the key of the step in its plan.
func (c *Context) StepKey() string { return c.invocation.StepKey }

// Attempt counts from 1.
func (c *Context) Attempt() int { return c.invocation.Attempt }

// Fence rises with every grant; hand it to stores that can refuse an older writer.
func (c *Context) Fence() int64 { return c.invocation.Fence }

// IdempotencyKey is the same in all attempts of the task; hand it to outside services.
func (c *Context) IdempotencyKey() string { return c.invocation.IdempotencyKey }

// Operator is on whose behalf the job runs.
func (c *Context) Operator() Actor { return c.invocation.Actor }

// Account is the account that the job belongs to.
func (c *Context) Account() string { return c.invocation.Actor.AccountID }

// Aggregate is the one to move; false when the plan moves none.
func (c *Context) Aggregate() (aggregate AggregateRef, found bool) {
	if c.invocation.Aggregate == nil {
		return AggregateRef{}, false
	}
	return *c.invocation.Aggregate, true
}

// Headers of the job; not to be changed.
func (c *Context) Headers() map[string]string { return c.invocation.Headers }

// ConfigJSON is the step's configuration as JSON text, or "".
func (c *Context) ConfigJSON() string { return c.invocation.ConfigJSON }

// Config reads the step's configuration into a value of type T. It fails with CONFIG_INVALID, not retryable, when
// the configuration has another shape. An absent one reads as {}.
func Config[T any](cx *Context) (T, error) {
	var value T
	text := cx.ConfigJSON()
	if text == "" {
		text = "{}"
	}
	if err := decodeText(text, &value); err != nil {
		return value, ConfigInvalid("%w", err)
	}
	return value, nil
}

// OutputType is what the step expects.
func (c *Context) OutputType() OutputType { return c.invocation.OutputType }

// Remaining is what is left of the execution time-out; false when the step has none.
func (c *Context) Remaining() (left time.Duration, limited bool) {
	if c.invocation.Deadline.IsZero() {
		return 0, false
	}
	return max(0, time.Until(c.invocation.Deadline)), true
}

// LastCheckpoint is what an earlier attempt saved; false when none did.
func (c *Context) LastCheckpoint() (checkpoint Payload, found bool) {
	if c.invocation.LastCheckpoint == nil {
		return Payload{}, false
	}
	return *c.invocation.LastCheckpoint, true
}

// IsCancelled says whether the function should stop.
func (c *Context) IsCancelled() bool { return c.Err() != nil }

// CancelReason is why the function should stop; "" while it should not.
func (c *Context) CancelReason() CancelReason { return reasonOf(c) }

// Checkpoint saves progress for the next attempt; the newest one counts. It travels with the next heartbeat or
// report.
func (c *Context) Checkpoint(checkpoint Payload) {
	if c.observer != nil {
		c.observer.Checkpoint(c.invocation, checkpoint)
	}
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.said.Checkpoint = &checkpoint
}

// Emit emits a message: it is committed to the outbox together with the completion, or not at all. A key of ""
// keeps order with the others about the same aggregate, or of the same job.
func (c *Context) Emit(topic, key string, payload Payload) {
	c.EmitWith(Emit{Topic: topic, Key: key, Payload: payload})
}

// EmitWith emits a message with headers of its own.
func (c *Context) EmitWith(emit Emit) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.said.Emits = append(c.said.Emits, emit)
}

// Log logs a line with the attempt's ids.
func (c *Context) Log(level slog.Level, message string) {
	if c.observer != nil {
		c.observer.Log(c.invocation, level, message)
	}
}

// TakeSaid takes what the function said, for whoever called it.
func (c *Context) TakeSaid() Said {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	said := c.said
	c.said = Said{}
	return said
}
