package model

import (
	"fmt"
	"slices"
	"strings"
)

// planShape is edges, order, ancestors, dominators and fan-out depth.
type planShape struct {
	index        map[string]int
	edges        [][]int
	onFailure    []int
	predecessors [][]int
	starts       []int
	joins        []int
	// ancestors are the steps from which each step can be reached, itself not among them; failure edges count.
	ancestors []map[int]bool
	// dominators are the steps that every way to a step passes, itself not among them.
	dominators []map[int]bool
	// fanDepth is how many fan-outs are open where the step's output flows, at most; its own among them.
	fanDepth []int
}

// shapeOf is the shape of a plan whose step references are all known; it refuses cycles.
func shapeOf(plan *Plan) (*planShape, []Issue) {
	count := len(plan.Steps)
	shape := &planShape{
		index: map[string]int{}, edges: make([][]int, count), onFailure: make([]int, count),
		predecessors: make([][]int, count), ancestors: make([]map[int]bool, count),
		dominators: make([]map[int]bool, count), fanDepth: make([]int, count),
	}
	for at, step := range plan.Steps {
		shape.index[step.StepKey] = at
	}
	for at, step := range plan.Steps {
		for _, next := range step.Next {
			shape.edges[at] = append(shape.edges[at], shape.index[next.StepKey])
		}
	}
	for to, step := range plan.Steps {
		for _, key := range step.DependsOn {
			from := shape.index[key]
			shape.edges[from] = append(shape.edges[from], to)
		}
	}
	for at, step := range plan.Steps {
		shape.onFailure[at] = -1
		if handler, found := shape.index[step.OnFailureStep]; found && step.OnFailureStep != "" {
			shape.onFailure[at] = handler
		}
		for _, to := range shape.successors(at) {
			shape.predecessors[to] = append(shape.predecessors[to], at)
		}
		if step.isJoin() {
			shape.joins = append(shape.joins, at)
		}
	}
	for at := range plan.Steps {
		if len(plan.StartSteps) == 0 && len(shape.predecessors[at]) == 0 {
			shape.starts = append(shape.starts, at)
		}
	}
	for _, key := range plan.StartSteps {
		shape.starts = append(shape.starts, shape.index[key])
	}
	order, issues := shape.order(plan)
	if issues != nil {
		return nil, issues
	}
	shape.derive(plan, order)
	return shape, nil
}

// successors of a step, each once, in plan order.
func (s *planShape) successors(step int) []int {
	all := slices.Clone(s.edges[step])
	if s.onFailure[step] >= 0 {
		all = append(all, s.onFailure[step])
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// order has each step after all that lead to it; a cycle is named by its steps.
func (s *planShape) order(plan *Plan) ([]int, []Issue) {
	waits := make([]int, len(plan.Steps))
	var order []int
	for step, before := range s.predecessors {
		if waits[step] = len(before); len(before) == 0 {
			order = append(order, step)
		}
	}
	for at := 0; at < len(order); at++ {
		for _, to := range s.successors(order[at]) {
			if waits[to]--; waits[to] == 0 {
				order = append(order, to)
			}
		}
	}
	if len(order) == len(plan.Steps) {
		return order, nil
	}
	var keys []string
	first := -1
	for step, left := range waits {
		if left > 0 {
			keys = append(keys, plan.Steps[step].StepKey)
			if first < 0 {
				first = step
			}
		}
	}
	return nil, []Issue{issueAt(fmt.Sprintf("/steps/%d", first), "PLAN_CYCLE",
		"these steps form a cycle or follow one: %s", strings.Join(keys, ", "))}
}

func (s *planShape) derive(plan *Plan, order []int) {
	for _, at := range order {
		ancestors, depth := map[int]bool{}, 0
		var dominators map[int]bool
		for _, from := range s.predecessors[at] {
			ancestors[from] = true
			for ancestor := range s.ancestors[from] {
				ancestors[ancestor] = true
			}
			through := map[int]bool{from: true}
			for dominator := range s.dominators[from] {
				through[dominator] = true
			}
			if dominators == nil {
				dominators = through
			}
			for dominator := range dominators {
				if !through[dominator] {
					delete(dominators, dominator)
				}
			}
			depth = max(depth, s.fanDepth[from])
		}
		step := &plan.Steps[at]
		if step.isJoin() {
			depth = 0
		}
		if step.outputType() == Multiple {
			depth++
		}
		s.fanDepth[at], s.ancestors[at], s.dominators[at] = depth, ancestors, dominators
	}
}

// nextJoins are the first joins on each way from a step; the step itself when it is one.
func (s *planShape) nextJoins(step int) []int {
	var found []int
	seen := map[int]bool{}
	for ways := []int{step}; len(ways) > 0; {
		at := ways[len(ways)-1]
		ways = ways[:len(ways)-1]
		if seen[at] {
			continue
		}
		seen[at] = true
		if join := slices.Index(s.joins, at); join >= 0 {
			found = append(found, join)
		} else {
			ways = append(ways, s.edges[at]...)
		}
	}
	slices.Sort(found)
	return found
}

// unreadable says why the output of one step cannot be read where a task of another begins or ends, or "": it is on
// every way there, or arrives at a join on every way there, and there is one of it.
func (s *planShape) unreadable(of, at int) string {
	isHere := func(step int) bool { return step == at || s.dominators[at][step] }
	arrived := slices.ContainsFunc(s.joins, func(join int) bool {
		return isHere(join) && slices.Contains(s.edges[of], join)
	})
	if !arrived && (of == at || !isHere(of)) {
		return "is not on every way to this step"
	}
	leadsHere := func(to int) bool { return to == at || s.ancestors[at][to] }
	if !slices.ContainsFunc(s.edges[of], leadsHere) {
		return "has no output on the way to this step: only its failure leads here"
	}
	joined := func(join int) bool { return leadsHere(join) && s.ancestors[join][of] }
	if s.fanDepth[of] > 0 && slices.ContainsFunc(s.joins, joined) {
		return "has an output for each item, and they were joined since: read the join's input instead"
	}
	return ""
}
