package model

import "time"

// job is one execution of one plan: the one that was asked for, or a sub-plan's.
type job struct {
	id        string
	graph     *graph
	dataClass DataClass
	actor     Actor
	headers   map[string]string
	labels    map[string]string
	aggregate *AggregateRef
	input     Payload
	// parent is the task that waits for this job; nil for the one that was asked for.
	parent  *task
	depth   int
	state   JobState
	failure *Failure
	// open counts live tasks that can still progress by themselves; waiting joins and failed tasks are not among them.
	open int
	// failed counts tasks that failed and that no step took over.
	failed int
	// joins has for each join of the plan what it waits for.
	joins    []joinFlow
	arrivals map[int][]arrival
}

// joinFlow is what one join waits for.
type joinFlow struct {
	// pending counts tasks at steps that lead to the join and that have not come to rest.
	pending int
	// waiting is the join's task, once the join was reached and until it fires.
	waiting *task
	fired   bool
}

// arrival is an output that reached a join and waits there.
type arrival struct {
	itemPath ItemPath
	fromStep int
	fromTask string
	payload  Payload
}

// task is one step on one item of data. Tasks are values: what a transition changes is a copy.
type task struct {
	id         string
	job        *job
	step       int
	itemPath   ItemPath
	parent     *endedTask
	input      *Payload
	aggregate  *AggregateRef
	attempts   int
	failures   int
	fence      int64
	checkpoint *Payload
	// started says whether its first attempt, its wait or its sub-plan began.
	started bool
}

func (t *task) node() *node { return &t.job.graph.nodes[t.step] }

// endedTask is a task on its way to its end, and after it. Tasks that it brought to life point to it.
type endedTask struct {
	task     task
	state    TaskState
	outputs  []Payload
	verdicts []Verdict
	failure  *Failure
	// leaf: its branch ended here, and its outputs are results of the job.
	leaf bool
}

// placed is where a live task goes.
type placed struct {
	task task
	// due is zero for a task that is ready, or that waits for something else than time.
	due   time.Time
	ready bool
}

// flowing is data on its way along an edge.
type flowing struct {
	payload   Payload
	itemPath  ItemPath
	aggregate *AggregateRef
}

// arrived is a task that came to life and has not begun.
type arrived struct {
	task task
	// read is the step that its data comes from, whose output expressions on the way read; -1 for a failure's.
	read int
	data Payload
}
