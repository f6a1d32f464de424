package model

import (
	"context"
	"time"
)

// How long a function may go on after its execution time-out before the run goes on without it.
const timeoutGrace = time.Second

// attempt runs a ready task once and decides what follows.
func (r *run) attempt(ctx context.Context, task task) error {
	task.attempts++
	task.fence++
	job, step := task.job, &task.node().step
	function := r.runner.functions[step.Run.Function]
	invocation := &Invocation{
		JobID: job.id, TaskID: task.id, StepKey: step.StepKey, FunctionName: function.Spec().Name, Attempt: task.attempts,
		Fence: task.fence, IdempotencyKey: task.id, Actor: job.actor, Aggregate: task.aggregate, Headers: job.headers,
		ConfigJSON: step.ConfigJSON, OutputType: step.OutputType, LastCheckpoint: task.checkpoint,
	}
	var timeout time.Duration
	if !r.pace.skips {
		timeout = step.ExecutionTimeout
	}
	outcome, said, err := execute(ctx, function, invocation, r.runner.observer, *task.input, timeout)
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if err == nil {
		err = outcome.Check(step.OutputType, PayloadBytesMax, FanOutItemsMax)
	}
	switch {
	case err == nil:
		if refused := refuseSuccess(outcome, said, task.aggregate); refused != nil {
			r.fail(task, refused, nil)
			return nil
		}
		for i := range said.Emits {
			said.Emits[i].Key = keyOf(said.Emits[i], &task)
		}
		r.complete(task, outcome, said.Emits)
	case err == error(CancelTimeout):
		r.fail(task, engineFailure(FailureTimeout, "EXECUTION_TIMEOUT",
			"the attempt took longer than the step's execution_timeout"), nil)
	default:
		failure, checkpoint := refuseFailure(AsError(err).Failure(invocation.FunctionName), said.Checkpoint)
		r.fail(task, failure, checkpoint)
	}
	return nil
}

// execute runs the function; CancelTimeout is the error of one that took too long and did not succeed all the same.
func execute(ctx context.Context, function Function, invocation *Invocation, observer Observer, input Payload, timeout time.Duration) (Outcome, Said, error) {
	if timeout == 0 {
		cx := NewContext(ctx, invocation, observer)
		outcome, err := Call(function, cx, input)
		return outcome, cx.TakeSaid(), err
	}
	invocation.Deadline = time.Now().Add(timeout)
	limited, cancel := context.WithDeadlineCause(ctx, invocation.Deadline, CancelTimeout)
	defer cancel()
	cx := NewContext(limited, invocation, observer)
	type result struct {
		outcome Outcome
		err     error
	}
	returned := make(chan result, 1)
	go func() {
		outcome, err := Call(function, cx, input)
		returned <- result{outcome, err}
	}()
	var ended result
	select {
	case ended = <-returned:
	case <-limited.Done():
		// A goroutine cannot be stopped from outside: one that does not listen is left to itself.
		grace := time.NewTimer(timeoutGrace)
		defer grace.Stop()
		select {
		case ended = <-returned:
		case <-grace.C:
			ended.err = CancelTimeout
		}
	}
	if ended.err != nil && reasonOf(limited) == CancelTimeout && AsError(ended.err).Retryable {
		ended.err = CancelTimeout
	}
	return ended.outcome, cx.TakeSaid(), ended.err
}

// keyOf: a message without a key keeps its order with the others about the same aggregate, or of the same job.
func keyOf(emit Emit, task *task) string {
	switch {
	case emit.Key != "":
		return emit.Key
	case task.aggregate != nil:
		return task.aggregate.Kind + "/" + task.aggregate.ID
	default:
		return task.job.id
	}
}
