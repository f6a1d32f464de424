package conformance_test

import (
	"encoding/json"
	"math/big"
	"regexp"
	"slices"
	"strings"

	"github.com/esteira/esteira/sdk/go/model"
)

const uuid = `[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}`

var (
	taskID    = regexp.MustCompile(`"task_id":"` + uuid + `"`)
	wholeUUID = regexp.MustCompile(`^` + uuid + `$`)
)

// Codes whose message the engine or an SDK writes, and not the function's author.
var ownWords = []string{"CONFIG_INVALID", "INPUT_INVALID", "JSON_INVALID", "OUTPUT_TYPE_MISMATCH", "RESULT_TOO_LARGE"}

// withoutIDs replaces the ids that a run made up.
func withoutIDs(text string) string { return taskID.ReplaceAllString(text, `"task_id":"<task>"`) }

// traceObject is a trace in the form of the vectors.
func traceObject(trace *model.Trace, rules []string) object {
	tasks, messages := []object{}, []object{}
	for _, task := range trace.Tasks {
		tasks = append(tasks, taskObject(task, rules))
	}
	for _, emit := range trace.Messages {
		messages = append(messages, object{"topic": emit.Topic, "key": keyText(emit.Key), "payload": payloadObject(emit.Payload)})
	}
	return object{
		"state": trace.State, "failure": failureObject(trace.Failure), "tasks": tasks, "results": payloadObjects(trace.Results),
		"messages": messages,
	}
}

func taskObject(task model.TracedTask, rules []string) object {
	verdicts := []object{}
	for _, verdict := range task.Verdicts {
		detail := verdict.Detail
		// Why the language of expressions cannot judge is said in its own words.
		if slices.Contains(rules, verdict.Policy) {
			detail, _, _ = strings.Cut(detail, ":")
		}
		verdicts = append(verdicts, object{
			"policy": verdict.Policy, "version": verdict.Version, "passed": verdict.Passed, "detail": detail,
		})
	}
	var input any
	if task.Input != nil {
		input = payloadObject(*task.Input)
	}
	return object{
		"plan": task.PlanName, "step": task.StepKey, "item": strings.ReplaceAll(task.ItemPath.String(), ".", "/"),
		"attempts": task.Attempts, "state": task.State, "input": input, "outputs": payloadObjects(task.Outputs),
		"verdicts": verdicts, "failure": failureObject(task.Failure),
	}
}

func payloadObjects(payloads []model.Payload) []object {
	objects := []object{}
	for _, payload := range payloads {
		objects = append(objects, payloadObject(payload))
	}
	return objects
}

func failureObject(failure *model.Failure) any {
	if failure == nil {
		return nil
	}
	written := object{"kind": failure.Kind, "code": failure.Code}
	if failure.Source == "kit.script" && !slices.Contains(ownWords, failure.Code) {
		written["message"] = failure.Message
	}
	return written
}

func keyText(key string) string {
	if wholeUUID.MatchString(key) {
		return "<job>"
	}
	return key
}

// isSameValue compares two JSON texts as values: numbers exactly, members of an object in any order.
func isSameValue(a, b string) bool {
	left, err := model.Decode[any](model.JSON(a))
	if err != nil {
		return false
	}
	right, err := model.Decode[any](model.JSON(b))
	return err == nil && isSame(left, right)
}

func isSame(a, b any) bool {
	switch a := a.(type) {
	case object:
		b, isObject := b.(object)
		if !isObject || len(a) != len(b) {
			return false
		}
		for key, value := range a {
			other, found := b[key]
			if !found || !isSame(value, other) {
				return false
			}
		}
		return true
	case []any:
		b, isList := b.([]any)
		return isList && slices.EqualFunc(a, b, isSame)
	case json.Number:
		b, isNumber := b.(json.Number)
		if a == b {
			return isNumber
		}
		left, isLeft := new(big.Rat).SetString(string(a))
		right, isRight := new(big.Rat).SetString(string(b))
		return isNumber && isLeft && isRight && left.Cmp(right) == 0
	default:
		return a == b
	}
}
