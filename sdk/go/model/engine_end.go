package model

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// complete: a function succeeded.
func (r *run) complete(task task, outcome Outcome, emits []Emit) {
	t := r.transition(task.job)
	t.steps = r.stepOutputs(&task)
	task.started = true
	if outcome.AggregateAfter != nil {
		task.aggregate = outcome.AggregateAfter
	}
	verdicts, violation := judge(&task, task.input, outcome)
	verdicts = append(slices.Clone(outcome.Verdicts), verdicts...)
	if violation != nil {
		t.endFailed(task, verdicts, violation, task.input)
	} else if t.succeed(task, task.input, verdicts, outcome.Payloads, flow(&task, outcome)) {
		r.messages = append(r.messages, emits...)
	}
	t.finish()
}

// flow says what goes on: the outputs, or the input when there is none.
func flow(task *task, outcome Outcome) []flowing {
	switch outcome.OutputType {
	case None:
		return []flowing{{*task.input, task.itemPath, task.aggregate}}
	case Single:
		return []flowing{{outcome.Payloads[0], task.itemPath, task.aggregate}}
	}
	data := make([]flowing, len(outcome.Payloads))
	for index, payload := range outcome.Payloads {
		data[index] = flowing{payload, append(slices.Clone(task.itemPath), index), task.aggregate}
	}
	return data
}

// fail: an attempt did not succeed.
func (r *run) fail(task task, failure *Failure, checkpoint *Payload) {
	t := r.transition(task.job)
	t.steps = r.stepOutputs(&task)
	task.started = true
	task.failures++
	if checkpoint != nil {
		task.checkpoint = checkpoint
	}
	pause, again := pauseBeforeRetry(task.node().step.Retry, task.failures, failure, r.pace.fraction())
	if again {
		t.park(task, r.pace.now().Add(pause))
	} else {
		// Its input was judged when it began; the verdicts are for the record.
		verdicts, _ := judgePayload(task.node().inputPolicies, "input", task.input)
		t.endFailed(task, verdicts, failure, task.input)
	}
	t.finish()
}

// pauseBeforeRetry is the pause before the next attempt; false when there is none. fraction is random in 0..1.
func pauseBeforeRetry(policy RetryPolicy, failures int, failure *Failure, fraction float64) (time.Duration, bool) {
	retryable := failure.Kind == FailureRetryable || failure.Kind == FailureTimeout
	if !retryable || failures >= policy.MaxAttempts || slices.Contains(policy.NonRetryableCodes, failure.Code) {
		return 0, false
	}
	factor := math.Pow(policy.Multiplier, float64(failures-1))
	pause := min(policy.InitialBackoff.Seconds()*factor, policy.MaxBackoff.Seconds())
	pause *= 1 - policy.Jitter*fraction
	wait := policy.MaxBackoff
	// A policy whose arithmetic leaves the range of a duration waits its longest.
	if pause >= 0 && pause < policy.MaxBackoff.Seconds() {
		wait = time.Duration(pause * float64(time.Second))
	}
	if failure.RetryAfter != nil {
		wait = max(wait, *failure.RetryAfter)
	}
	return wait, true
}

// endFailed: a task fails for good: a step takes the failure, or the job fails when it comes to rest.
func (t *transition) endFailed(task task, verdicts []Verdict, failure *Failure, input *Payload) {
	node := task.node()
	ended := &endedTask{task: task, verdicts: verdicts, failure: failure}
	if node.onFailure >= 0 {
		document := failureDocument(node.step.StepKey, &task, failure, input)
		t.arrive(ended, node.onFailure, flowing{document, task.itemPath, task.aggregate}, -1)
		t.leave(task.step)
	} else {
		// The joins that wait for this branch keep its token: they must not fire without it.
		t.job.open--
		t.job.failed++
		if t.job.failure == nil {
			first := *failure
			first.Message = fmt.Sprintf("step `%s`: %s", node.step.StepKey, failure.Message)
			first.Details, first.StackTrace = Payload{}, ""
			t.job.failure = &first
		}
	}
	t.endTask(ended, TaskFailed)
}

