package model_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

func everything(step *model.StepBuilder) *model.StepBuilder {
	retry := model.DefaultRetry()
	retry.MaxAttempts, retry.InitialBackoff, retry.Jitter, retry.NonRetryableCodes = 7, 1500*time.Millisecond, 0.5, []string{"BAD"}
	return step.Config(`{"n":9007199254740993}`).Input(`{"$ref":"/input"}`).Output(model.Multiple).
		Then("b").ThenIf("c", "output.s == \"a\\\"\nb\"").FirstMatch().Retry(retry).
		ExecutionTimeout(90 * time.Second).OnFailure("c").ExclusiveAggregate().InputPolicy("small").OutputPolicy("small").
		With(func(step *model.Step) {
			step.Queue, step.MaxInFlight, step.LeaseTTL, step.FunctionVersion = "slow", 3, 5*time.Second, "2"
		})
}

func TestADocumentReadsBackAsTheSamePlan(t *testing.T) {
	for _, builder := range []*model.PlanBuilder{
		model.NewPlan().Step(model.NewStep("a", "f")),
		model.NewPlan().AggregateType("order").StartSteps("a").Policy("small", "1", "value < 10").
			ObservingPolicy("odd", "", "value % 2 == 1").
			Step(everything(model.NewStep("a", "order.read"))).
			Step(model.NewCondition("b").Then("c")).
			Step(model.NewWait("c", time.Hour).Then("d")).
			Step(model.NewSubPlan("d", "orders.child").Then("e")).
			Step(model.NewStep("e", "f").JoinAll()),
		model.NewPlan().Step(model.NewStep("a", "f")).Step(model.NewStep("b", "f").DependsOn("a")),
	} {
		plan := builder.Build()
		document := model.DefinitionJSON(plan, "orders.fulfil")
		parsed, err := model.ParsePlan(document)
		if err != nil {
			t.Fatal(document, err)
		}
		if parsed.Name != "orders.fulfil" || !reflect.DeepEqual(parsed.Plan, plan) {
			t.Errorf("%s\nread    %+v\nwritten %+v", document, parsed.Plan, plan)
		}
	}
}

func TestEverythingThatIsWrongWithADocumentIsNamed(t *testing.T) {
	for document, expected := range map[string]string{
		`{`:                                 "JSON_INVALID",
		`[]`:                                "FIELD_TYPE",
		`{}`:                                "/name FIELD_REQUIRED /steps FIELD_REQUIRED",
		`{"name":"A","steps":[],"color":1}`: "/name NAME_INVALID /color FIELD_UNKNOWN",
		`{"name":"a","steps":[{"step_key":"a"}]}`:                                              "/steps/0 RUN_AMBIGUOUS",
		`{"name":"a","steps":[{"step_key":"a","function":"wait","config":{"duration":"1d"}}]}`: "/steps/0/config/duration DURATION_INVALID",
		`{"name":"a","steps":[{"step_key":"a","function":"f","retry":{"max_attempts":0}}]}`:    "/steps/0/retry/max_attempts NUMBER_OUT_OF_RANGE",
	} {
		_, err := model.ParsePlan(document)
		var wrong *model.PlanError
		if !errors.As(err, &wrong) {
			t.Fatal(document, err)
		}
		found := []string{}
		for _, issue := range wrong.Issues {
			found = append(found, strings.TrimSpace(issue.Path+" "+issue.Code))
		}
		if strings.Join(found, " ") != expected {
			t.Errorf("%s: %v, expected %s", document, found, expected)
		}
	}
}

func TestDurationsOfDocuments(t *testing.T) {
	for text, ms := range map[string]int64{
		"250ms": 250, "5s": 5_000, "2m": 120_000, "1h30m": 5_400_000, "1h2m3s4ms": 3_723_004, "1h4ms": 3_600_004, "0s": 0, "007s": 7_000,
	} {
		read, err := model.ParseDuration(text)
		if err != nil || read.Milliseconds() != ms {
			t.Errorf("%s: %v %v", text, read, err)
		}
	}
	for _, text := range []string{
		"", "5", "s", "5 s", " 5s", "-5s", "1.5s", "5S", "5d", "30m1h", "1s1s", "PT5S", "5µs", "٥s", "99999999999999999999s",
		"18446744073709551615h",
	} {
		if read, err := model.ParseDuration(text); err == nil {
			t.Errorf("%q reads as %v", text, read)
		}
	}
}
