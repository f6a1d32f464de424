package model

import (
	"fmt"
	"slices"
)

func issueAt(path, code, format string, args ...any) Issue {
	return Issue{Path: path, Code: code, Message: fmt.Sprintf(format, args...)}
}

// stepCheck is what must be true of the steps of a plan before its shape is known.
type stepCheck struct {
	plan   *Plan
	keys   map[string]bool
	issues []Issue
}

func (c *stepCheck) refuse(path, code, format string, args ...any) {
	c.issues = append(c.issues, issueAt(path, code, format, args...))
}

func (c *stepCheck) unknown(path, key string) {
	c.refuse(path, "STEP_UNKNOWN", "there is no step `%s`", key)
}

// checkSteps checks references and rules of single steps.
func checkSteps(plan *Plan) []Issue {
	check := stepCheck{plan: plan, keys: map[string]bool{}}
	if len(plan.Steps) == 0 {
		check.refuse("/steps", "STEPS_EMPTY", "a plan has at least one step")
	}
	if len(plan.Steps) > planStepsMax {
		check.refuse("/steps", "STEPS_TOO_MANY", "a plan has at most %d steps", planStepsMax)
		return check.issues
	}
	for index, step := range plan.Steps {
		if check.keys[step.StepKey] {
			check.refuse(fmt.Sprintf("/steps/%d/step_key", index), "STEP_KEY_TAKEN", "`%s` is used twice", step.StepKey)
		}
		check.keys[step.StepKey] = true
	}
	for place, key := range plan.StartSteps {
		path := fmt.Sprintf("/start_steps/%d", place)
		if !check.keys[key] {
			check.unknown(path, key)
		} else if slices.Contains(plan.StartSteps[:place], key) {
			check.refuse(path, "EDGE_TWICE", "`%s` stands here twice", key)
		}
	}
	for index := range plan.Steps {
		check.edges(index)
		check.onFailure(index)
		check.policies(index)
		check.rules(index)
	}
	return check.issues
}

func (c *stepCheck) edges(index int) {
	step := &c.plan.Steps[index]
	targets := map[string]bool{}
	for place, next := range step.Next {
		path := fmt.Sprintf("/steps/%d/next/%d", index, place)
		if !c.keys[next.StepKey] {
			c.unknown(path, next.StepKey)
		}
		if targets[next.StepKey] {
			c.refuse(path, "EDGE_TWICE", "`%s` follows twice; join the two conditions", next.StepKey)
		}
		targets[next.StepKey] = true
		if step.ExclusiveNext && next.Condition == "" && place+1 < len(step.Next) {
			c.refuse(path, "EDGE_UNREACHABLE", "the edges after one without a condition are never taken")
		}
	}
	for place, key := range step.DependsOn {
		path := fmt.Sprintf("/steps/%d/depends_on/%d", index, place)
		if !c.keys[key] {
			c.unknown(path, key)
		}
		if slices.Contains(step.DependsOn[:place], key) {
			c.refuse(path, "EDGE_TWICE", "`%s` stands here twice", key)
		}
	}
}

func (c *stepCheck) onFailure(index int) {
	step := &c.plan.Steps[index]
	handler := step.OnFailureStep
	if handler == "" {
		return
	}
	path := fmt.Sprintf("/steps/%d/on_failure_step", index)
	follows := slices.ContainsFunc(step.Next, func(next NextStep) bool { return next.StepKey == handler })
	depends := slices.ContainsFunc(c.plan.Steps, func(other Step) bool {
		return other.StepKey == handler && slices.Contains(other.DependsOn, step.StepKey)
	})
	switch {
	case !c.keys[handler]:
		c.unknown(path, handler)
	case follows || depends:
		c.refuse(path, "EDGE_TWICE", "one step cannot take both the output and the failure")
	}
}

func (c *stepCheck) policies(index int) {
	step := &c.plan.Steps[index]
	check := func(field string, names []string) {
		for place, name := range names {
			if !slices.ContainsFunc(c.plan.Policies, func(policy Policy) bool { return policy.Name == name }) {
				c.refuse(fmt.Sprintf("/steps/%d/%s/%d", index, field, place), "POLICY_UNKNOWN", "there is no policy `%s`", name)
			}
		}
	}
	check("input_policies", step.InputPolicies)
	check("output_policies", step.OutputPolicies)
}

func (c *stepCheck) rules(index int) {
	step := &c.plan.Steps[index]
	if len(step.DependsOn) > 0 {
		ledTo := slices.ContainsFunc(c.plan.Steps, func(other Step) bool {
			return slices.ContainsFunc(other.Next, func(next NextStep) bool { return next.StepKey == step.StepKey })
		})
		if ledTo {
			c.refuse(fmt.Sprintf("/steps/%d/depends_on", index), "EDGES_MIXED", "a step is led to by `next` or has `depends_on`, not both")
		}
		if step.Join == JoinEach {
			c.refuse(fmt.Sprintf("/steps/%d/join", index), "JOIN_EACH_WITH_DEPENDS_ON", "`depends_on` is a barrier: the step runs once")
		}
	}
	if step.ExclusiveAggregate && c.plan.AggregateType == "" {
		c.refuse(fmt.Sprintf("/steps/%d/exclusive_aggregate", index), "AGGREGATE_TYPE_MISSING", "the plan names no `aggregate_type`")
	}
	if step.Run.Kind == RunFunction {
		return
	}
	for _, field := range []struct {
		name string
		set  bool
	}{
		{"queue", step.Queue != ""},
		{"lease_ttl", step.LeaseTTL != 0},
		{"execution_timeout", step.ExecutionTimeout != 0},
		{"max_in_flight", step.MaxInFlight > 0},
		{"exclusive_aggregate", step.ExclusiveAggregate},
		{"function_version", step.FunctionVersion != ""},
		{"retry", !step.Retry.isDefault()},
	} {
		if field.set {
			c.refuse(fmt.Sprintf("/steps/%d/%s", index, field.name), "FIELD_UNSUPPORTED", "`%s` is for functions that a worker runs", field.name)
		}
	}
}

// checkReach checks what needs the shape: everything can be reached, joins have something to wait for.
func checkReach(plan *Plan, shape *planShape) []Issue {
	var issues []Issue
	for index, step := range plan.Steps {
		path := fmt.Sprintf("/steps/%d", index)
		isStart := slices.Contains(shape.starts, index)
		fromStart := slices.ContainsFunc(shape.starts, func(start int) bool { return shape.ancestors[index][start] })
		follows := len(shape.predecessors[index]) > 0
		if !isStart && !fromStart {
			issues = append(issues, issueAt(path, "STEP_UNREACHABLE", "no way from the start leads to `%s`", step.StepKey))
		}
		if isStart && follows {
			issues = append(issues, issueAt(path, "START_STEP_FOLLOWS", "`%s` starts the plan and follows another step", step.StepKey))
		}
		if step.Join == JoinAll && !follows {
			issues = append(issues, issueAt(path+"/join", "JOIN_WITHOUT_EDGE", "nothing leads to this join"))
		}
		leadsOn := len(shape.edges[index]) > 0 || shape.onFailure[index] >= 0
		if !follows && !leadsOn && len(plan.Steps) > 1 && len(plan.StartSteps) == 0 {
			issue := issueAt(path, "STEP_ISOLATED", "`%s` is linked to no other step: it runs beside the rest", step.StepKey)
			issue.Warning = true
			issues = append(issues, issue)
		}
	}
	return issues
}
