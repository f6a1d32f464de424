package model

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// Runner runs a whole plan in this process, with no server. It decides as the coordinator does, so that the same plan
// on the same data gives the same [Trace] here and there. Nothing is persisted: what the process forgets is gone. Tasks
// run one after the other, in the order in which they became ready, so that a trace is the same in every run.
type Runner struct {
	functions map[string]Function
	plans     map[string]*Plan
	evaluator Evaluator
	observer  Observer
	skipWaits bool
}

// Start is what a run starts with.
type Start struct {
	// Actor is on whose behalf.
	Actor Actor
	// Aggregate is the one to move, if the plan moves one.
	Aggregate *AggregateRef
	// Data is the input.
	Data Payload
	// Headers are copied to every packet of the job.
	Headers map[string]string
	// Labels are free; conditions can read them.
	Labels map[string]string
	// DataClass says what the data is for; DEVTEST unless it is set.
	DataClass DataClass
}

// ErrTooDeep is a run whose sub-plans nest deeper than the contract allows.
var ErrTooDeep = errors.New("sub-plans nest too deeply")

// FunctionMissingError names the functions that a plan uses and that the runner does not have.
type FunctionMissingError struct{ Names []string }

// Error names them.
func (e *FunctionMissingError) Error() string {
	return "no function serves " + strings.Join(e.Names, ", ")
}

// InputError says why what a run starts with is not acceptable: its data, aggregate, headers or labels.
type InputError struct{ Problem string }

// Error says the problem.
func (e *InputError) Error() string { return "the input is not acceptable: " + e.Problem }

// NewRunner is a runner without functions, with this language of conditions and templates. expr.NewRunner makes one
// with the coordinator's own.
func NewRunner(evaluator Evaluator) *Runner {
	return &Runner{functions: map[string]Function{}, plans: map[string]*Plan{}, evaluator: evaluator}
}

// Function adds functions; one of the same name takes the place of the earlier one.
func (r *Runner) Function(functions ...Function) *Runner {
	for _, function := range functions {
		r.functions[function.Spec().Name] = function
	}
	return r
}

// Plan adds a plan that other plans can run as a step.
func (r *Runner) Plan(name string, plan *Plan) *Runner {
	r.plans[name] = plan
	return r
}

// Observer sees what functions log and save while they run.
func (r *Runner) Observer(observer Observer) *Runner {
	r.observer = observer
	return r
}

// SkipWaits does not wait: pauses before retries and wait steps pass at once on a clock of the runner's own, in the
// order in which they would end if retries had no jitter, and execution time-outs never come. For tests.
func (r *Runner) SkipWaits() *Runner {
	r.skipWaits = true
	return r
}

// Run runs a plan to its end on this payload, on nobody's behalf. A job that fails is not an error: its trace says how.
// The error is a [*PlanError], a [*FunctionMissingError], an [*InputError], [ErrTooDeep], or why the context ended.
func (r *Runner) Run(ctx context.Context, plan *Plan, data Payload) (*Trace, error) {
	return r.RunFrom(ctx, plan, Start{Data: data})
}

// RunFrom is [Runner.Run] with everything that a job can start with.
func (r *Runner) RunFrom(ctx context.Context, plan *Plan, start Start) (*Trace, error) {
	if refused := refuseStart(start); refused != nil {
		return nil, &InputError{refused.Message}
	}
	run := &run{runner: r, library: map[string]*graph{}, pace: newPace(r.skipWaits)}
	root, err := r.compile(run.library, plan)
	if err != nil {
		return nil, err
	}
	return run.execute(ctx, root, start)
}

// compile checks the plan and the plans that it runs as steps.
func (r *Runner) compile(library map[string]*graph, plan *Plan) (*graph, error) {
	type open struct {
		name string
		plan *Plan
	}
	var root *graph
	var missing []string
	for todo := []open{{"", plan}}; len(todo) > 0; {
		next := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		if next.name != "" && library[next.name] != nil {
			continue
		}
		issues := r.checkSubPlans(next.plan)
		var compiled *graph
		if len(issues) == 0 {
			compiled, issues = compileGraph(next.plan, r.evaluator)
		}
		if compiled == nil {
			return nil, &PlanError{next.name, issues}
		}
		compiled.planName = next.name
		if root == nil {
			root = compiled
		} else {
			library[next.name] = compiled
		}
		for _, step := range next.plan.Steps {
			switch step.Run.Kind {
			case RunFunction:
				if r.functions[step.Run.Function] == nil {
					missing = append(missing, step.Run.Function)
				}
			case RunSubPlan:
				todo = append(todo, open{step.Run.Plan, r.plans[step.Run.Plan]})
			}
		}
	}
	if len(missing) > 0 {
		slices.Sort(missing)
		return nil, &FunctionMissingError{slices.Compact(missing)}
	}
	return root, nil
}

// checkSubPlans checks the references to sub-plans, as publishing would do.
func (r *Runner) checkSubPlans(plan *Plan) []Issue {
	var issues []Issue
	for index, step := range plan.Steps {
		path := fmt.Sprintf("/steps/%d/sub_plan", index)
		switch {
		case step.Run.Kind != RunSubPlan:
		case r.plans[step.Run.Plan] == nil:
			issues = append(issues, issueAt(path, "SUB_PLAN_UNKNOWN", "the runner has no plan `%s`", step.Run.Plan))
		case step.Run.Version != 0:
			issues = append(issues, issueAt(path, "SUB_PLAN_UNKNOWN", "an embedded plan has no versions: refer to version 0"))
		}
	}
	return issues
}
