package worker

import (
	"context"
	"errors"
	"log/slog"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// attempt runs the function under its lease, which must be kept already, and says what to report; nil when the lease was
// lost.
func (d *dispatcher) attempt(ctx context.Context, function model.Function, lease *lease, limits limits) *esteirav1.TaskReport {
	begun := time.Now()
	if lease.executionTimeout > 0 {
		lease.invocation.Deadline = begun.Add(lease.executionTimeout)
		var cancel context.CancelFunc
		ctx, cancel = context.WithDeadlineCause(ctx, lease.invocation.Deadline, model.CancelTimeout)
		defer cancel()
	}
	cx := model.NewContext(ctx, lease.invocation, &voice{d, lease.token, limits.payloadBytes})
	ended, usage := d.drive(function, cx, lease.input)
	usage.PeakRSSBytes = d.peak.bytes()
	end := time.Now()
	if !d.heartbeats.end(lease.token) {
		return nil
	}
	decided := decide(ended, cx.TakeSaid(), lease.invocation, cx.CancelReason(), limits)
	outcome := decided.outcome
	if decided.chunks != nil {
		if outcome = d.append(lease.token, decided); outcome == nil {
			return nil
		}
	}
	report := &esteirav1.TaskReport{
		LeaseToken: lease.token, Usage: usageOut(usage), StartTime: timestamppb.New(begun), EndTime: timestamppb.New(end),
	}
	outcome(report)
	return report
}

// drive runs the function until it ends, or until its grace after a cancellation is over. A goroutine cannot be stopped
// from outside: one that does not listen goes on, but its task does not wait for it.
func (d *dispatcher) drive(function model.Function, cx *model.Context, input model.Payload) (ending, model.Usage) {
	type result struct {
		ending ending
		usage  model.Usage
	}
	begun := time.Now()
	ended := make(chan result, 1)
	go func() {
		var result result
		// Also when the function ends its goroutine: then this is what runs.
		defer func() { ended <- result }()
		measured(&result.usage, func() {
			result.ending.err = errGoexit
			result.ending.outcome, result.ending.err = model.Call(function, cx, input)
		})
	}()
	select {
	case result := <-ended:
		return result.ending, result.usage
	case <-cx.Done():
	}
	grace := time.NewTimer(d.config.CancelGrace)
	defer grace.Stop()
	select {
	case result := <-ended:
		return result.ending, result.usage
	case <-grace.C:
		return ending{err: errAbandoned}, model.Usage{WallTime: time.Since(begun)}
	}
}

var (
	errGoexit    = errors.New("the function ended its goroutine")
	errAbandoned = errors.New("the function did not stop when it was cancelled")
)

// append hands in the items of a large MULTIPLE output, chunk by chunk, ahead of the report. It answers what to report:
// the completion, or why it is refused; nil when the lease is lost.
func (d *dispatcher) append(token string, decided decision) outcome {
	for index, items := range decided.chunks {
		request := &esteirav1.AppendOutputsRequest{LeaseToken: token, ChunkIndex: int32(index), Items: items}
		if err := d.rpc.append(d.ctx, request); err != nil {
			reason := transport.Reason(err)
			if reason == "LEASE_LOST" || d.ctx.Err() != nil {
				return nil
			}
			return refused(reason, err.Error())
		}
	}
	return decided.outcome
}

// voice carries what a function says while it runs.
type voice struct {
	*dispatcher

	token           string
	payloadBytesMax int
}

func (v *voice) Log(invocation *model.Invocation, level slog.Level, message string) {
	v.log.Log(v.ctx, level, message, "job", invocation.JobID, "task", invocation.TaskID, "step", invocation.StepKey,
		"attempt", invocation.Attempt)
}

func (v *voice) Checkpoint(invocation *model.Invocation, checkpoint model.Payload) {
	if checkpoint.Len() > v.payloadBytesMax {
		v.log.Warn("checkpoint is too large and was dropped", "task", invocation.TaskID, "bytes", checkpoint.Len())
		return
	}
	v.heartbeats.checkpoint(v.token, checkpoint)
}
