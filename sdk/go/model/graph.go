package model

// graph is a plan made ready to run: steps by index, edges resolved, joins with what leads to them, expressions
// compiled.
type graph struct {
	// planName is "" for the plan that the run was asked for.
	planName string
	// nodes stand in the author's order.
	nodes []node
	// starts are the steps that a job begins with.
	starts []int
	// joins has the step of each join, in plan order.
	joins []int
	// read are the steps whose output an expression reads.
	read map[int]bool
}

// edge leads to a following step.
type edge struct {
	to int
	// condition is nil for always.
	condition Expression
}

// node is one step with what is derived from the whole plan.
type node struct {
	step  Step
	edges []edge
	// onFailure is where its failure goes, or -1.
	onFailure int
	// join is its place among the joins, or -1.
	join int
	// holds are the joins that wait while a task of this step lives.
	holds []int
	// nextJoins are the first joins on each way from here; itself when it is a join.
	nextJoins      []int
	template       *template
	inputPolicies  []compiledPolicy
	outputPolicies []compiledPolicy
	predecessors   []int
}

type compiledPolicy struct {
	Policy
	rule Expression
}

// compileGraph checks a plan as a whole and compiles it; without an error among the issues there is a graph.
func compileGraph(plan *Plan, evaluator Evaluator) (*graph, []Issue) {
	issues := checkSteps(plan)
	if hasErrors(issues) {
		return nil, issues
	}
	shape, found := shapeOf(plan)
	if shape == nil {
		return nil, append(issues, found...)
	}
	issues = append(issues, checkReach(plan, shape)...)
	expressions := compileExpressions(plan, shape, evaluator)
	issues = append(issues, expressions.issues...)
	if hasErrors(issues) {
		return nil, issues
	}
	built := &graph{starts: shape.starts, joins: shape.joins, read: expressions.read}
	for index, step := range plan.Steps {
		at := node{
			step: step, onFailure: shape.onFailure[index], join: -1, nextJoins: shape.nextJoins(index),
			template: expressions.templates[index], predecessors: shape.predecessors[index],
			inputPolicies: expressions.policies(step.InputPolicies), outputPolicies: expressions.policies(step.OutputPolicies),
		}
		for place, to := range shape.edges[index] {
			at.edges = append(at.edges, edge{to, expressions.conditions[index][place]})
		}
		for place, join := range shape.joins {
			if join == index {
				at.join = place
			}
			if shape.ancestors[join][index] {
				at.holds = append(at.holds, place)
			}
		}
		built.nodes = append(built.nodes, at)
	}
	return built, issues
}

func hasErrors(issues []Issue) bool {
	for _, issue := range issues {
		if !issue.Warning {
			return true
		}
	}
	return false
}
