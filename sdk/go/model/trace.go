package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Trace is what a job did: the same record for an embedded and for a distributed run.
type Trace struct {
	// JobID is the job; another one in every run.
	JobID string
	// State says how it ended.
	State JobState
	// Failure says why, if it did not succeed.
	Failure *Failure
	// Tasks are all tasks in the order in which they ended, those of sub-plans among them.
	Tasks []TracedTask
	// Results are the outputs of the steps that no step follows, by item path, then step.
	Results []Payload
	// Messages are what the functions emitted, in order of commit.
	Messages []Emit
}

// ItemPath is the item indexes that led to a task, outermost fan-out first; empty outside any fan-out.
type ItemPath []int

// String is the indexes with points between them.
func (p ItemPath) String() string {
	texts := make([]string, len(p))
	for i, index := range p {
		texts[i] = strconv.Itoa(index)
	}
	return strings.Join(texts, ".")
}

// TracedTask is a task after it ended. It holds nothing that differs between two runs of the same plan on the same
// data.
type TracedTask struct {
	// PlanName is "" for the plan that the run was asked for.
	PlanName string
	// StepKey is the step.
	StepKey string
	// ItemPath says which item.
	ItemPath ItemPath
	// Attempts that were made; 0 when the engine itself ended the task.
	Attempts int
	// State says how it ended.
	State TaskState
	// Input is what it ran on; nil when it was skipped.
	Input *Payload
	// Outputs are what it produced, in item order.
	Outputs []Payload
	// Verdicts are what the policies said.
	Verdicts []Verdict
	// Failure says why it failed.
	Failure *Failure
}

// Step is the tasks of one step of the plan that the run was asked for, in the order in which they ended.
func (t *Trace) Step(stepKey string) []TracedTask {
	var tasks []TracedTask
	for _, task := range t.Tasks {
		if task.PlanName == "" && task.StepKey == stepKey {
			tasks = append(tasks, task)
		}
	}
	return tasks
}

// String is one line for the job and one for each task, for people.
func (t *Trace) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "job %s\n", t.State)
	for _, task := range t.Tasks {
		dot := "/"
		if task.PlanName == "" {
			dot = ""
		}
		fmt.Fprintf(&text, "  %s%s%s[%s] %s after %d attempts", task.PlanName, dot, task.StepKey, task.ItemPath, task.State, task.Attempts)
		if task.Failure != nil {
			fmt.Fprintf(&text, ": %s", task.Failure.Code)
		}
		text.WriteByte('\n')
	}
	return text.String()
}
