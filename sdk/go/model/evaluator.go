package model

import "strconv"

// Evaluator is the port behind which the language of conditions, policies and $cel stands; package expr supplies
// CEL. An evaluator is used by one run at a time or by many.
type Evaluator interface {
	// Compile parses and checks an expression over these variables. With wantsBool it refuses what can never be a
	// boolean, with EXPRESSION_TYPE. Its errors are [*ExpressionError].
	Compile(source string, variables []string, wantsBool bool) (Expression, error)
}

// Expression was parsed and checked. It may be evaluated many times at once. Its errors are [*ExpressionError].
type Expression interface {
	// Paths is what it reads, in the order of the source; the variables of its own macros left out.
	Paths() []Path
	// Holds evaluates it; anything but a boolean is an error.
	Holds(variables map[string]Variable) (bool, error)
	// JSON evaluates it and writes the value as JSON text, the keys of objects in order.
	JSON(variables map[string]Variable) (string, error)
}

// Path is a variable and the keys that are read from it, as far as they are known before it is evaluated.
type Path struct {
	// Root is the variable.
	Root string
	// Keys stand outermost first.
	Keys []string
}

// Variable is the value of a variable of an expression: an object when it has Fields, else a payload. One that
// holds no data is not there: reading it is EXPRESSION_MISSING_PATH.
type Variable struct {
	// Payload is the value when Fields is nil.
	Payload Payload
	// Fields make it an object.
	Fields map[string]Variable
}

// Codes of an expression without a value.
const (
	// CodeExpressionInvalid: the source cannot be accepted; found when it is checked.
	CodeExpressionInvalid = "EXPRESSION_INVALID"
	// CodeExpressionMissingPath: it names data that is not there.
	CodeExpressionMissingPath = "EXPRESSION_MISSING_PATH"
	// CodeExpressionType: a value has the wrong type.
	CodeExpressionType = "EXPRESSION_TYPE"
	// CodeExpressionFailed: anything else, such as overflow, division by zero, too much work.
	CodeExpressionFailed = "EXPRESSION_FAILED"
)

// ExpressionError is why an expression has no value. Its message never holds data.
type ExpressionError struct {
	// Code is stable and becomes the failure's code.
	Code string
	// Message is for a person.
	Message string
}

// Error is the code and the message.
func (e *ExpressionError) Error() string { return e.Code + ": " + e.Message }

var (
	conditionVariables = []string{"input", "output", "item", "steps", "job", "config"}
	templateVariables  = []string{"input", "item", "steps", "job", "config"}
	policyVariables    = []string{"value"}
)

// references is what an expression refers to outside its own step.
type references struct {
	steps  []string
	output bool
}

func referencesOf(paths []Path) references {
	var found references
	seen := map[string]bool{}
	for _, path := range paths {
		switch {
		case path.Root == "output":
			found.output = true
		case path.Root == "steps" && len(path.Keys) > 0 && !seen[path.Keys[0]]:
			seen[path.Keys[0]] = true
			found.steps = append(found.steps, path.Keys[0])
		}
	}
	return found
}

// Scope is what the variables of an expression are made of.
//
//	variable            in a condition of step s                    in the input template of step t
//	input               the input of the task that ended            what arrived at t
//	output              what flows along the edge                   not there
//	item                {"index": 3, "path": [0, 3]} of what flows  the same of the new task
//	steps.<key>.output  output of an earlier step of this branch    the same
//	job                 {"id", "input", "labels", "data_class"}     the same
//	config              the config of s                             the config of t
type Scope struct {
	// Input is the variable input.
	Input Payload
	// Output is the variable output; only conditions have it.
	Output Payload
	// ItemPath is empty outside a fan-out: then item is not there.
	ItemPath ItemPath
	// Steps are the outputs of earlier steps, by step key.
	Steps map[string]Payload
	// JobID is job.id.
	JobID string
	// JobInput is job.input.
	JobInput Payload
	// Labels are job.labels.
	Labels map[string]string
	// DataClass is job.data_class.
	DataClass DataClass
	// ConfigJSON is "" when the step has no configuration: then config is not there.
	ConfigJSON string
}

func (s *Scope) variables(paths []Path) map[string]Variable {
	object := map[string]Variable{}
	for _, path := range paths {
		switch path.Root {
		case "input":
			object["input"] = Variable{Payload: s.Input}
		case "output":
			object["output"] = Variable{Payload: s.Output}
		case "item":
			object["item"] = Variable{Payload: s.item()}
		case "config":
			if s.ConfigJSON != "" {
				object["config"] = Variable{Payload: JSON(s.ConfigJSON)}
			}
		case "job":
			object["job"] = s.job()
		case "steps":
			s.addStep(object, path)
		}
	}
	return object
}

// addStep: every step that is read has an entry, so that has(steps.a.output) can be asked of one that did not run.
func (s *Scope) addStep(object map[string]Variable, path Path) {
	if object["steps"].Fields == nil {
		object["steps"] = Variable{Fields: map[string]Variable{}}
	}
	if len(path.Keys) == 0 {
		return
	}
	step := Variable{Fields: map[string]Variable{}}
	if output, found := s.Steps[path.Keys[0]]; found {
		step.Fields["output"] = Variable{Payload: output}
	}
	object["steps"].Fields[path.Keys[0]] = step
}

func (s *Scope) job() Variable {
	labels := map[string]Variable{}
	for name, value := range s.Labels {
		labels[name] = Variable{Payload: JSON(quoteJSON(value))}
	}
	return Variable{Fields: map[string]Variable{
		"id": {Payload: JSON(quoteJSON(s.JobID))}, "labels": {Fields: labels},
		"data_class": {Payload: JSON(quoteJSON(string(s.DataClass)))}, "input": {Payload: s.JobInput},
	}}
}

// item is the variable item; there is none outside a fan-out.
func (s *Scope) item() Payload {
	if len(s.ItemPath) == 0 {
		return Payload{}
	}
	last := strconv.Itoa(s.ItemPath[len(s.ItemPath)-1])
	return JSON(`{"index":` + last + `,"path":` + jsonArray(s.ItemPath, strconv.Itoa) + `}`)
}
