package model_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/expr"
	"github.com/esteira/esteira/sdk/go/model"
)

func number(name string, change func(int64) int64) model.Function {
	return model.Func(name, func(_ *model.Context, n int64) (int64, error) { return change(n), nil })
}

// count makes the numbers from 0 up to the input.
func count() model.Function {
	return model.FuncMultiple("count", func(_ *model.Context, n int64) ([]int64, error) {
		items := []int64{}
		for i := range n {
			items = append(items, i)
		}
		return items, nil
	})
}

func echo() model.Function {
	return model.Func("echo", func(_ *model.Context, input model.Payload) (model.Payload, error) { return input, nil })
}

func runner(more ...model.Function) *model.Runner {
	return expr.NewRunner().SkipWaits().Function(
		number("add", func(n int64) int64 { return n + 1 }), number("double", func(n int64) int64 { return n * 2 }), count(), echo(),
	).Function(more...)
}

func texts(payloads []model.Payload) string {
	all := []string{}
	for _, payload := range payloads {
		all = append(all, payload.String())
	}
	return strings.Join(all, " ")
}

func run(t *testing.T, runner *model.Runner, plan *model.PlanBuilder, input string) *model.Trace {
	t.Helper()
	trace, err := runner.Run(context.Background(), plan.Build(), model.JSON(input))
	if err != nil {
		t.Fatalf("a valid plan: %v", err)
	}
	return trace
}

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("found %v, expected %v", found, expected)
	}
}

func TestStepsFollowOneAnother(t *testing.T) {
	trace := run(t, runner(), model.NewPlan().Step(model.NewStep("a", "add").Then("b")).Step(model.NewStep("b", "double")), "3")
	equal(t, trace.State, model.JobSucceeded)
	equal(t, texts(trace.Results), "8")
	equal(t, trace.Tasks[0].StepKey+trace.Tasks[1].StepKey, "ab")
	equal(t, *trace.Tasks[1].Input, model.JSON("4"))
}

func TestAFanOutJoinsInOrder(t *testing.T) {
	plan := model.NewPlan().
		Step(model.NewStep("count", "count").Output(model.Multiple).Then("double")).
		Step(model.NewStep("double", "double").Then("all")).
		Step(model.NewStep("all", "echo").JoinAll())
	trace := run(t, runner(), plan, "4")
	equal(t, texts(trace.Results), "[0,2,4,6]")
	paths := ""
	for _, task := range trace.Step("double") {
		paths += task.ItemPath.String() + " "
	}
	equal(t, paths, "0 1 2 3 ")
	empty := run(t, runner(), plan, "0")
	equal(t, texts(empty.Results), "[]")
	equal(t, empty.Step("double")[0].State, model.TaskSkipped)
}

func TestConditionsAndTemplatesDecideAndBuild(t *testing.T) {
	plan := model.NewPlan().
		Step(model.NewCondition("which").FirstMatch().ThenIf("small", "input < 10").Then("large")).
		Step(model.NewStep("small", "echo").Input(`{"small":{"$ref":"/input"}}`)).
		Step(model.NewStep("large", "echo").Input(`{"large":{"$ref":"/input"}}`))
	equal(t, texts(run(t, runner(), plan, "3").Results), `{"small":3}`)
	equal(t, texts(run(t, runner(), plan, "30").Results), `{"large":30}`)
}

func TestAWaitPassesItsInputOnAndIsSkippedInTests(t *testing.T) {
	plan := model.NewPlan().Step(model.NewWait("night", 8*time.Hour).Then("a")).Step(model.NewStep("a", "add"))
	equal(t, texts(run(t, runner(), plan, "1").Results), "2")
}

func TestFailuresAreTriedAgainWithTheCheckpointUntilTheySucceed(t *testing.T) {
	flaky := model.Func("flaky", func(cx *model.Context, _ model.Payload) (model.Payload, error) {
		before, _ := cx.LastCheckpoint()
		if cx.Attempt() < 3 {
			cx.Checkpoint(model.JSON(fmt.Sprintf(`"attempt %d"`, cx.Attempt())))
			return before, model.Retryable("BUSY", "later")
		}
		return before, nil
	})
	trace := run(t, runner(flaky), model.NewPlan().Step(model.NewStep("a", "flaky")), "1")
	equal(t, texts(trace.Results), `"attempt 2"`)
	equal(t, trace.Tasks[0].Attempts, 3)
}

