package model

import "time"

// Fields that only a function of a worker has a use for.
var workerOnly = []string{
	"function_version", "queue", "execution_timeout", "lease_ttl", "max_in_flight", "exclusive_aggregate", "retry",
}

// readRun reads function or sub_plan, and refuses what the step could not use.
func readRun(object *planObject, config planField, hasConfig bool, run *Run) bool {
	function, isFunction := object.take("function")
	subPlan, isSubPlan := object.take("sub_plan")
	switch {
	case isFunction && isSubPlan:
		subPlan.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`, not both")
		return false
	case isFunction:
		return readFunction(object, function, config, hasConfig, run)
	case isSubPlan:
		for _, name := range workerOnly {
			object.refuseField(name, "a sub-plan is a job of its own; set this on its steps")
		}
		return readSubPlan(subPlan, run)
	default:
		object.refuse("RUN_AMBIGUOUS", "a step has a `function` or a `sub_plan`")
		return false
	}
}

func readFunction(object *planObject, function, config planField, hasConfig bool, run *Run) bool {
	name, fits := function.name(formName)
	if !fits {
		return false
	}
	if name != "condition" && name != "wait" {
		*run = Run{Kind: RunFunction, Function: name}
		return true
	}
	for _, field := range workerOnly {
		object.refuseField(field, "`"+name+"` is run by the engine: nothing is leased or tried again")
	}
	if name == "condition" {
		*run = Run{Kind: RunCondition}
		return true
	}
	if !hasConfig {
		object.place("config").refuse("FIELD_REQUIRED", "`wait` takes its duration from `config`")
		return false
	}
	members, isObject := config.object()
	if !isObject {
		return false
	}
	var pause time.Duration
	field, found := members.require("duration")
	if found {
		pause, found = field.duration(waitMin, waitMax)
	}
	members.finish()
	*run = Run{Kind: RunWait, Pause: pause}
	return found
}

func readSubPlan(field planField, run *Run) bool {
	object, isObject := field.object()
	if !isObject {
		return false
	}
	*run = Run{Kind: RunSubPlan}
	field, found := object.require("plan")
	if found {
		run.Plan, found = field.name(formName)
	}
	if field, given := object.take("version"); given {
		run.Version, _ = field.whole(0, planVersionMax)
	}
	object.finish()
	return found
}

func readOutputType(field planField, step *Step, isRun bool) {
	text, known := field.choice(string(Single), string(Multiple), string(None))
	if !known {
		return
	}
	isNative := isRun && (step.Run.Kind == RunCondition || step.Run.Kind == RunWait)
	if isNative && OutputType(text) != Single {
		field.refuse("FIELD_UNSUPPORTED", "this step passes its input on as one output")
		return
	}
	step.OutputType = OutputType(text)
}

// readJoin: a step with dependencies is a barrier by itself.
func readJoin(object *planObject, isBarrier bool) Join {
	written := JoinEach
	if field, found := object.take("join"); found {
		text, known := field.choice(string(JoinEach), string(JoinAll))
		if known {
			written = Join(text)
		}
		if known && written == JoinEach && isBarrier {
			field.refuse("JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once")
		}
	}
	if isBarrier {
		return JoinAll
	}
	return written
}

// readKeys reads keys of steps, as they stand: that each is there once is a matter of the graph.
func readKeys(field planField) ([]string, bool) {
	fields, isList := field.list(planStepsMax, "LIST_TOO_LONG")
	if !isList {
		return nil, false
	}
	if len(fields) == 0 {
		field.refuse("TEXT_INVALID", "empty; leave the field out instead")
		return nil, false
	}
	var keys []string
	for _, field := range fields {
		if key, fits := field.name(formKey); fits {
			keys = append(keys, key)
		}
	}
	return keys, true
}

func readNext(field planField) []NextStep {
	var edges []NextStep
	fields, _ := field.list(stepNextMax, "LIST_TOO_LONG")
	for _, field := range fields {
		// A bare key is an edge that is always taken.
		if field.isText() {
			key, _ := field.name(formKey)
			edges = append(edges, NextStep{StepKey: key})
			continue
		}
		object, isObject := field.object()
		if !isObject {
			continue
		}
		var edge NextStep
		if field, found := object.require("step_key"); found {
			edge.StepKey, _ = field.name(formKey)
		}
		if field, found := object.take("condition"); found {
			edge.Condition = readCondition(field)
		}
		object.finish()
		edges = append(edges, edge)
	}
	return edges
}

// readRetry reads a retry policy; what is left out keeps its default.
func readRetry(field planField) RetryPolicy {
	retry := DefaultRetry()
	object, isObject := field.object()
	if !isObject {
		return retry
	}
	if field, found := object.take("max_attempts"); found {
		retry.MaxAttempts, _ = field.whole(1, attemptsMax)
	}
	var initial, longest time.Duration
	initialField, hasInitial := object.take("initial_backoff")
	if hasInitial {
		initial, hasInitial = initialField.duration(0, backoffMax)
	}
	longestField, hasLongest := object.take("max_backoff")
	if hasLongest {
		longest, hasLongest = longestField.duration(0, backoffMax)
	}
	if field, found := object.take("multiplier"); found {
		retry.Multiplier, _ = field.number(1, 100)
	}
	if field, found := object.take("jitter"); found {
		retry.Jitter, _ = field.number(0, 1)
	}
	if field, found := object.take("non_retryable_codes"); found {
		retry.NonRetryableCodes = field.names(formCode, codesMax)
	}
	object.finish()
	// A first pause above the default longest one is meant; both given the wrong way round are not.
	switch {
	case hasInitial && hasLongest && initial > longest:
		initialField.refuse("NUMBER_OUT_OF_RANGE", "longer than `max_backoff`")
	case hasInitial && !hasLongest:
		retry.InitialBackoff, retry.MaxBackoff = initial, max(initial, retry.MaxBackoff)
	case hasLongest:
		retry.MaxBackoff = longest
		retry.InitialBackoff = min(retry.InitialBackoff, longest)
		if hasInitial {
			retry.InitialBackoff = initial
		}
	}
	return retry
}
