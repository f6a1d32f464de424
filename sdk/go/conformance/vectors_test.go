package conformance_test

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/conformance"
	"github.com/esteira/esteira/sdk/go/esteiratest"
	"github.com/esteira/esteira/sdk/go/expr"
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/proto"
)

// vectorsDir is tests/vectors of the repository, or what ESTEIRA_VECTORS names. A folder that is not there is an error.
func vectorsDir() string {
	if dir := os.Getenv("ESTEIRA_VECTORS"); dir != "" {
		return dir
	}
	return "../../../tests/vectors"
}

// vectorCase is a case of any kind; tests/vectors/README.md says which fields each kind has.
type vectorCase struct {
	Kind      string
	Name      string
	Plan      string
	Plans     map[string]string
	Start     *vectorStart
	Template  string
	Variables struct {
		Input  *string
		Steps  map[string]string
		Item   []int
		Config string
		Job    *struct {
			ID, Input string
			Labels    map[string]string
			DataClass string `json:"data_class"`
		}
	}
	Payload vectorPayload
	Raised  struct {
		Type, Code, Message string
		AfterMS             *int64 `json:"after_ms"`
	}
	TextUnit string `json:"text_unit"`
	Count    int
	Limit    int
	Text     string
	JSON     string
	Enum     string
	Number   int32
	Expected json.RawMessage
}

type vectorStart struct {
	Input     vectorPayload
	Aggregate *struct {
		Type, ID string
		Version  int64
	}
	Operator, Account string
	Headers, Labels   map[string]string
}

type vectorPayload struct {
	JSON   *string `json:"json,omitempty"`
	Binary *[]byte `json:"binary,omitempty"`
	None   bool    `json:"none,omitempty"`
}

func (p vectorPayload) model() model.Payload {
	switch {
	case p.JSON != nil:
		return model.JSON(*p.JSON)
	case p.Binary != nil:
		return model.Binary(*p.Binary)
	default:
		return model.Payload{}
	}
}

// object is a value as it stands in a vector.
type object = map[string]any

// The runners of each kind: what came, in the form of expected.
var kinds = map[string]func(vectorCase) (any, error){
	"trace": runTrace, "refused": runRefused, "template": runTemplate, "digest": runDigest, "error": runError,
	"truncate": runTruncate, "duration": runDuration, "echo": runEcho, "enum": runEnum, "document": runDocument,
}

func TestVectors(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(vectorsDir(), "*.json"))
	if err != nil || len(names) == 0 {
		t.Fatalf("there are no vectors in %s: %v", vectorsDir(), err)
	}
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		var file struct {
			About string
			Cases []vectorCase
		}
		if err := json.Unmarshal(text, &file); err != nil || len(file.Cases) == 0 {
			t.Fatalf("%s: %d cases: %v", name, len(file.Cases), err)
		}
		t.Run(strings.TrimSuffix(filepath.Base(name), ".json"), func(t *testing.T) {
			for _, vector := range file.Cases {
				t.Run(vector.Name, func(t *testing.T) { checkVector(t, vector) })
			}
		})
	}
}

func checkVector(t *testing.T, vector vectorCase) {
	run := kinds[vector.Kind]
	if run == nil {
		t.Fatalf("the kind %q is not known", vector.Kind)
	}
	found, err := run(vector)
	if err != nil {
		t.Fatal(err)
	}
	if difference := firstDifference("expected", asJSON(t, vector.Expected), asJSON(t, found)); difference != "" {
		t.Fatal(difference)
	}
}

