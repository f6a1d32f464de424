package worker

import (
	"fmt"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

const (
	// How long a parked poll may take to come back after the coordinator was told to end it.
	pollGrace = time.Second
	// How long functions that were cancelled and left to themselves may take to come back as events.
	eventGrace = time.Second
)

// phaseName says where a worker stands on its way to its end.
type phaseName uint8

const (
	// serving leases and runs.
	serving phaseName = iota
	// draining leases nothing; what runs may finish until the grace ends.
	draining
	// stopping: what runs was cancelled.
	stopping
	// delivering: nothing runs any more; reports are on their way.
	delivering
	// over: out of time.
	over
)

type phase struct {
	name phaseName
	// telling: the coordinator is being told of the drain.
	telling bool
	// pollEnds is when a parked poll is given up; zero when there is no need.
	pollEnds time.Time
	// ends is when the phase ends; zero when the coordinator decides.
	ends time.Time
}

func (p phase) isServing() bool { return p.name == serving }

// beginDrain stops leasing. Where the worker decided so by itself it tells the coordinator; where the coordinator
// decided, it will cancel what runs too long, and there is no grace.
func (d *dispatcher) beginDrain(byItself bool, grace time.Duration) {
	if d.phase.name != serving && d.phase.name != draining {
		return
	}
	now := time.Now()
	d.phase = phase{name: draining, telling: byItself && d.registered}
	if grace > 0 {
		d.phase.ends = now.Add(grace)
	}
	d.log.Info("worker drains", "running", len(d.running))
	if !d.phase.telling {
		d.phase.pollEnds = now.Add(pollGrace)
		return
	}
	request := &esteirav1.DrainWorkerRequest{
		WorkerId: d.config.WorkerID, Grace: durationpb.New(grace), Reason: "the worker shuts down",
	}
	d.beside(0, func() func() {
		if err := d.rpc.drain(d.ctx, request); err != nil {
			d.log.Warn("drain not answered", "code", status.Code(err), "message", err)
		}
		return func() {
			d.phase.telling = false
			if d.phase.name == draining {
				d.phase.pollEnds = time.Now().Add(pollGrace)
			}
		}
	})
}

// fail: the coordinator refused the worker: finish what runs, then say why.
func (d *dispatcher) fail(err error) {
	d.log.Error("refused by the coordinator", "code", status.Code(err), "message", err)
	if d.failure == nil {
		d.failure = &RefusedError{transport.Reason(err), err}
	}
	if d.phase.isServing() {
		d.beginDrain(false, d.config.DrainGrace)
	}
}

// beginDelivery: once nothing runs there is nothing to wait for but the delivery of what is left.
func (d *dispatcher) beginDelivery() {
	isIdle := len(d.running) == 0 && d.endPoll == nil
	if isIdle && (d.phase.name == draining || d.phase.name == stopping) {
		d.phase = phase{name: delivering, telling: d.phase.telling, ends: time.Now().Add(d.config.DeliveryGrace)}
	}
}

// deadline is when the present phase needs a push; zero for never.
func (d *dispatcher) deadline() time.Time {
	ends := d.phase.ends
	if poll := d.phase.pollEnds; !poll.IsZero() && (ends.IsZero() || poll.Before(ends)) {
		return poll
	}
	return ends
}

// onDeadline moves on from a phase whose time is over.
func (d *dispatcher) onDeadline() {
	now := time.Now()
	isOver := !d.phase.ends.IsZero() && !d.phase.ends.After(now)
	switch d.phase.name {
	case draining:
		if isOver || !d.phase.pollEnds.IsZero() && !d.phase.pollEnds.After(now) {
			d.phase.pollEnds = time.Time{}
			d.dropPoll()
		}
		if isOver {
			for _, running := range d.running {
				running.cancel(model.CancelDrain)
			}
			d.phase = phase{name: stopping, ends: now.Add(d.config.CancelGrace + eventGrace)}
		}
	case stopping:
		if isOver {
			d.giveUpRunning()
			d.phase = phase{name: delivering, ends: now.Add(d.config.DeliveryGrace)}
		}
	case delivering:
		if isOver {
			d.phase = phase{name: over}
		}
	}
}

// isOver says whether there is nothing left to wait for.
func (d *dispatcher) isOver() bool {
	isIdle := len(d.running) == 0 && d.outgoing.isEmpty() && d.reporting == nil && d.endPoll == nil
	return d.phase.name == over || d.phase.name != serving && isIdle && !d.phase.telling
}

// finish keeps what could not be delivered, and says how it went.
func (d *dispatcher) finish() error {
	lost := 0
	for _, letter := range append(d.reporting, d.outgoing.letters...) {
		if !letter.kept {
			continue
		}
		if d.spool == nil {
			lost++
		} else if err := d.spool.keep(d.config.WorkerID, letter.withCapsule().report); err != nil {
			lost++
			d.log.Error("a result could not be kept in the spool", "message", err)
		}
	}
	switch {
	case d.failure != nil:
		return d.failure
	case lost > 0:
		return fmt.Errorf("%d %w", lost, ErrUndelivered)
	default:
		return nil
	}
}

// dropPoll: a lease that is in an answer which nobody reads returns by itself.
func (d *dispatcher) dropPoll() {
	if d.endPoll != nil {
		d.endPoll()
		d.endPoll = nil
		d.slots.pollAnswered()
	}
}

// giveUpRunning: functions that do not listen cannot be stopped, but their tasks can be given back.
func (d *dispatcher) giveUpRunning() {
	for token := range d.running {
		delete(d.running, token)
		d.slots.end()
		d.heartbeats.forget(token)
		d.outgoing.push(withoutResult(token, released("the worker shuts down")))
	}
}