func TestAFailureEndsTheJobOrGoesWhereThePlanSays(t *testing.T) {
	bad := model.Func("bad", func(*model.Context, model.Payload) (int, error) {
		return 0, model.NonRetryable("BAD", "never")
	})
	trace := run(t, runner(bad), model.NewPlan().Step(model.NewStep("a", "bad").Then("b")).Step(model.NewStep("b", "echo")), "1")
	equal(t, trace.State, model.JobFailed)
	equal(t, len(trace.Tasks), 1)
	equal(t, trace.Failure.Code, "BAD")
	caught := model.NewPlan().Step(model.NewStep("a", "bad").OnFailure("c")).Step(model.NewStep("c", "echo"))
	trace = run(t, runner(bad), caught, "1")
	equal(t, trace.State, model.JobSucceeded)
	if !strings.Contains(texts(trace.Results), `"code":"BAD"`) {
		t.Fatal(texts(trace.Results))
	}
}

func TestAPanicAndAWrongOutputFailTheTaskAndNotTheProcess(t *testing.T) {
	for name, function := range map[string]model.Function{
		"UNHANDLED":            model.FuncNone("f", func(*model.Context, model.Payload) error { panic("oh") }),
		"OUTPUT_TYPE_MISMATCH": model.FuncNone("f", func(*model.Context, model.Payload) error { return nil }),
		"JSON_INVALID": model.Func("f", func(*model.Context, model.Payload) (model.Payload, error) {
			return model.JSON("{"), nil
		}),
	} {
		trace := run(t, runner(function), model.NewPlan().Step(model.NewStep("a", "f").MaxAttempts(2)), "1")
		equal(t, trace.Failure.Code, name)
		equal(t, trace.Tasks[0].Attempts, map[bool]int{true: 2, false: 1}[name == "UNHANDLED"])
	}
}

func TestAnExecutionTimeoutEndsAnAttemptInRealTime(t *testing.T) {
	hangs := model.Func("hangs", func(cx *model.Context, _ model.Payload) (int, error) {
		<-cx.Done()
		return 0, context.Cause(cx)
	})
	plan := model.NewPlan().Step(model.NewStep("a", "hangs").MaxAttempts(1).ExecutionTimeout(5 * time.Millisecond))
	trace := run(t, expr.NewRunner().Function(hangs), plan, "1")
	equal(t, trace.Failure.Code, "EXECUTION_TIMEOUT")
}

func TestARunEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(context.Background())
	why := errors.New("enough")
	stops := model.Func("stops", func(cx *model.Context, _ model.Payload) (int, error) {
		cancel(why)
		<-cx.Done()
		return 0, nil
	})
	_, err := runner(stops).Run(ctx, model.NewPlan().Step(model.NewStep("a", "stops")).Build(), model.JSON("1"))
	if !errors.Is(err, why) {
		t.Fatal(err)
	}
}

func TestASubPlanIsPartOfTheTrace(t *testing.T) {
	child := model.NewPlan().Step(model.NewStep("a", "add").Then("b")).Step(model.NewStep("b", "double")).Build()
	plan := model.NewPlan().Step(model.NewSubPlan("nested", "child").Then("last")).Step(model.NewStep("last", "add"))
	trace := run(t, runner().Plan("child", child), plan, "1")
	equal(t, texts(trace.Results), "5")
	places := ""
	for _, task := range trace.Tasks {
		places += task.PlanName + "." + task.StepKey + " "
	}
	equal(t, places, "child.a child.b .nested .last ")
}

