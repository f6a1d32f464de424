package model

import (
	"strconv"
	"time"
)

// DefinitionJSON is the document of a plan, to be published under that name; docs/plan-format.md describes it.
// Durations are written in whole milliseconds.
func DefinitionJSON(plan *Plan, name string) string {
	var document jsonObject
	document.string("name", name)
	document.stringUnlessEmpty("aggregate_type", plan.AggregateType)
	writeList(&document, "policies", plan.Policies, policyJSON)
	document.strings("start_steps", plan.StartSteps)
	document.raw("steps", jsonArray(plan.Steps, stepJSON))
	return document.end()
}

func policyJSON(policy Policy) string {
	var object jsonObject
	object.string("name", policy.Name)
	object.stringUnlessEmpty("version", policy.Version)
	object.string("condition", policy.Condition)
	object.raw("enforce", strconv.FormatBool(policy.Enforce))
	return object.end()
}

func stepJSON(step Step) string {
	var object jsonObject
	object.string("step_key", step.StepKey)
	switch step.Run.Kind {
	case RunFunction:
		object.string("function", step.Run.Function)
	case RunCondition:
		object.string("function", "condition")
	case RunWait:
		object.string("function", "wait")
	case RunSubPlan:
		var child jsonObject
		child.string("plan", step.Run.Plan)
		child.integerUnlessZero("version", step.Run.Version)
		object.raw("sub_plan", child.end())
	}
	object.rawUnlessEmpty("config", step.ConfigJSON)
	object.rawUnlessEmpty("input", step.InputTemplateJSON)
	if step.OutputType != Single {
		object.string("output", string(step.OutputType))
	}
	writeList(&object, "next", step.Next, edgeJSON)
	object.trueUnlessFalse("exclusive_next", step.ExclusiveNext)
	if step.Join == JoinAll && len(step.DependsOn) == 0 {
		object.string("join", string(step.Join))
	}
	object.strings("depends_on", step.DependsOn)
	if !step.Retry.isDefault() {
		object.raw("retry", retryJSON(step.Retry))
	}
	object.stringUnlessEmpty("queue", step.Queue)
	object.durationUnlessZero("execution_timeout", step.ExecutionTimeout)
	object.durationUnlessZero("lease_ttl", step.LeaseTTL)
	object.integerUnlessZero("max_in_flight", step.MaxInFlight)
	object.trueUnlessFalse("exclusive_aggregate", step.ExclusiveAggregate)
	object.stringUnlessEmpty("on_failure_step", step.OnFailureStep)
	object.stringUnlessEmpty("function_version", step.FunctionVersion)
	object.strings("input_policies", step.InputPolicies)
	object.strings("output_policies", step.OutputPolicies)
	return object.end()
}

func edgeJSON(next NextStep) string {
	var object jsonObject
	object.string("step_key", next.StepKey)
	object.stringUnlessEmpty("condition", next.Condition)
	return object.end()
}

func retryJSON(retry RetryPolicy) string {
	var object jsonObject
	object.raw("max_attempts", strconv.Itoa(retry.MaxAttempts))
	object.duration("initial_backoff", retry.InitialBackoff)
	object.duration("max_backoff", retry.MaxBackoff)
	object.raw("multiplier", strconv.FormatFloat(retry.Multiplier, 'f', -1, 64))
	object.raw("jitter", strconv.FormatFloat(retry.Jitter, 'f', -1, 64))
	object.strings("non_retryable_codes", retry.NonRetryableCodes)
	return object.end()
}

func (o *jsonObject) duration(name string, duration time.Duration) {
	o.string(name, strconv.FormatInt(duration.Milliseconds(), 10)+"ms")
}

func (o *jsonObject) durationUnlessZero(name string, duration time.Duration) {
	if duration != 0 {
		o.duration(name, duration)
	}
}
