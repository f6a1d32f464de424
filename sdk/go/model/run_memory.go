package model

import (
	"cmp"
	"encoding/base64"
	"slices"
	"strings"
)

// stepOutputs are the outputs of earlier steps of a task's branch that an expression of the plan reads: up the chain of
// parents, and through the arrivals of the joins on the way.
func (r *run) stepOutputs(task *task) map[string]Payload {
	graph := task.job.graph
	found := map[string]Payload{}
	keep := func(step int, payload Payload) {
		key := graph.nodes[step].step.StepKey
		if _, nearer := found[key]; graph.read[step] && !nearer {
			found[key] = payload
		}
	}
	if len(graph.read) == 0 {
		return found
	}
	atStep, parent := task.step, task.parent
	for {
		node := &graph.nodes[atStep]
		if node.join >= 0 {
			for _, arrival := range task.job.arrived(atStep) {
				if slices.Contains(node.predecessors, arrival.fromStep) {
					keep(arrival.fromStep, arrival.payload)
				}
			}
		}
		if parent == nil {
			return found
		}
		ended := parent
		switch depth := len(ended.task.itemPath); graph.nodes[ended.task.step].step.outputType() {
		case None:
			if ended.task.input != nil {
				keep(ended.task.step, *ended.task.input)
			}
		case Single:
			if len(ended.outputs) > 0 {
				keep(ended.task.step, ended.outputs[0])
			}
		case Multiple:
			if depth < len(task.itemPath) && task.itemPath[depth] < len(ended.outputs) {
				keep(ended.task.step, ended.outputs[task.itemPath[depth]])
			}
		}
		atStep, parent = ended.task.step, ended.task.parent
	}
}

// arrived is what arrived at a join, by item path, then by the step that it comes from, then in the order in which its
// tasks began: ids rise.
func (j *job) arrived(joinStep int) []arrival {
	arrivals := slices.Clone(j.arrivals[joinStep])
	slices.SortStableFunc(arrivals, func(a, b arrival) int {
		return cmp.Or(
			slices.Compare(a.itemPath, b.itemPath), cmp.Compare(a.fromStep, b.fromStep), cmp.Compare(a.fromTask, b.fromTask),
		)
	})
	return arrivals
}

// gathered is the input of a join: the JSON array of what arrived, each element verbatim; binary as Base64 text, absent
// as null.
func (j *job) gathered(joinStep int) Payload {
	var text strings.Builder
	text.WriteByte('[')
	for i, arrival := range j.arrived(joinStep) {
		if i > 0 {
			text.WriteByte(',')
		}
		switch arrival.payload.kind {
		case JSONData:
			text.WriteString(arrival.payload.body)
		case BinaryData:
			text.WriteString(`"` + base64.StdEncoding.EncodeToString([]byte(arrival.payload.body)) + `"`)
		default:
			text.WriteString("null")
		}
	}
	text.WriteByte(']')
	return JSON(text.String())
}

// results of a job: outputs of its leaf tasks by item path, then step, then in the order in which they began.
func (j *job) results(ended []*endedTask) []Payload {
	var leaves []*endedTask
	for _, task := range ended {
		if task.task.job == j && task.leaf {
			leaves = append(leaves, task)
		}
	}
	slices.SortStableFunc(leaves, func(a, b *endedTask) int {
		return cmp.Or(
			slices.Compare(a.task.itemPath, b.task.itemPath), cmp.Compare(a.task.step, b.task.step),
			cmp.Compare(a.task.id, b.task.id),
		)
	})
	var results []Payload
	for _, leaf := range leaves {
		results = append(results, leaf.outputs...)
	}
	return results
}
