package worker

import (
	"context"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

// An empty answer that came sooner is followed by a pause of this length.
const earlyAnswer = 200 * time.Millisecond

// sendPoll parks a poll for all free slots, unless one is parked or a report is about to ask for them.
func (d *dispatcher) sendPoll() {
	may := d.registered && d.phase.isServing() && d.endPoll == nil && d.reporting == nil && d.outgoing.isEmpty()
	if !may || d.slots.free() == 0 {
		return
	}
	request := d.leaseRequest(d.slots.promiseToPoll(d.limits.leasesPerCall))
	wait := min(waitDefault, d.limits.wait)
	request.Wait = durationpb.New(wait)
	pause := d.pollPause
	d.pollPause = 0
	ctx, cancel := context.WithCancel(d.ctx)
	d.endPoll = cancel
	d.beside(pause, func() func() {
		response, sent, err := d.rpc.lease(ctx, request, wait)
		isDropped := ctx.Err() != nil
		return func() {
			// A poll that was given up was answered for already.
			if !isDropped {
				d.onPolled(response, sent, err)
			}
		}
	})
}

func (d *dispatcher) leaseRequest(leases int) *esteirav1.LeaseTasksRequest {
	request := &esteirav1.LeaseTasksRequest{
		WorkerId: d.config.WorkerID, RequestId: model.NewID(), Queues: d.config.Queues, MaxLeases: int32(leases),
	}
	for _, function := range d.info.GetFunctions() {
		request.FunctionNames = append(request.FunctionNames, function.GetName())
	}
	if d.config.LeaseTTL > 0 {
		request.LeaseTtl = durationpb.New(d.config.LeaseTTL)
	}
	return request
}

func (d *dispatcher) onPolled(response *esteirav1.LeaseTasksResponse, sent time.Time, err error) {
	if d.endPoll == nil {
		// It was given up while its answer was on the way: the leases in it return by themselves.
		return
	}
	d.endPoll()
	d.endPoll = nil
	d.slots.pollAnswered()
	switch {
	case err == nil:
		if len(response.GetLeases()) == 0 && time.Since(sent) < earlyAnswer {
			d.pollPause = earlyAnswer
		}
		d.onLeased(response, sent)
	case isFinal(err):
		d.fail(err)
	default:
		d.log.Warn("poll failed", "code", status.Code(err), "message", err)
		d.pollPause = unsurePause
	}
}

func (d *dispatcher) onLeased(response *esteirav1.LeaseTasksResponse, sent time.Time) {
	for _, lease := range response.GetLeases() {
		d.start(lease, sent)
	}
	d.obey(response.GetDirective())
}

func (d *dispatcher) start(message *esteirav1.TaskLease, sent time.Time) {
	token := message.GetLeaseToken()
	giveBack := func(reason string) { d.outgoing.push(withoutResult(token, released(reason))) }
	function := d.functions[message.GetFunctionName()]
	switch {
	case d.running[token] != nil:
		return
	case !d.phase.isServing():
		giveBack("the worker shuts down")
		return
	case function == nil:
		giveBack("the worker does not have this function")
		return
	}
	lease, err := leaseIn(message)
	if err != nil {
		d.outgoing.push(withoutResult(token, refused("LEASE_UNREADABLE", err.Error())))
		return
	}
	if !d.slots.start() {
		giveBack("the worker has no free slot")
		return
	}
	ctx, cancel := context.WithCancelCause(d.ctx)
	d.heartbeats.hold(token, lease.ttl, sent, cancel)
	d.running[token] = &runningTask{cancel}
	limits := d.limits
	d.beside(0, func() func() {
		defer cancel(nil)
		report := d.attempt(ctx, function, lease, limits)
		return func() { d.onEnded(token, report, lease.capsule) }
	})
}

// onEnded: a function ended; there is no report when its lease was lost.
func (d *dispatcher) onEnded(token string, report *esteirav1.TaskReport, capsule []byte) {
	if d.running[token] == nil {
		// It was given up while it ended.
		return
	}
	delete(d.running, token)
	d.slots.end()
	if report == nil {
		d.heartbeats.forget(token)
		return
	}
	d.outgoing.push(letter{report: report, capsule: capsule, kept: true})
}
