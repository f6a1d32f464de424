package model

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// run is one run of a plan and of the sub-plans that it runs as steps. It does what follows at once, then what is
// ready, then what waits for a time.
type run struct {
	runner  *Runner
	library map[string]*graph
	pace    *pace
	follows []func()
	queue   []task
	// parked is in order of due time; of two that are due at once, the one that has waited for longer comes first.
	parked   []placed
	ended    []*endedTask
	messages []Emit
	// failure ends the run at once.
	failure error
}

func (r *run) execute(ctx context.Context, graph *graph, start Start) (*Trace, error) {
	root := &job{
		id: NewID(), graph: graph, dataClass: start.DataClass, actor: start.Actor, headers: start.Headers,
		labels: start.Labels, aggregate: start.Aggregate, input: start.Data, state: JobPending,
	}
	if root.dataClass == "" {
		root.dataClass = DevTest
	}
	r.hold(root)
	for r.failure == nil {
		switch {
		case len(r.follows) > 0:
			next := r.follows[0]
			r.follows = r.follows[1:]
			next()
		case len(r.queue) > 0:
			next := r.queue[0]
			r.queue = r.queue[1:]
			r.failure = r.attempt(ctx, next)
		case len(r.parked) > 0:
			next := r.parked[0]
			r.parked = r.parked[1:]
			if r.failure = r.pace.waitUntil(ctx, next.due); r.failure == nil {
				r.due(next.task)
			}
		case root.state.isTerminal():
			return r.trace(root), nil
		default:
			r.failure = fmt.Errorf("the job is %s and nothing can happen", root.state)
		}
	}
	return nil, r.failure
}

// hold takes a new job in; it starts when everything before it is done.
func (r *run) hold(job *job) {
	job.joins = make([]joinFlow, len(job.graph.joins))
	job.arrivals = map[int][]arrival{}
	r.follow(func() { r.start(job) })
}

// follow does something when the transition that asks for it, and what others asked for before, is done.
func (r *run) follow(act func()) { r.follows = append(r.follows, act) }

func (r *run) place(place placed) {
	if place.ready {
		r.queue = append(r.queue, place.task)
		return
	}
	at, _ := slices.BinarySearchFunc(r.parked, place.due, func(other placed, due time.Time) int {
		if other.due.After(due) {
			return 1
		}
		return -1
	})
	r.parked = slices.Insert(r.parked, at, place)
}

// startChild: a sub-plan is a child job; its id is the id of the task that waits for it.
func (r *run) startChild(task task) {
	parent := task.job
	if parent.depth+1 > subPlanDepthMax {
		r.failure = ErrTooDeep
		return
	}
	r.hold(&job{
		id: task.id, graph: r.library[task.node().step.Run.Plan], dataClass: parent.dataClass, actor: parent.actor,
		headers: parent.headers, labels: parent.labels, aggregate: task.aggregate, input: *task.input, parent: &task,
		depth: parent.depth + 1, state: JobPending,
	})
}

func (r *run) trace(root *job) *Trace {
	trace := &Trace{JobID: root.id, State: root.state, Failure: root.failure, Messages: r.messages}
	for _, ended := range r.ended {
		trace.Tasks = append(trace.Tasks, TracedTask{
			PlanName: ended.task.job.graph.planName, StepKey: ended.task.node().step.StepKey, ItemPath: ended.task.itemPath,
			Attempts: ended.task.attempts, State: ended.state, Input: ended.task.input, Outputs: ended.outputs,
			Verdicts: ended.verdicts, Failure: ended.failure,
		})
	}
	if root.state == JobSucceeded {
		trace.Results = root.results(r.ended)
	}
	return trace
}

// pace is the time of a run: the real one, or one of its own that never waits.
type pace struct {
	skips bool
	// stands is a clock that stands still but for what is skipped, so that nothing depends on how fast functions are.
	stands time.Time
}

func newPace(skips bool) *pace { return &pace{skips, time.Now()} }

func (p *pace) now() time.Time {
	if p.skips {
		return p.stands
	}
	return time.Now()
}

// fraction is random in 0..1, so that pauses vary; where they are skipped, that would only change the order of what
// follows.
func (p *pace) fraction() float64 {
	if p.skips {
		return 0
	}
	return rand.Float64()
}

func (p *pace) waitUntil(ctx context.Context, due time.Time) error {
	if p.skips {
		if due.After(p.stands) {
			p.stands = due
		}
		return context.Cause(ctx)
	}
	timer := time.NewTimer(time.Until(due))
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
