package worker

import (
	"context"
	"log/slog"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// Pause after an answer that a worker cannot make sense of, before it asks anew.
const unsurePause = time.Second

// dispatcher is all state of a worker that runs. One goroutine owns it; requests and functions run beside it and come
// back as events, which are done one after the other.
type dispatcher struct {
	*Worker

	ctx        context.Context
	log        *slog.Logger
	rpc        *rpc
	heartbeats *heartbeats
	peak       *peakMemory
	events     chan func()

	limits     limits
	registered bool
	slots      slots
	running    map[string]*runningTask
	outgoing   outgoing
	// endPoll ends the poll that is parked; nil when none is.
	endPoll context.CancelFunc
	// reporting are the letters in the report call that is under way; nil when none is.
	reporting []letter
	// pollPause is before the next poll, reportPause before the next report.
	pollPause, reportPause time.Duration
	// unsure counts report calls in a row that failed without saying why.
	unsure int
	phase  phase
	// failure is why the worker stops by itself.
	failure error
}

// runningTask is a function that runs.
type runningTask struct{ cancel context.CancelCauseFunc }

func newDispatcher(ctx context.Context, w *Worker, heartbeats *heartbeats, log *slog.Logger) *dispatcher {
	return &dispatcher{
		Worker: w, ctx: ctx, log: log, rpc: &rpc{w.link}, heartbeats: heartbeats, peak: &peakMemory{},
		events: make(chan func()), limits: limitsIn(nil), slots: slots{total: w.config.Slots},
		running: map[string]*runningTask{},
	}
}

// run goes on until the worker is drained.
func (d *dispatcher) run(shutdown <-chan struct{}) error {
	d.register(0)
	for !d.isOver() {
		d.sendReports()
		d.sendPoll()
		d.beginDelivery()
		var deadline <-chan time.Time
		var timer *time.Timer
		if at := d.deadline(); !at.IsZero() {
			timer = time.NewTimer(time.Until(at))
			deadline = timer.C
		}
		select {
		case event := <-d.events:
			event()
		case directive := <-d.heartbeats.directives:
			d.obey(directive)
		case <-shutdown:
			shutdown = nil
			d.beginDrain(true, d.config.DrainGrace)
		case <-deadline:
			d.onDeadline()
		}
		if timer != nil {
			timer.Stop()
		}
	}
	return d.finish()
}

// beside runs work beside the loop; what it answers is done by the loop.
func (d *dispatcher) beside(pause time.Duration, work func() (event func())) {
	go func() {
		if pause > 0 {
			timer := time.NewTimer(pause)
			defer timer.Stop()
			select {
			case <-timer.C:
			case <-d.ctx.Done():
				return
			}
		}
		event := work()
		select {
		case d.events <- event:
		case <-d.ctx.Done():
		}
	}()
}

func (d *dispatcher) obey(directive esteirav1.WorkerDirective) {
	// Registering ends a drain, so a worker that drains does not.
	if !d.phase.isServing() {
		return
	}
	switch directive {
	case esteirav1.WorkerDirective_WORKER_DIRECTIVE_DRAIN:
		d.beginDrain(false, 0)
	case esteirav1.WorkerDirective_WORKER_DIRECTIVE_REGISTER:
		d.register(0)
	}
}

func (d *dispatcher) register(pause time.Duration) {
	request := &esteirav1.RegisterWorkerRequest{Worker: d.info, MinProtocol: 1, MaxProtocol: 1}
	d.beside(pause, func() func() {
		response, err := d.rpc.register(d.ctx, request)
		if err == nil && d.spool != nil {
			// Before anything is leased: what an earlier worker could not deliver.
			d.spool.deliver(d.ctx, d.rpc)
		}
		return func() { d.onRegistered(response, err) }
	})
}

func (d *dispatcher) onRegistered(response *esteirav1.RegisterWorkerResponse, err error) {
	switch {
	case err == nil:
		d.limits = limitsIn(response.GetLimits())
		d.registered = true
	case isFinal(err):
		d.fail(err)
	default:
		d.log.Warn("registration failed", "code", status.Code(err), "message", err)
		if d.phase.isServing() {
			d.register(unsurePause)
		}
	}
}

// sendReports sends what waits, and asks for tasks for the slots that are free, all in one call.
func (d *dispatcher) sendReports() {
	if d.reporting != nil {
		return
	}
	letters := d.outgoing.take(d.limits, func(letter letter) bool {
		return !letter.kept || d.heartbeats.holds(letter.token())
	})
	if len(letters) == 0 {
		return
	}
	request := &esteirav1.ReportTasksRequest{WorkerId: d.config.WorkerID}
	for _, letter := range letters {
		request.Reports = append(request.Reports, letter.report)
	}
	if d.phase.isServing() {
		if leases := d.slots.promiseToReport(d.limits.leasesPerCall); leases > 0 {
			request.Lease = d.leaseRequest(leases)
		}
	}
	pause := d.reportPause
	d.reporting, d.reportPause = letters, 0
	d.beside(pause, func() func() {
		encoded, err := transport.Encode(request)
		if err != nil {
			// A text that is not UTF-8, for example: the coordinator could not take it either.
			err = status.Error(codes.InvalidArgument, err.Error())
			return func() { d.onReported(letters, nil, time.Now(), err) }
		}
		response, sent, err := d.rpc.report(d.ctx, encoded, transport.Forever)
		return func() { d.onReported(letters, response, sent, err) }
	})
}

func (d *dispatcher) onReported(letters []letter, response *esteirav1.ReportTasksResponse, sent time.Time, err error) {
	d.reporting = nil
	d.slots.reportAnswered()
	if err != nil {
		d.onReportRefused(letters, err)
		return
	}
	d.unsure = 0
	d.settle(letters, response.GetOutcomes())
	if leased := response.GetLease(); leased != nil {
		d.onLeased(leased, sent)
	}
}

// isFinal says whether asking again, now or later, cannot help.
func isFinal(err error) bool {
	switch status.Code(err) {
	case codes.FailedPrecondition:
		return transport.Reason(err) != "REQUEST_ID_REUSED"
	case codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented, codes.InvalidArgument, codes.NotFound:
		return true
	default:
		return false
	}
}

// isUnsure says whether the status says nothing about the request: a fault of the coordinator's that may pass.
func isUnsure(err error) bool {
	switch status.Code(err) {
	case codes.Internal, codes.Unknown, codes.DataLoss, codes.Aborted:
		return true
	default:
		return false
	}
}
