package model_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/esteira/esteira/sdk/go/expr"
	"github.com/esteira/esteira/sdk/go/model"
)

func fullScope(input string) *model.Scope {
	return &model.Scope{
		Input: model.JSON(input), Output: model.JSON(`{"n":2,"ok":true}`), ItemPath: model.ItemPath{0, 3},
		Steps: map[string]model.Payload{
			"fetch": model.JSON(`{"rows":7}`), "bin": model.Binary([]byte("\x00\xff")), "silent": {},
		},
		JobID: "0190b3f2-0000-7000-8000-000000000000", JobInput: model.JSON(`{"campaign":"july"}`),
		Labels: map[string]string{"team": "sales"}, DataClass: model.QA, ConfigJSON: `{"limit":10}`,
	}
}

func compact(t *testing.T, text string) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Compact(&out, []byte(text)); err != nil {
		t.Fatal(text, err)
	}
	return out.String()
}

// The coordinator's own vectors: what it renders and refuses is the truth.
func TestTemplates(t *testing.T) {
	text, err := os.ReadFile("../../../crates/expr/tests/vectors/templates.json")
	if err != nil {
		t.Fatal(err)
	}
	var vectors []struct {
		Name            string
		Input, Template json.RawMessage
		Result          json.RawMessage
		Error, Names    string
		CheckError      string `json:"check_error"`
	}
	if err := json.Unmarshal(text, &vectors); err != nil {
		t.Fatal(err)
	}
	for _, vector := range vectors {
		t.Run(vector.Name, func(t *testing.T) {
			payload, err := model.RenderTemplate(expr.NewEvaluator(), string(vector.Template), fullScope(string(vector.Input)))
			if vector.Error+vector.CheckError == "" {
				if err != nil {
					t.Fatal(err)
				}
				equal(t, compact(t, payload.String()), compact(t, string(vector.Result)))
				return
			}
			var problem *model.ExpressionError
			if !errors.As(err, &problem) {
				t.Fatalf("expected %s%s, found %v", vector.Error, vector.CheckError, payload)
			}
			equal(t, problem.Code, vector.Error+vector.CheckError)
			if !strings.Contains(problem.Message, vector.Names) {
				t.Fatalf("%s does not name %s", problem.Message, vector.Names)
			}
		})
	}
}

func TestALoneReferenceIsThePayloadItself(t *testing.T) {
	scope := fullScope(` {"a" : 1} `)
	for template, expected := range map[string]model.Payload{
		` {"$ref": "/input"} `: scope.Input, `{"$ref":"/steps/bin/output"}`: scope.Steps["bin"],
	} {
		payload, err := model.RenderTemplate(expr.NewEvaluator(), template, scope)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, payload, expected)
	}
}

func TestOutsideAFanOutThereIsNoItem(t *testing.T) {
	scope := &model.Scope{Input: model.JSON("1")}
	for _, template := range []string{
		`{"$ref":"/item"}`, `{"$ref":"/item/index"}`, `{"$ref":"/config/limit"}`, `{"$ref":"/job/input"}`,
		`{"$cel":"item.index"}`, `{"$cel":"config.limit"}`, `{"$cel":"job.input"}`,
	} {
		_, err := model.RenderTemplate(expr.NewEvaluator(), template, scope)
		var problem *model.ExpressionError
		if !errors.As(err, &problem) || problem.Code != model.CodeExpressionMissingPath {
			t.Errorf("%s: %v", template, err)
		}
	}
}
