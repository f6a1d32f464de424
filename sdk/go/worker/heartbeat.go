package worker

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"sync"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"github.com/esteira/esteira/sdk/go/internal/wire"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// heartbeats keep the leases of a worker, from a goroutine and over a connection of their own: the scheduler takes the
// processor from functions that never yield, so that none of them can starve it.
type heartbeats struct {
	workerID string
	rpc      *rpc
	log      *slog.Logger
	// directives hold the newest thing that the coordinator asks of the worker and that was not obeyed yet.
	directives chan esteirav1.WorkerDirective
	woken      chan struct{}

	mutex  sync.Mutex
	leases *leases
}

func newHeartbeats(workerID string, rpc *rpc, log *slog.Logger) *heartbeats {
	return &heartbeats{
		workerID: workerID, rpc: rpc, log: log, directives: make(chan esteirav1.WorkerDirective, 1),
		woken: make(chan struct{}, 1), leases: newLeases(),
	}
}

// hold begins to keep a lease.
func (h *heartbeats) hold(token string, ttl time.Duration, sent time.Time, cancel context.CancelCauseFunc) {
	h.locked(func() { h.leases.hold(token, ttl, sent, cancel, rand.Float64()) })
	h.wake()
}

// end: the function has ended: true when the lease is still held and a report makes sense.
func (h *heartbeats) end(token string) (held bool) {
	h.locked(func() { held = h.leases.end(token) })
	return held
}

// holds says whether the lease is held as far as is known.
func (h *heartbeats) holds(token string) (held bool) {
	h.locked(func() { held = h.leases.holds(token) })
	return held
}

// forget stops keeping a lease.
func (h *heartbeats) forget(token string) { h.locked(func() { h.leases.forget(token) }) }

// checkpoint sends a checkpoint with the next beat, which comes soon.
func (h *heartbeats) checkpoint(token string, checkpoint model.Payload) {
	h.locked(func() { h.leases.save(token, checkpoint, time.Now()) })
	h.wake()
}

func (h *heartbeats) locked(act func()) {
	h.mutex.Lock()
	defer h.mutex.Unlock()
	act()
}

func (h *heartbeats) wake() {
	select {
	case h.woken <- struct{}{}:
	default:
		// It is woken already.
	}
}

// run beats until the context ends.
func (h *heartbeats) run(ctx context.Context) {
	limits := limitsIn(nil)
	for ctx.Err() == nil {
		var beats []beat
		var next time.Time
		var patience time.Duration
		pause := time.Hour
		h.locked(func() {
			now := time.Now()
			h.leases.expire(now)
			beats = h.leases.due(now, limits.leasesPerCall, limits.messageBytes)
			patience = h.leases.patience(now)
			var found bool
			if next, found = h.leases.wake(); found {
				pause = next.Sub(now)
			}
		})
		if len(beats) > 0 {
			h.send(ctx, beats, patience)
			continue
		}
		timer := time.NewTimer(pause)
		select {
		case <-timer.C:
		case <-h.woken:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (h *heartbeats) send(ctx context.Context, beats []beat, patience time.Duration) {
	request := &esteirav1.HeartbeatLeasesRequest{WorkerId: h.workerID}
	for _, beat := range beats {
		message := &esteirav1.LeaseBeat{LeaseToken: beat.token}
		if beat.checkpoint != nil {
			message.Checkpoint = wire.PayloadOut(*beat.checkpoint)
		}
		request.Beats = append(request.Beats, message)
	}
	response, sent, err := h.rpc.heartbeat(ctx, request, patience)
	if err != nil {
		h.log.Debug("heartbeat not answered", "code", status.Code(err), "message", err)
		// A checkpoint that is refused must not cost the leases that travel with it.
		keep := status.Code(err) != codes.InvalidArgument
		if !keep {
			h.log.Warn("checkpoints refused and dropped", "reason", transport.Reason(err), "message", err)
		}
		h.locked(func() { h.leases.unanswered(beats, time.Now(), rand.Float64(), keep) })
		return
	}
	verdicts := readVerdicts(beats, response.GetVerdicts())
	h.locked(func() { h.leases.answered(beats, verdicts, sent, rand.Float64()) })
	select {
	case h.directives <- response.GetDirective():
	default:
		// Another one waits already; the coordinator says this one again.
	}
}

// readVerdicts is the verdict on each beat, at the beat's place.
func readVerdicts(beats []beat, messages []*esteirav1.LeaseVerdict) []verdict {
	byToken := map[string]*esteirav1.LeaseVerdict{}
	for _, message := range messages {
		byToken[message.GetLeaseToken()] = message
	}
	verdicts := make([]verdict, len(beats))
	for i, beat := range beats {
		message := byToken[beat.token]
		ttl, _ := wire.DurationIn(message.GetLeaseTtl())
		switch message.GetStatus() {
		case esteirav1.LeaseStatus_LEASE_STATUS_ACTIVE:
			verdicts[i] = verdict{held: true, ttl: ttl}
		case esteirav1.LeaseStatus_LEASE_STATUS_CANCEL_REQUESTED:
			verdicts[i] = verdict{held: true, ttl: ttl, reason: model.CancelJob}
			if message.GetReason() == string(model.CancelDrain) {
				verdicts[i].reason = model.CancelDrain
			}
		case esteirav1.LeaseStatus_LEASE_STATUS_LOST:
			verdicts[i] = verdict{lost: true}
		}
	}
	return verdicts
}
