package model

import (
	"fmt"
	"time"
)

// PlanBuilder composes functions into a plan, in code. Nothing is checked here: a plan is checked as a whole,
// when it is run or published.
type PlanBuilder struct{ plan Plan }

// NewPlan begins a plan without steps.
func NewPlan() *PlanBuilder { return &PlanBuilder{} }

// AggregateType sets the kind of aggregate that the plan moves.
func (b *PlanBuilder) AggregateType(kind string) *PlanBuilder {
	b.plan.AggregateType = kind
	return b
}

// StartSteps sets the steps that a job begins with; without them all that no other step leads to.
func (b *PlanBuilder) StartSteps(stepKeys ...string) *PlanBuilder {
	b.plan.StartSteps = stepKeys
	return b
}

// Policy adds a rule that fails the step when it does not hold: an expression over value.
func (b *PlanBuilder) Policy(name, version, condition string) *PlanBuilder {
	b.plan.Policies = append(b.plan.Policies, Policy{name, version, condition, true})
	return b
}

// ObservingPolicy adds a rule whose verdict is only recorded.
func (b *PlanBuilder) ObservingPolicy(name, version, condition string) *PlanBuilder {
	b.plan.Policies = append(b.plan.Policies, Policy{name, version, condition, false})
	return b
}

// Step adds a step.
func (b *PlanBuilder) Step(step *StepBuilder) *PlanBuilder {
	b.plan.Steps = append(b.plan.Steps, step.step)
	return b
}

// Build is the plan as described.
func (b *PlanBuilder) Build() *Plan {
	plan := b.plan
	plan.Steps = append([]Step(nil), plan.Steps...)
	return &plan
}

// StepBuilder describes one step of a plan; begun by [NewStep], [NewCondition], [NewWait] or [NewSubPlan].
type StepBuilder struct{ step Step }

// NewStep is a step that runs a function; it produces one payload unless [StepBuilder.Output] says otherwise.
func NewStep(key, functionName string) *StepBuilder {
	return newStep(key, Run{Kind: RunFunction, Function: functionName})
}

// NewCondition is a step that only decides where its input goes on, by its edges' conditions.
func NewCondition(key string) *StepBuilder { return newStep(key, Run{Kind: RunCondition}) }

// NewWait is a step that passes its input on after a pause.
func NewWait(key string, pause time.Duration) *StepBuilder {
	return newStep(key, Run{Kind: RunWait, Pause: pause}).
		Config(fmt.Sprintf(`{"duration":"%dms"}`, pause.Milliseconds()))
}

// NewSubPlan is a step that runs another plan, by name, in its default version.
func NewSubPlan(key, planName string) *StepBuilder {
	return newStep(key, Run{Kind: RunSubPlan, Plan: planName})
}

func newStep(key string, run Run) *StepBuilder {
	return &StepBuilder{Step{StepKey: key, Run: run, OutputType: Single, Join: JoinEach, Retry: DefaultRetry()}}
}

// Output sets what the step produces.
func (b *StepBuilder) Output(outputType OutputType) *StepBuilder {
	b.step.OutputType = outputType
	return b
}

// Config sets the JSON given to the function as its configuration.
func (b *StepBuilder) Config(json string) *StepBuilder {
	b.step.ConfigJSON = json
	return b
}

// Input sets the typed JSON template that builds the input.
func (b *StepBuilder) Input(templateJSON string) *StepBuilder {
	b.step.InputTemplateJSON = templateJSON
	return b
}

// Then leads each output to this step.
func (b *StepBuilder) Then(stepKey string) *StepBuilder { return b.ThenIf(stepKey, "") }

// ThenIf leads each output for which the condition holds to this step.
func (b *StepBuilder) ThenIf(stepKey, condition string) *StepBuilder {
	b.step.Next = append(b.step.Next, NextStep{stepKey, condition})
	return b
}

// FirstMatch takes the first edge that holds instead of all that hold.
func (b *StepBuilder) FirstMatch() *StepBuilder {
	b.step.ExclusiveNext = true
	return b
}

// JoinAll runs the step once, on the array of all that arrived, when everything that leads here has come to rest.
func (b *StepBuilder) JoinAll() *StepBuilder {
	b.step.Join = JoinAll
	return b
}

// DependsOn runs the step once, when these steps have ended, on the array of their outputs; the alternative to
// edges.
func (b *StepBuilder) DependsOn(stepKeys ...string) *StepBuilder {
	b.step.DependsOn = stepKeys
	return b.JoinAll()
}

// Retry sets when and how often a failed attempt is tried again.
func (b *StepBuilder) Retry(retry RetryPolicy) *StepBuilder {
	b.step.Retry = retry
	return b
}

// MaxAttempts sets the attempts in all, the first included.
func (b *StepBuilder) MaxAttempts(attempts int) *StepBuilder {
	b.step.Retry.MaxAttempts = attempts
	return b
}

// ExecutionTimeout sets the longest run of one attempt.
func (b *StepBuilder) ExecutionTimeout(timeout time.Duration) *StepBuilder {
	b.step.ExecutionTimeout = timeout
	return b
}

// OnFailure leads a failure to this step instead of failing the job.
func (b *StepBuilder) OnFailure(stepKey string) *StepBuilder {
	b.step.OnFailureStep = stepKey
	return b
}

// ExclusiveAggregate allows at most one task at a time for each aggregate.
func (b *StepBuilder) ExclusiveAggregate() *StepBuilder {
	b.step.ExclusiveAggregate = true
	return b
}

// InputPolicy judges the input, by the policy's name.
func (b *StepBuilder) InputPolicy(name string) *StepBuilder {
	b.step.InputPolicies = append(b.step.InputPolicies, name)
	return b
}

// OutputPolicy judges each output, by the policy's name.
func (b *StepBuilder) OutputPolicy(name string) *StepBuilder {
	b.step.OutputPolicies = append(b.step.OutputPolicies, name)
	return b
}

// With changes anything else about the step.
func (b *StepBuilder) With(change func(*Step)) *StepBuilder {
	change(&b.step)
	return b
}
