package worker

import (
	"context"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

// A checkpoint is sent at once, but not more often than this.
const checkpointPause = time.Second

// leases are those that the worker holds, and when each must be renewed (INV-FENCE: the clock only says when to stop,
// never who may report). There is no I/O here: the heartbeat goroutine asks and obeys.
type leases struct {
	held map[string]*heldLease
	// order keeps beats in the order of the grants.
	order []string
}

type heldLease struct {
	ttl time.Duration
	// expires: without a good beat until then, the lease counts as lost.
	expires  time.Time
	nextBeat time.Time
	lastBeat time.Time
	cancel   context.CancelCauseFunc
	// checkpoint was saved by the function and not sent yet.
	checkpoint *model.Payload
	// ended: the function has ended and its report is on the way. The coordinator alone says now whether it comes too late.
	ended bool
}

// beat is one lease to renew.
type beat struct {
	token      string
	checkpoint *model.Payload
}

// verdict is what the coordinator said about one lease; the zero value is nothing that can be used.
type verdict struct {
	lost bool
	held bool
	// ttl is another lease time, if it says so.
	ttl time.Duration
	// reason is why the function should stop, if it should.
	reason model.CancelReason
}

func newLeases() *leases { return &leases{held: map[string]*heldLease{}} }

// hold begins to keep a lease that was granted in answer to a request sent at that time.
func (l *leases) hold(token string, ttl time.Duration, sent time.Time, cancel context.CancelCauseFunc, jitter float64) {
	l.held[token] = &heldLease{
		ttl: ttl, expires: sent.Add(ttl), nextBeat: sent.Add(beatInterval(ttl, jitter)), lastBeat: sent, cancel: cancel,
	}
	l.order = append(l.order, token)
}

// end: the function has ended; true when the lease is still held and a report makes sense.
func (l *leases) end(token string) bool {
	held := l.held[token]
	if held != nil {
		held.ended = true
	}
	return held != nil
}

func (l *leases) holds(token string) bool { return l.held[token] != nil }

// forget stops keeping a lease.
func (l *leases) forget(token string) {
	delete(l.held, token)
	for i, other := range l.order {
		if other == token {
			l.order = append(l.order[:i:i], l.order[i+1:]...)
			return
		}
	}
}

// save keeps a checkpoint for the next beat and brings that beat forward.
func (l *leases) save(token string, checkpoint model.Payload, now time.Time) {
	held := l.held[token]
	if held == nil {
		return
	}
	held.checkpoint = &checkpoint
	soon := held.lastBeat.Add(checkpointPause)
	if soon.Before(now) {
		soon = now
	}
	if soon.Before(held.nextBeat) {
		held.nextBeat = soon
	}
}

// expire takes leases whose time passed without a good beat as lost.
func (l *leases) expire(now time.Time) {
	for token, held := range l.held {
		if !held.ended && !held.expires.After(now) {
			held.cancel(model.CancelLeaseLost)
			l.forget(token)
		}
	}
}

// due are the leases to renew now, in one call; those that are almost due come along.
func (l *leases) due(now time.Time, beatsMax, checkpointBytesMax int) []beat {
	isDue := false
	for _, held := range l.held {
		isDue = isDue || !held.nextBeat.After(now)
	}
	if !isDue {
		return nil
	}
	var beats []beat
	bytes := 0
	for _, token := range l.order {
		held := l.held[token]
		if len(beats) == beatsMax || held.nextBeat.After(now.Add(held.ttl/6)) {
			continue
		}
		next := beat{token: token}
		if held.checkpoint != nil && bytes+held.checkpoint.Len() <= checkpointBytesMax {
			bytes += held.checkpoint.Len()
			next.checkpoint, held.checkpoint = held.checkpoint, nil
		}
		beats = append(beats, next)
	}
	return beats
}

// answered: a call sent at that time was answered: each beat by the verdict at its place.
func (l *leases) answered(beats []beat, verdicts []verdict, sent time.Time, jitter float64) {
	for i, beat := range beats {
		held := l.held[beat.token]
		if held == nil {
			continue
		}
		switch verdict := verdicts[i]; {
		case verdict.lost:
			held.cancel(model.CancelLeaseLost)
			l.forget(beat.token)
		case verdict.held:
			if verdict.ttl > 0 {
				held.ttl = verdict.ttl
			}
			held.expires, held.lastBeat = sent.Add(held.ttl), sent
			held.nextBeat = sent.Add(beatInterval(held.ttl, jitter))
			if held.checkpoint != nil {
				held.nextBeat = sent.Add(min(checkpointPause, held.ttl/3))
			}
			if verdict.reason != "" {
				held.cancel(verdict.reason)
			}
		default:
			held.nextBeat = sent.Add(beatInterval(held.ttl, jitter))
		}
	}
}

// unanswered: a call was not answered well: try again soon. Checkpoints go with it unless they are to blame.
func (l *leases) unanswered(beats []beat, now time.Time, jitter float64, keepCheckpoints bool) {
	for _, beat := range beats {
		held := l.held[beat.token]
		if held == nil {
			continue
		}
		pause := float64(min(held.ttl/10, time.Second)) * (0.5 + jitter/2)
		held.nextBeat = now.Add(time.Duration(pause))
		if keepCheckpoints && held.checkpoint == nil {
			held.checkpoint = beat.checkpoint
		}
	}
}

// wake is when there is something to do next; false while nothing is held.
func (l *leases) wake() (next time.Time, found bool) {
	for _, held := range l.held {
		at := held.nextBeat
		if !held.ended && held.expires.Before(at) {
			at = held.expires
		}
		if !found || at.Before(next) {
			next, found = at, true
		}
	}
	return next, found
}

// patience is how long one call may take: a third of the shortest lease, and not past the moment when one is lost.
func (l *leases) patience(now time.Time) time.Duration {
	most := 10 * time.Second
	for _, held := range l.held {
		most = min(most, held.ttl/3)
		if !held.ended {
			most = min(most, held.expires.Sub(now))
		}
	}
	return max(most, 20*time.Millisecond)
}

// beatInterval is a third of the lease time, less up to a fifth of that.
func beatInterval(ttl time.Duration, jitter float64) time.Duration {
	return time.Duration(float64(ttl/3) * (1 - jitter/5))
}