func asJSON(t *testing.T, value any) any {
	t.Helper()
	text, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	read, err := model.Decode[any](model.JSON(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return read
}

// firstDifference names the first field that differs. A message that is not expected is not compared.
func firstDifference(path string, expected, found any) string {
	switch expected := expected.(type) {
	case object:
		given, isObject := found.(object)
		if !isObject {
			break
		}
		var keys []string
		for key := range expected {
			keys = append(keys, key)
		}
		for key := range given {
			if _, isExpected := expected[key]; !isExpected && key != "message" {
				keys = append(keys, key)
			}
		}
		slices.Sort(keys)
		for _, key := range keys {
			wanted, isWanted := expected[key]
			came, isThere := given[key]
			if isWanted != isThere {
				return fmt.Sprintf("%s/%s: expected %v (there: %v), found %v (there: %v)", path, key, wanted, isWanted, came, isThere)
			}
			if difference := firstDifference(path+"/"+key, wanted, came); difference != "" {
				return difference
			}
		}
		return ""
	case []any:
		given, isList := found.([]any)
		if !isList {
			break
		}
		for i := range max(len(expected), len(given)) {
			if i >= len(expected) || i >= len(given) {
				return fmt.Sprintf("%s: expected %d elements, found %d: %v", path, len(expected), len(given), given)
			}
			if difference := firstDifference(fmt.Sprintf("%s/%d", path, i), expected[i], given[i]); difference != "" {
				return difference
			}
		}
		return ""
	default:
		if expected == found {
			return ""
		}
	}
	return fmt.Sprintf("%s: expected %v, found %v", path, expected, found)
}

// start runs a case with the kit's functions, with pauses skipped.
func (v vectorCase) run() (*model.Trace, []string, error) {
	document, err := model.ParsePlan(v.Plan)
	if err != nil {
		return nil, nil, err
	}
	runner := expr.NewRunner().SkipWaits().Function(conformance.Functions()...)
	rules := policyNames(document.Plan)
	for name, text := range v.Plans {
		child, err := model.ParsePlan(text)
		if err != nil {
			return nil, nil, err
		}
		runner.Plan(name, child.Plan)
		rules = append(rules, policyNames(child.Plan)...)
	}
	start := model.Start{Data: model.JSON("null")}
	if v.Start != nil {
		start = model.Start{
			Data: v.Start.Input.model(), Actor: model.Actor{UserID: v.Start.Operator, AccountID: v.Start.Account},
			Headers: v.Start.Headers, Labels: v.Start.Labels,
		}
		if moved := v.Start.Aggregate; moved != nil {
			start.Aggregate = &model.AggregateRef{Kind: moved.Type, ID: moved.ID, Version: moved.Version}
		}
	}
	trace, err := runner.RunFrom(context.Background(), document.Plan, start)
	return trace, rules, err
}

func policyNames(plan *model.Plan) (names []string) {
	for _, policy := range plan.Policies {
		names = append(names, policy.Name)
	}
	return names
}

func runTrace(v vectorCase) (any, error) {
	trace, rules, err := v.run()
	if err != nil {
		return nil, err
	}
	return traceObject(trace, rules), nil
}

func runRefused(v vectorCase) (any, error) {
	trace, _, err := v.run()
	var wrong *model.PlanError
	var missing *model.FunctionMissingError
	var input *model.InputError
	switch {
	case err == nil:
		return nil, fmt.Errorf("nothing refuses it: %s", trace)
	case errors.As(err, &missing):
		return object{"error": "FUNCTION_MISSING"}, nil
	case errors.As(err, &input):
		return object{"error": "INPUT_INVALID"}, nil
	case errors.Is(err, model.ErrTooDeep):
		return object{"error": "TOO_DEEP"}, nil
	case !errors.As(err, &wrong):
		return nil, err
	}
	issues := [][2]string{}
	for _, issue := range wrong.Issues {
		if !issue.Warning {
			issues = append(issues, [2]string{issue.Path, issue.Code})
		}
	}
	slices.SortFunc(issues, func(a, b [2]string) int { return slices.Compare(a[:], b[:]) })
	list := []object{}
	for _, issue := range issues {
		list = append(list, object{"path": issue[0], "code": issue[1]})
	}
	return object{"error": "PLAN_INVALID", "issues": list}, nil
}

func runTemplate(v vectorCase) (any, error) {
	scope := &model.Scope{ItemPath: v.Variables.Item, Steps: map[string]model.Payload{}, ConfigJSON: v.Variables.Config, DataClass: model.DevTest}
	if v.Variables.Input != nil {
		scope.Input = model.JSON(*v.Variables.Input)
	}
	for key, text := range v.Variables.Steps {
		scope.Steps[key] = model.JSON(text)
	}
	if job := v.Variables.Job; job != nil {
		scope.JobID, scope.JobInput, scope.Labels = job.ID, model.JSON(job.Input), job.Labels
		if job.DataClass != "" {
			scope.DataClass = model.DataClass(job.DataClass)
		}
	}
	payload, err := model.RenderTemplate(expr.NewEvaluator(), v.Template, scope)
	var problem *model.ExpressionError
	switch {
	case err == nil:
		text, _ := payload.JSON()
		return object{"json": text}, nil
	case !errors.As(err, &problem):
		return nil, err
	}
	refusal := object{"error": problem.Code}
	if path, isPath := strings.CutPrefix(problem.Message, "missing path "); isPath && strings.HasPrefix(path, "/") {
		refusal["path"] = path
	}
	return refusal, nil
}

func runDigest(v vectorCase) (any, error) {
	digest := v.Payload.model().SHA256()
	return object{"sha256": hex.EncodeToString(digest[:])}, nil
}

func runError(v vectorCase) (any, error) {
	var raised *model.Error
	switch v.Raised.Type {
	case "retryable":
		raised = model.Retryable(v.Raised.Code, "%s", v.Raised.Message)
	case "non_retryable":
		raised = model.NonRetryable(v.Raised.Code, "%s", v.Raised.Message)
	case "other":
		raised = model.AsError(errors.New(v.Raised.Message))
	case "input_invalid":
		raised = model.InputInvalid("%s", v.Raised.Message)
	case "config_invalid":
		raised = model.ConfigInvalid("%s", v.Raised.Message)
	default:
		return nil, fmt.Errorf("the type %q is not known", v.Raised.Type)
	}
	if v.Raised.AfterMS != nil {
		raised = raised.WithAfter(time.Duration(*v.Raised.AfterMS) * time.Millisecond)
	}
	failure := raised.Failure("kit.script")
	reported := object{"kind": failure.Kind, "code": failure.Code, "message": failure.Message}
	if failure.RetryAfter != nil {
		reported["retry_after_ms"] = failure.RetryAfter.Milliseconds()
	}
	return reported, nil
}

func runTruncate(v vectorCase) (any, error) {
	text := strings.Repeat(v.TextUnit, v.Count)
	failure := model.Failure{Message: text, StackTrace: text}
	failure.Truncate()
	left := map[int]string{model.FailureMessageBytesMax: failure.Message, model.FailureStackBytesMax: failure.StackTrace}[v.Limit]
	if !strings.HasPrefix(text, left) {
		return nil, errors.New("what is left is not a beginning")
	}
	return object{"bytes": len(left)}, nil
}

func runDuration(v vectorCase) (any, error) {
	millis, err := model.ParseMillis(v.Text)
	if err != nil {
		return object{"error": true}, nil
	}
	return object{"ms": millis}, nil
}

func runDocument(v vectorCase) (any, error) {
	document, err := model.ParsePlan(v.Plan)
	if err != nil {
		return nil, err
	}
	return object{"document": model.DefinitionJSON(document.Plan, document.Name)}, nil
}

// runEcho answers what is expected where that holds: a case may allow two things.
func runEcho(v vectorCase) (any, error) {
	var expected struct {
		SameValue   bool   `json:"same_value"`
		SameValueOr string `json:"same_value_or"`
		Error       string
	}
	if err := json.Unmarshal(v.Expected, &expected); err != nil {
		return nil, err
	}
	var echo model.Function
	for _, function := range conformance.Functions() {
		if function.Spec().Name == "kit.echo" {
			echo = function
		}
	}
	execution := esteiratest.New().Run(echo, model.JSON(v.JSON))
	if code := execution.Code(); code != "" {
		if code == expected.SameValueOr {
			return v.Expected, nil
		}
		return object{"error": code}, nil
	}
	text, _ := execution.Payloads()[0].JSON()
	isSame := isSameValue(v.JSON, text)
	if isSame && expected.SameValueOr != "" {
		return v.Expected, nil
	}
	return object{"same_value": isSame}, nil
}

// runEnum: a number that the enum does not have survives decoding and encoding.
func runEnum(v vectorCase) (any, error) {
	var message proto.Message
	switch v.Enum {
	case "esteira.v1.JobState":
		message = &esteirav1.Job{State: esteirav1.JobState(v.Number)}
	case "esteira.v1.TaskState":
		message = &esteirav1.Task{State: esteirav1.TaskState(v.Number)}
	case "esteira.v1.WaitReason":
		message = &esteirav1.Task{WaitReason: esteirav1.WaitReason(v.Number)}
	case "esteira.v1.FailureKind":
		message = &esteirav1.Failure{Kind: esteirav1.FailureKind(v.Number)}
	case "esteira.v1.OutputType":
		message = &esteirav1.FunctionSpec{OutputType: esteirav1.OutputType(v.Number)}
	case "esteira.v1.Lineage.Kind":
		message = &esteirav1.Lineage{Kind: esteirav1.Lineage_Kind(v.Number)}
	case "esteira.v1.WorkerDirective":
		message = &esteirav1.LeaseTasksResponse{Directive: esteirav1.WorkerDirective(v.Number)}
	case "esteira.v1.LeaseStatus":
		message = &esteirav1.LeaseVerdict{Status: esteirav1.LeaseStatus(v.Number)}
	default:
		return nil, fmt.Errorf("no message with the enum %s is known here", v.Enum)
	}
	encoded, err := proto.Marshal(message)
	if err != nil {
		return nil, err
	}
	decoded := message.ProtoReflect().New().Interface()
	if err := proto.Unmarshal(encoded, decoded); err != nil {
		return nil, err
	}
	again, err := proto.Marshal(decoded)
	if err != nil {
		return nil, err
	}
	// Asked for its text, an unknown number must not crash.
	kept := len(encoded) > 0 && slices.Equal(again, encoded) && proto.Equal(decoded, message) && fmt.Sprint(decoded) != ""
	return object{"kept": kept}, nil
}

func payloadObject(payload model.Payload) object {
	switch payload.Kind() {
	case model.JSONData:
		text, _ := payload.JSON()
		return object{"json": withoutIDs(text)}
	case model.BinaryData:
		return object{"binary": base64.StdEncoding.EncodeToString(payload.Bytes())}
	default:
		return object{"none": true}
	}
}
