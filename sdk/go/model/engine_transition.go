package model

import (
	"fmt"
	"slices"
	"time"
)

// transition is one command on one job while it is decided: what it changes is written when it is finished.
//
// Tokens: every live task is one token. job.open counts those that can still progress by themselves, and each join
// counts the tokens at steps that lead to it.
type transition struct {
	run *run
	job *job
	// steps are the outputs that expressions can read, by step key.
	steps   map[string]Payload
	arrived []arrived
	routed  int
}

func (r *run) transition(job *job) *transition {
	return &transition{run: r, job: job, steps: map[string]Payload{}}
}

// finish begins what arrived, fires the joins that have all, and ends the job when it is at rest.
func (t *transition) finish() {
	t.beginArrived()
	if !t.job.state.isTerminal() {
		t.fireJoins()
		if t.job.open == 0 {
			state := JobSucceeded
			if t.job.failed > 0 {
				state = JobFailed
			}
			t.endJob(state)
		}
	}
}

// enter: a token comes to life at a step.
func (t *transition) enter(step int) {
	t.job.open++
	t.hold(step, 1)
}

// leave: a token comes to its end at a step.
func (t *transition) leave(step int) {
	t.job.open--
	t.hold(step, -1)
}

func (t *transition) hold(step, tokens int) {
	for _, join := range t.job.graph.nodes[step].holds {
		t.job.joins[join].pending += tokens
	}
}

// reachJoin: something reached a join, if only the news that nothing comes: its task waits from here on.
func (t *transition) reachJoin(join int, parent *endedTask, aggregate *AggregateRef) {
	flow := &t.job.joins[join]
	if flow.waiting != nil {
		if waiting := flow.waiting.aggregate; waiting != nil && aggregate != nil && aggregate.Version > waiting.Version {
			newer := *waiting
			newer.Version = aggregate.Version
			flow.waiting.aggregate = &newer
		}
		return
	}
	if flow.fired {
		return
	}
	step := t.job.graph.joins[join]
	waiting := task{id: NewID(), job: t.job, step: step, parent: parent}
	if t.job.aggregate != nil {
		moved := *t.job.aggregate
		moved.Version = 0
		if aggregate != nil {
			moved.Version = aggregate.Version
		}
		waiting.aggregate = &moved
	}
	flow.waiting = &waiting
	t.hold(step, 1)
}

func (t *transition) fireJoins() {
	for join := range t.job.joins {
		flow := &t.job.joins[join]
		if flow.pending > 0 || flow.fired || flow.waiting == nil {
			continue
		}
		flow.fired = true
		t.job.open++
		waiting := flow.waiting
		t.run.follow(func() { t.run.gather(waiting) })
	}
}

// route says which edges each piece of data takes; an error when a condition has no value, or when so much data takes
// so many edges that it would be beyond the limit.
func (t *transition) route(from *task, input *Payload, data []flowing) ([][]int, *ExpressionError) {
	node := from.node()
	routes := make([][]int, len(data))
	for i := range data {
		chosen := false
		for place, edge := range node.edges {
			// The edges of depends_on come after those of next and are nobody's choice.
			choice := node.step.ExclusiveNext && place < len(node.step.Next)
			if choice && chosen {
				continue
			}
			holds := edge.condition == nil
			if !holds {
				scope := t.scope(input, data[i].itemPath, node.step.ConfigJSON)
				scope.Output = data[i].payload
				var err error
				if holds, err = edge.condition.Holds(scope.variables(edge.condition.Paths())); err != nil {
					return nil, asExpressionError(err)
				}
			}
			if holds {
				routes[i] = append(routes[i], edge.to)
				chosen = chosen || choice
			}
		}
		t.routed += len(routes[i])
	}
	if t.routed > fanOutTasksMax {
		message := fmt.Sprintf("one task's end would begin more than %d tasks", fanOutTasksMax)
		return nil, &ExpressionError{"FAN_OUT_TOO_LARGE", message}
	}
	return routes, nil
}