// failureDocument is what an on_failure_step receives. The failed task's input stands there verbatim when it is JSON,
// else null.
func failureDocument(stepKey string, task *task, failure *Failure, input *Payload) Payload {
	var inner, outer jsonObject
	inner.raw("step", quoteJSON(stepKey))
	inner.raw("kind", quoteJSON(string(failure.Kind)))
	inner.raw("code", quoteJSON(failure.Code))
	inner.raw("message", quoteJSON(failure.Message))
	inner.raw("attempts", fmt.Sprint(task.attempts))
	inner.raw("task_id", quoteJSON(task.id))
	outer.raw("failure", inner.end())
	text := "null"
	if input != nil {
		if json, isJSON := input.JSON(); isJSON {
			text = json
		}
	}
	outer.raw("input", text)
	return JSON(outer.end())
}

// judge is verdicts on the input, for the record, and on each output. The input was let in when the task began.
func judge(task *task, input *Payload, outcome Outcome) ([]Verdict, *Failure) {
	node := task.node()
	verdicts, _ := judgePayload(node.inputPolicies, "input", input)
	if len(node.outputPolicies) == 0 {
		return verdicts, nil
	}
	payloads := outcome.Payloads
	if outcome.OutputType == None {
		payloads = []Payload{*input}
	}
	for index := range payloads {
		more, violation := judgePayload(node.outputPolicies, fmt.Sprintf("output %d", index), &payloads[index])
		verdicts = append(verdicts, more...)
		if violation != nil {
			return verdicts, violation
		}
	}
	return verdicts, nil
}

// judgePayload is what the policies say of a payload; and the failure when one that is enforced does not pass. A rule
// without a value counts as not passed: what cannot be judged is not let through.
func judgePayload(policies []compiledPolicy, what string, payload *Payload) ([]Verdict, *Failure) {
	var verdicts []Verdict
	var violation *Failure
	for _, policy := range policies {
		variables, why := map[string]Variable{}, ""
		if payload != nil {
			variables["value"] = Variable{Payload: *payload}
		}
		passed, err := policy.rule.Holds(variables)
		if err != nil {
			passed, why = false, ": "+asExpressionError(err).Error()
		}
		if !passed && policy.Enforce && violation == nil {
			message := fmt.Sprintf("policy `%s` does not hold for the %s%s", policy.Name, what, why)
			violation = engineFailure(FailureNonRetryable, "POLICY_VIOLATION", message)
		}
		verdicts = append(verdicts, Verdict{policy.Name, policy.Version, passed, what + why})
	}
	return verdicts, violation
}

// childEnded: a sub-plan's job ended: the parent's task ends with its results or its failure.
func (r *run) childEnded(parent *task, child *job) {
	task := *parent
	t := r.transition(task.job)
	t.steps = r.stepOutputs(&task)
	fail := func(failure *Failure) {
		verdicts, _ := judgePayload(task.node().inputPolicies, "input", task.input)
		t.endFailed(task, verdicts, failure, task.input)
	}
	outcome := Outcome{OutputType: task.node().step.OutputType, Payloads: child.results(r.ended)}
	switch {
	case child.state != JobSucceeded:
		failure := *child.failure
		failure.Kind, failure.Message = FailureNonRetryable, "sub-plan: "+failure.Message
		fail(&failure)
	case outcome.OutputType == Single && len(outcome.Payloads) != 1:
		fail(engineFailure(FailureNonRetryable, "SUB_PLAN_RESULT_COUNT",
			fmt.Sprintf("the step's output is `single`, the sub-plan has %d results", len(outcome.Payloads))))
	default:
		if outcome.OutputType == None {
			outcome.Payloads = nil
		}
		verdicts, violation := judge(&task, task.input, outcome)
		if violation != nil {
			t.endFailed(task, verdicts, violation, task.input)
		} else {
			t.succeed(task, task.input, verdicts, outcome.Payloads, flow(&task, outcome))
		}
	}
	t.finish()
}
