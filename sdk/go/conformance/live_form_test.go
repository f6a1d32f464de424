package conformance_test

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/client"
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/types/known/durationpb"
)

var shortWait = durationpb.New(50 * time.Millisecond)

// distributedTrace is what public calls show of a job, in the form of a trace.
func distributedTrace(t *testing.T, ctx context.Context, calls *client.Client, job *esteirav1.Job, plan *model.Plan) *model.Trace {
	t.Helper()
	trace := &model.Trace{
		State: model.JobState(strings.TrimPrefix(job.GetState().String(), "JOB_STATE_")), Failure: failureIn(job.GetFailure()),
	}
	for _, payload := range job.GetResults() {
		trace.Results = append(trace.Results, client.PayloadIn(payload))
	}
	for _, listed := range listTasks(t, ctx, calls, job.GetJobId()) {
		response, err := calls.Jobs().GetTask(ctx, &esteirav1.GetTaskRequest{JobId: job.GetJobId(), TaskId: listed.GetTaskId()})
		if err != nil {
			t.Fatal(err)
		}
		trace.Tasks = append(trace.Tasks, taskIn(response.GetTask()))
	}
	slices.SortStableFunc(trace.Tasks, comparing(plan))
	return trace
}

func taskIn(task *esteirav1.Task) model.TracedTask {
	traced := model.TracedTask{
		StepKey: task.GetStepKey(), Attempts: len(task.GetAttempts()), Failure: failureIn(task.GetFailure()),
		State: model.TaskState(strings.TrimPrefix(task.GetState().String(), "TASK_STATE_")),
	}
	for _, index := range task.GetItemPath() {
		traced.ItemPath = append(traced.ItemPath, int(index))
	}
	if task.GetInput().GetData() != nil {
		input := client.PayloadIn(task.GetInput().GetData())
		traced.Input = &input
	}
	for _, output := range task.GetOutputs() {
		traced.Outputs = append(traced.Outputs, client.PayloadIn(output))
	}
	for _, verdict := range task.GetVerdicts() {
		traced.Verdicts = append(traced.Verdicts, model.Verdict{
			Policy: verdict.GetPolicy(), Version: verdict.GetVersion(), Passed: verdict.GetPassed(), Detail: verdict.GetDetail(),
		})
	}
	return traced
}

func failureIn(failure *esteirav1.Failure) *model.Failure {
	if failure == nil {
		return nil
	}
	return &model.Failure{
		Kind: model.FailureKind(strings.TrimPrefix(failure.GetKind().String(), "FAILURE_KIND_")), Code: failure.GetCode(),
		Message: failure.GetMessage(), Source: failure.GetSource(),
	}
}

// comparing orders tasks by step, then by item.
func comparing(plan *model.Plan) func(a, b model.TracedTask) int {
	step := func(task model.TracedTask) int {
		return slices.IndexFunc(plan.Steps, func(step model.Step) bool { return step.StepKey == task.StepKey })
	}
	return func(a, b model.TracedTask) int {
		return cmp.Or(cmp.Compare(step(a), step(b)), slices.Compare(a.ItemPath, b.ItemPath))
	}
}