func (t *transition) scope(input *Payload, itemPath ItemPath, configJSON string) *Scope {
	scope := &Scope{
		ItemPath: itemPath, Steps: t.steps, JobID: t.job.id, JobInput: t.job.input, Labels: t.job.labels,
		DataClass: t.job.dataClass, ConfigJSON: configJSON,
	}
	if input != nil {
		scope.Input = *input
	}
	return scope
}

// follow sends the outputs of a task that ends on their routes. The task's own token is still there.
func (t *transition) follow(from *endedTask, data []flowing, routes [][]int) {
	node := from.task.node()
	for i, item := range data {
		for _, to := range routes[i] {
			t.arrive(from, to, item, from.task.step)
		}
		// Inside a fan-out a condition filters a collection: what follows knows that it went on, if only empty.
		if len(item.itemPath) == 0 {
			continue
		}
		for _, edge := range node.edges {
			if slices.Contains(routes[i], edge.to) {
				continue
			}
			for _, join := range t.job.graph.nodes[edge.to].nextJoins {
				t.reachJoin(join, from, item.aggregate)
			}
		}
	}
	if len(data) == 0 {
		t.skip(from)
	}
}

// skip is a fan-out of no items: the steps that follow are skipped, a join gets []. A step that several ways lead to
// is skipped once: there can be more ways than anyone could count.
func (t *transition) skip(from *endedTask) {
	type way struct {
		from *endedTask
		step int
	}
	var ways []way
	push := func(from *endedTask) {
		edges := from.task.node().edges
		for i := len(edges) - 1; i >= 0; i-- {
			ways = append(ways, way{from, edges[i].to})
		}
	}
	seen := map[int]bool{}
	for push(from); len(ways) > 0; {
		next := ways[len(ways)-1]
		ways = ways[:len(ways)-1]
		if join := t.job.graph.nodes[next.step].join; join >= 0 {
			t.reachJoin(join, next.from, next.from.task.aggregate)
			continue
		}
		if seen[next.step] {
			continue
		}
		seen[next.step] = true
		skipped := &endedTask{task: t.newTask(next.from, next.step, next.from.task.itemPath, next.from.task.aggregate)}
		push(skipped)
		t.endTask(skipped, TaskSkipped)
	}
}

// arrive: data arrives at a step: at a join it waits, elsewhere a task begins.
func (t *transition) arrive(from *endedTask, to int, data flowing, read int) {
	if join := t.job.graph.nodes[to].join; join >= 0 {
		t.reachJoin(join, from, data.aggregate)
		t.job.arrivals[to] = append(t.job.arrivals[to], arrival{data.itemPath, from.task.step, from.task.id, data.payload})
		return
	}
	task := t.newTask(from, to, data.itemPath, data.aggregate)
	task.input = &data.payload
	t.enter(to)
	t.arrived = append(t.arrived, arrived{task, read, data.payload})
}

func (t *transition) newTask(parent *endedTask, step int, itemPath ItemPath, aggregate *AggregateRef) task {
	return task{id: NewID(), job: t.job, step: step, itemPath: itemPath, parent: parent, aggregate: aggregate}
}

// endTask records the end of a task.
func (t *transition) endTask(ended *endedTask, state TaskState) {
	ended.state = state
	ended.leaf = state == TaskSucceeded && len(ended.task.node().edges) == 0
	t.run.ended = append(t.run.ended, ended)
}

// endJob ends the job with its last task; joins that still wait can no longer fire.
func (t *transition) endJob(state JobState) {
	ended := TaskCancelled
	if state == JobFailed {
		ended = TaskSkipped
	}
	for join := range t.job.joins {
		if waiting := t.job.joins[join].waiting; waiting != nil {
			t.job.joins[join].waiting = nil
			t.endTask(&endedTask{task: *waiting}, ended)
		}
	}
	t.job.state = state
	if parent := t.job.parent; parent != nil {
		child := t.job
		t.run.follow(func() { t.run.childEnded(parent, child) })
	}
}

// ready puts a task where workers would look for it.
func (t *transition) ready(task task) { t.run.place(placed{task: task, ready: true}) }

// park lets a task wait for a time.
func (t *transition) park(task task, due time.Time) { t.run.place(placed{task: task, due: due}) }
