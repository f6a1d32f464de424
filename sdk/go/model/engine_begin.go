package model

// start: a job starts with a task for each start step.
func (r *run) start(job *job) {
	t := r.transition(job)
	job.state = JobRunning
	// Every start step holds its token before the first begins: a native one may end at once, and a join must not fire early.
	for _, step := range job.graph.starts {
		t.enter(step)
	}
	for _, step := range job.graph.starts {
		input := job.input
		t.buildInput(task{id: NewID(), job: job, step: step, input: &input, aggregate: job.aggregate}, &input)
	}
	t.finish()
}

// beginArrived begins what arrived, and what arrives by that: native steps end as soon as they begin.
func (t *transition) beginArrived() {
	var waiting []arrived
	for {
		// What a task brings begins before the task's siblings do: they read other outputs under the same key.
		for i := len(t.arrived) - 1; i >= 0; i-- {
			waiting = append(waiting, t.arrived[i])
		}
		t.arrived = nil
		if len(waiting) == 0 {
			return
		}
		next := waiting[len(waiting)-1]
		waiting = waiting[:len(waiting)-1]
		if next.read >= 0 {
			t.steps[t.job.graph.nodes[next.read].step.StepKey] = next.data
		}
		t.buildInput(next.task, &next.data)
	}
}

// buildInput builds the input from the step's template, judges it, and begins the task. Its token is there already.
func (t *transition) buildInput(task task, input *Payload) {
	node := task.node()
	if node.template != nil {
		built, err := node.template.render(t.scope(input, task.itemPath, node.step.ConfigJSON))
		if err != nil {
			message := "input of `" + node.step.StepKey + "`: " + err.Message
			// What a join gathered is recorded when its template fails: what takes the failure is shown it.
			if task.input == nil && input != nil && input.Len() <= PayloadBytesMax {
				task.input = input
			}
			t.endFailed(task, nil, engineFailure(FailureNonRetryable, err.Code, message), task.input)
			return
		}
		task.input, input = &built, &built
	}
	verdicts, violation := judgePayload(node.inputPolicies, "input", input)
	if violation != nil {
		t.endFailed(task, verdicts, violation, input)
		return
	}
	t.begin(task, input)
}

// begin: a task with its input goes where its step's kind says.
func (t *transition) begin(task task, input *Payload) {
	switch step := &task.node().step; step.Run.Kind {
	case RunCondition:
		t.passOn(task, input)
	case RunFunction:
		t.ready(task)
	case RunWait:
		task.started = true
		t.park(task, t.run.pace.now().Add(step.Run.Pause))
	case RunSubPlan:
		task.started = true
		t.run.startChild(task)
	}
}

// passOn: a native step ends as soon as it has begun or waited: what came in goes on.
func (t *transition) passOn(task task, input *Payload) {
	verdicts, violation := judge(&task, input, OutcomeNone())
	if violation != nil {
		t.endFailed(task, verdicts, violation, input)
		return
	}
	data := []flowing{{*task.input, task.itemPath, task.aggregate}}
	t.succeed(task, input, verdicts, []Payload{*task.input}, data)
}

// succeed routes the outputs of a task and ends it; one whose conditions have no value fails.
func (t *transition) succeed(task task, input *Payload, verdicts []Verdict, outputs []Payload, data []flowing) bool {
	routes, err := t.route(&task, input, data)
	if err != nil {
		t.endFailed(task, verdicts, engineFailure(FailureNonRetryable, err.Code, err.Message), input)
		return false
	}
	ended := &endedTask{task: task, outputs: outputs, verdicts: verdicts}
	t.follow(ended, data, routes)
	t.leave(task.step)
	t.endTask(ended, TaskSucceeded)
	return true
}

// due: the time came that a parked task waited for.
func (r *run) due(task task) {
	t := r.transition(task.job)
	t.steps = r.stepOutputs(&task)
	if task.node().step.Run.Kind == RunWait {
		t.passOn(task, task.input)
	} else {
		t.ready(task)
	}
	t.finish()
}

// gather: all that a join waited for is here; its task begins.
func (r *run) gather(waiting *task) {
	job, task := waiting.job, *waiting
	t := r.transition(job)
	t.steps = r.stepOutputs(&task)
	node := task.node()
	job.joins[node.join].waiting = nil
	input := job.gathered(task.step)
	if node.template == nil {
		if input.Len() > PayloadBytesMax {
			failure := NonRetryable("INPUT_TOO_LARGE",
				"the joined outputs take %d bytes, a payload at most %d: join less, or shape it with an input template",
				input.Len(), PayloadBytesMax).Failure("engine")
			t.endFailed(task, nil, failure, nil)
			t.finish()
			return
		}
		task.input = &input
	}
	t.buildInput(task, &input)
	t.finish()
}
