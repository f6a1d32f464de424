package model

import "time"

// Plan is a named composition of steps with one goal. Build one with a [PlanBuilder], or read one with
// [ParsePlan]; nothing in it changes once it runs.
type Plan struct {
	// AggregateType is the kind of aggregate that the plan moves; "" is none.
	AggregateType string
	// Policies are named rules that the steps refer to.
	Policies []Policy
	// StartSteps are the steps that a job begins with; empty is all that no other step leads to.
	StartSteps []string
	// Steps stand in the author's order.
	Steps []Step
}

// Policy is a named rule over a step's input or output; its verdict is recorded.
type Policy struct {
	// Name is unique in the plan.
	Name string
	// Version is the author's version text, recorded with each verdict.
	Version string
	// Condition is an expression over value; the policy passes when it is true.
	Condition string
	// Enforce says whether a verdict of false fails the task, or is only recorded.
	Enforce bool
}

// RunKind says what kind of thing a step runs.
type RunKind uint8

const (
	// RunFunction runs a function of a worker.
	RunFunction RunKind = iota
	// RunCondition passes its input on; the conditions of its edges do the work.
	RunCondition
	// RunWait passes its input on after a pause.
	RunWait
	// RunSubPlan runs another plan.
	RunSubPlan
)

// Run is what a step runs.
type Run struct {
	// Kind says which of the other fields count.
	Kind RunKind
	// Function is the name of a function.
	Function string
	// Pause is how long a wait lasts.
	Pause time.Duration
	// Plan is the name of a sub-plan.
	Plan string
	// Version of the sub-plan; 0 is the default version at publish.
	Version int
}

// NextStep is an edge to a following step.
type NextStep struct {
	// StepKey is the key of the following step.
	StepKey string
	// Condition is an expression that must hold; "" is always.
	Condition string
}

// RetryPolicy says when and how often a failed attempt is tried again.
type RetryPolicy struct {
	// MaxAttempts in all, the first included.
	MaxAttempts int
	// InitialBackoff is the pause before the second attempt.
	InitialBackoff time.Duration
	// MaxBackoff is the longest pause.
	MaxBackoff time.Duration
	// Multiplier: each pause is the one before times this.
	Multiplier float64
	// Jitter is the share of the pause that is random, 0 to 1.
	Jitter float64
	// NonRetryableCodes are never tried again.
	NonRetryableCodes []string
}

// DefaultRetry is what a step without a policy has: 3 attempts, 1 s doubled up to 60 s, a fifth of it random.
func DefaultRetry() RetryPolicy {
	return RetryPolicy{
		MaxAttempts: attemptsDefault, InitialBackoff: time.Second, MaxBackoff: time.Minute, Multiplier: 2, Jitter: 0.2,
	}
}

func (r RetryPolicy) isDefault() bool {
	d := DefaultRetry()
	return r.MaxAttempts == d.MaxAttempts && r.InitialBackoff == d.InitialBackoff && r.MaxBackoff == d.MaxBackoff &&
		r.Multiplier == d.Multiplier && r.Jitter == d.Jitter && len(r.NonRetryableCodes) == 0
}

// Step is one place in a plan.
type Step struct {
	// StepKey is [a-z][a-z0-9_]{0,62}, unique in the plan.
	StepKey string
	// Run is what it runs.
	Run Run
	// ConfigJSON is given to the function, verbatim; "" is none.
	ConfigJSON string
	// InputTemplateJSON builds the input; "" is what arrived.
	InputTemplateJSON string
	// OutputType is what it produces.
	OutputType OutputType
	// Next are the edges to the following steps.
	Next []NextStep
	// ExclusiveNext takes the first edge that holds instead of all that hold.
	ExclusiveNext bool
	// Join says how arrivals are treated.
	Join Join
	// DependsOn are steps that must have ended before this one; the alternative to Next.
	DependsOn []string
	// Retry says when to try again.
	Retry RetryPolicy
	// Queue to wait in; "" is the function's name.
	Queue string
	// ExecutionTimeout is the longest run of one attempt; 0 is none.
	ExecutionTimeout time.Duration
	// LeaseTTL is the lease that workers of this step get; 0 is the default.
	LeaseTTL time.Duration
	// MaxInFlight is how many tasks of this step may be leased at once, over all jobs of the plan; 0 is no limit.
	MaxInFlight int
	// ExclusiveAggregate allows at most one live task for each aggregate, first come first served.
	ExclusiveAggregate bool
	// OnFailureStep receives the failure instead of the job failing; "" is none.
	OnFailureStep string
	// FunctionVersion must serve it; "" is any.
	FunctionVersion string
	// InputPolicies judge the input, by name.
	InputPolicies []string
	// OutputPolicies judge each output, by name.
	OutputPolicies []string
}

// outputType is what the step produces; native steps pass their input on.
func (s *Step) outputType() OutputType {
	if s.Run.Kind == RunCondition || s.Run.Kind == RunWait {
		return None
	}
	return s.OutputType
}

func (s *Step) isJoin() bool { return s.Join == JoinAll || len(s.DependsOn) > 0 }