func TestPoliciesJudgeAndMessagesAreKeptWithSuccessOnly(t *testing.T) {
	speaks := model.Func("speaks", func(cx *model.Context, input model.Payload) (model.Payload, error) {
		cx.Emit("said", "", input)
		if cx.Attempt() < 2 {
			return input, model.Retryable("AGAIN", "")
		}
		return input, nil
	})
	plan := model.NewPlan().Policy("small", "1", "value < 10").Step(model.NewStep("a", "speaks").OutputPolicy("small"))
	trace := run(t, runner(speaks), plan, "3")
	equal(t, len(trace.Messages), 1)
	equal(t, trace.Tasks[0].Verdicts[0].Passed, true)
	equal(t, trace.Messages[0].Key, trace.JobID)
	trace = run(t, runner(speaks), plan, "30")
	equal(t, len(trace.Messages), 0)
	equal(t, trace.Failure.Code, "POLICY_VIOLATION")
}

func TestWhatCannotRunIsSaidBeforeItRuns(t *testing.T) {
	fails := func(plan *model.PlanBuilder, input string) error {
		_, err := runner().Run(context.Background(), plan.Build(), model.JSON(input))
		return err
	}
	var missing *model.FunctionMissingError
	if err := fails(model.NewPlan().Step(model.NewStep("a", "nobody")), "1"); !errors.As(err, &missing) || missing.Names[0] != "nobody" {
		t.Fatal(err)
	}
	var wrong *model.PlanError
	for _, plan := range []*model.PlanBuilder{
		model.NewPlan().Step(model.NewStep("a", "echo").Then("b")), model.NewPlan().Step(model.NewSubPlan("a", "none")),
	} {
		if err := fails(plan, "1"); !errors.As(err, &wrong) {
			t.Fatal(err)
		}
	}
	var input *model.InputError
	if err := fails(model.NewPlan().Step(model.NewStep("a", "echo")), "{"); !errors.As(err, &input) {
		t.Fatal(err)
	}
	endless := model.NewPlan().Step(model.NewSubPlan("a", "self")).Build()
	if _, err := runner().Plan("self", endless).Run(context.Background(), endless, model.JSON("1")); !errors.Is(err, model.ErrTooDeep) {
		t.Fatal(err)
	}
}

func TestAStartThatTheCoordinatorWouldNotTakeIsRefused(t *testing.T) {
	plan := model.NewPlan().Step(model.NewStep("a", "echo")).Build()
	start := func(bytes int) error {
		_, err := runner().Run(context.Background(), plan, model.Binary(make([]byte, bytes)))
		return err
	}
	var input *model.InputError
	if err := start(model.PayloadBytesMax); err != nil {
		t.Fatal(err)
	}
	if err := start(model.PayloadBytesMax + 1); !errors.As(err, &input) {
		t.Fatal(err)
	}
}

func TestTwoRunsGiveTheSameTrace(t *testing.T) {
	plan := model.NewPlan().
		Step(model.NewStep("count", "count").Output(model.Multiple).Then("add").Then("double")).
		Step(model.NewStep("add", "add").Then("all")).
		Step(model.NewStep("double", "double").Then("all")).
		Step(model.NewStep("all", "echo").JoinAll())
	first, second := run(t, runner(), plan, "3"), run(t, runner(), plan, "3")
	equal(t, first.String(), second.String())
	equal(t, texts(second.Results), "[1,0,2,2,3,4]")
	if !slices.EqualFunc(first.Tasks, second.Tasks, func(a, b model.TracedTask) bool {
		return texts(a.Outputs) == texts(b.Outputs)
	}) {
		t.Fatal("the outputs differ")
	}
}

func TestEarlierStepsAreReadOnTheSameBranch(t *testing.T) {
	plan := model.NewPlan().
		Step(model.NewStep("count", "count").Output(model.Multiple).Then("add")).
		Step(model.NewStep("add", "add").ThenIf("pass", "steps.count.output > 0")).
		Step(model.NewCondition("pass").Then("build")).
		Step(model.NewStep("build", "echo").Input(`[{"$ref":"/steps/count/output"},{"$cel":"steps.add.output * item.index"}]`).Then("all")).
		Step(model.NewStep("all", "echo").JoinAll())
	equal(t, texts(run(t, runner(), plan, "3").Results), "[[1,2],[2,6]]")
}
