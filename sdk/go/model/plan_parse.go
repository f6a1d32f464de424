package model

import (
	"fmt"
	"strings"
	"time"
)

// PlanDocument is a plan document that was read.
type PlanDocument struct {
	// Name is [a-z][a-z0-9_.-]{0,62}.
	Name string
	// DisplayName is for people; "" is none.
	DisplayName string
	// Plan is the definition itself.
	Plan *Plan
}

// PlanError lists everything that is wrong with a plan, or with its document.
type PlanError struct {
	// PlanName is the sub-plan's name; "" for the plan itself.
	PlanName string
	// Issues are in the order in which they were found.
	Issues []Issue
}

// Error says all issues in one line.
func (e *PlanError) Error() string {
	var text strings.Builder
	fmt.Fprintf(&text, "the plan %q has %d issues", e.PlanName, len(e.Issues))
	for _, issue := range e.Issues {
		fmt.Fprintf(&text, "; %s %s: %s", issue.Path, issue.Code, issue.Message)
	}
	return text.String()
}

// ParsePlan reads a plan document as PublishPlanVersion does. The error is a [*PlanError]: everything that is
// wrong with the form of the document. How the steps fit together is checked when the plan is run or published.
func ParsePlan(text string) (*PlanDocument, error) {
	if len(text) > planBytesMax {
		message := fmt.Sprintf("%d bytes; at most %d are allowed", len(text), planBytesMax)
		return nil, &PlanError{Issues: []Issue{{Code: "PLAN_TOO_LARGE", Message: message}}}
	}
	if problem := CheckJSON(text); problem != nil {
		return nil, &PlanError{Issues: []Issue{{Path: problem.Path, Code: "JSON_INVALID", Message: problem.Error()}}}
	}
	var issues []Issue
	document := readDocument(planField{text: strings.Trim(text, " \t\r\n"), issues: &issues})
	if len(issues) > 0 {
		return nil, &PlanError{Issues: issues}
	}
	return document, nil
}

func readDocument(field planField) *PlanDocument {
	object, isObject := field.object()
	if !isObject {
		return nil
	}
	document := &PlanDocument{Plan: &Plan{}}
	if field, found := object.require("name"); found {
		document.Name, _ = field.name(formName)
	}
	if field, found := object.take("display_name"); found {
		document.DisplayName, _ = field.shortText(displayNameCharsMax)
	}
	document.Plan.AggregateType = readName(object, "aggregate_type", formName)
	if field, found := object.take("policies"); found {
		document.Plan.Policies = readPolicies(field)
	}
	if field, found := object.take("start_steps"); found {
		document.Plan.StartSteps = field.names(formKey, planStepsMax)
	}
	var steps []planField
	if field, found := object.require("steps"); found {
		steps, _ = field.list(planStepsMax, "STEPS_TOO_MANY")
	}
	object.finish()
	keys := map[string]bool{}
	for _, field := range steps {
		if step, isStep := readStep(field, keys); isStep {
			document.Plan.Steps = append(document.Plan.Steps, step)
		}
	}
	return document
}

func readPolicies(field planField) []Policy {
	var policies []Policy
	names := map[string]bool{}
	fields, _ := field.list(policiesMax, "LIST_TOO_LONG")
	for _, field := range fields {
		object, isObject := field.object()
		if !isObject {
			continue
		}
		var policy Policy
		if field, found := object.require("name"); found {
			if name, fits := field.name(formName); fits {
				if names[name] {
					field.refuse("POLICY_NAME_TAKEN", "`%s` is used twice", name)
				}
				names[name], policy.Name = true, name
			}
		}
		if field, found := object.take("version"); found {
			policy.Version, _ = field.shortText(versionCharsMax)
		}
		if field, found := object.require("condition"); found {
			policy.Condition = readCondition(field)
		}
		policy.Enforce = readBoolean(object, "enforce")
		object.finish()
		policies = append(policies, policy)
	}
	return policies
}

// readCondition reads an expression; that it is one is checked with the graph.
func readCondition(field planField) string {
	text, isText := field.string()
	if isText && strings.TrimSpace(text) == "" {
		field.refuse("TEXT_INVALID", "an empty condition; leave the field out if there is none")
	}
	return text
}

func readStep(field planField, keys map[string]bool) (Step, bool) {
	object, isObject := field.object()
	if !isObject {
		return Step{}, false
	}
	step := Step{OutputType: Single, Join: JoinEach, Retry: DefaultRetry()}
	if field, found := object.require("step_key"); found {
		if key, fits := field.name(formKey); fits {
			if keys[key] {
				field.refuse("STEP_KEY_TAKEN", "`%s` is used twice", key)
			}
			keys[key], step.StepKey = true, key
		}
	}
	config, hasConfig := object.take("config")
	isRun := readRun(object, config, hasConfig, &step.Run)
	if field, found := object.take("output"); found {
		readOutputType(field, &step, isRun)
	}
	dependsOn, isBarrier := object.take("depends_on")
	if isBarrier {
		step.DependsOn, isBarrier = readKeys(dependsOn)
	}
	step.Join = readJoin(object, isBarrier)
	step.ConfigJSON = config.text
	if field, found := object.take("input"); found {
		step.InputTemplateJSON = field.text
	}
	if field, found := object.take("next"); found {
		step.Next = readNext(field)
	}
	step.ExclusiveNext = readBoolean(object, "exclusive_next")
	if field, found := object.take("retry"); found {
		step.Retry = readRetry(field)
	}
	step.Queue = readName(object, "queue", formName)
	step.ExecutionTimeout = readDuration(object, "execution_timeout", waitMin, waitMax)
	step.LeaseTTL = readDuration(object, "lease_ttl", leaseTTLMin, leaseTTLMax)
	if field, found := object.take("max_in_flight"); found {
		step.MaxInFlight, _ = field.whole(0, maxInFlightMax)
	}
	step.ExclusiveAggregate = readBoolean(object, "exclusive_aggregate")
	step.OnFailureStep = readName(object, "on_failure_step", formKey)
	if field, found := object.take("function_version"); found {
		step.FunctionVersion, _ = field.shortText(versionCharsMax)
	}
	if field, found := object.take("input_policies"); found {
		step.InputPolicies = field.names(formName, policiesMax)
	}
	if field, found := object.take("output_policies"); found {
		step.OutputPolicies = field.names(formName, policiesMax)
	}
	object.finish()
	return step, true
}

func readName(object *planObject, name string, form nameForm) string {
	field, found := object.take(name)
	if !found {
		return ""
	}
	text, _ := field.name(form)
	return text
}

func readBoolean(object *planObject, name string) bool {
	field, found := object.take(name)
	return found && field.boolean()
}

func readDuration(object *planObject, name string, least, most time.Duration) time.Duration {
	field, found := object.take(name)
	if !found {
		return 0
	}
	duration, _ := field.duration(least, most)
	return duration
}
