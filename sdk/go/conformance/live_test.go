package conformance_test

import (
	"bufio"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/client"
	"github.com/esteira/esteira/sdk/go/conformance"
	"github.com/esteira/esteira/sdk/go/expr"
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
)

const (
	// Longer than anything takes that works.
	livePatience = time.Minute
	workerRole   = "ESTEIRA_TEST_WORKER_OF"
	holdRole     = "ESTEIRA_TEST_WORKER_HOLDS"
)

// TestMain is also the worker process of the live test: it serves the kit and the function that holds.
func TestMain(m *testing.M) {
	endpoint := os.Getenv(workerRole)
	if endpoint == "" {
		os.Exit(m.Run())
	}
	served, err := worker.New(worker.Config{
		Endpoint: endpoint, Slots: 2, Functions: append(conformance.Functions(), holds(os.Getenv(holdRole) != "")),
	})
	if err == nil {
		err = served.Run(context.Background())
	}
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// holds returns its input, unless it holds: then it saves a checkpoint and never ends.
func holds(forever bool) model.Function {
	return model.Func("live.hold", func(cx *model.Context, input model.Payload) (model.Payload, error) {
		if forever {
			cx.Checkpoint(model.JSON(`"held"`))
			<-cx.Done()
		}
		if last, found := cx.LastCheckpoint(); found && last != model.JSON(`"held"`) {
			return input, model.NonRetryable("CHECKPOINT", "it is %s", last)
		}
		return input, nil
	})
}

// coordinatorBinary is what ESTEIRA_BIN names, or the debug build of this repository.
func coordinatorBinary(t *testing.T) string {
	t.Helper()
	name := os.Getenv("ESTEIRA_BIN")
	if name == "" {
		name = "../../../target/debug/esteira"
	}
	if _, err := os.Stat(name); err != nil {
		t.Fatalf("the coordinator is not built: %v", err)
	}
	return name
}

// startCoordinator starts a coordinator of its own and answers its address.
func startCoordinator(t *testing.T) string {
	t.Helper()
	command := exec.Command(coordinatorBinary(t), "dev", "--listen", "127.0.0.1:0", "--data-dir", filepath.Join(t.TempDir(), "data"))
	output, err := command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	command.Stderr = command.Stdout
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	lines := bufio.NewScanner(output)
	for lines.Scan() {
		if address, found := strings.CutPrefix(lines.Text(), "esteira: serving on "); found {
			go func() {
				for lines.Scan() {
					// What it says is read, so that it can go on.
				}
			}()
			return "http://" + address
		}
	}
	t.Fatal("the coordinator says no address")
	return ""
}

// startWorker starts this test's binary as a worker process.
func startWorker(t *testing.T, endpoint, hold string) *exec.Cmd {
	t.Helper()
	command := exec.Command(os.Args[0])
	command.Env = append(os.Environ(), workerRole+"="+endpoint, holdRole+"="+hold)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	return command
}

func livePlan() *model.Plan {
	return model.NewPlan().AggregateType("counter").Policy("small", "1", "size(value) < 10").
		Step(model.NewStep("fan", "kit.fan").Config(`{"items":["9007199254740993","[1.50]","\"é\\u0000\""]}`).Output(model.Multiple).Then("echo").OutputPolicy("known")).
		Step(model.NewStep("echo", "kit.echo").ThenIf("hold", "item.index != 1")).
		Step(model.NewStep("hold", "live.hold").With(func(step *model.Step) { step.LeaseTTL = time.Second }).Then("all")).
		Step(model.NewStep("all", "kit.raw").JoinAll().InputPolicy("small").Then("count")).
		Step(model.NewStep("count", "kit.counter").Input(`{"id":"c","version":0,"count":0}`).Config(`{"add":2}`).Then("fail")).
		Step(model.NewStep("fail", "kit.script").Config(`{"attempts":[[{"fail":{"code":"BAD","message":"never","retryable":false}}]]}`).OnFailure("caught")).
		Step(model.NewStep("caught", "kit.raw").Input(`{"code":{"$ref":"/input/failure/code"},"was":{"$ref":"/steps/all/output"}}`)).
		ObservingPolicy("known", "2", "type(value) != bytes").Build()
}

func TestADistributedTraceIsTheEmbeddedOneThoughAWorkerIsKilled(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), livePatience)
	defer cancel()
	endpoint := startCoordinator(t)
	calls, err := client.New(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer calls.Close()
	plan := livePlan()
	if _, err := calls.Plans().Publish(ctx, "live", model.DefinitionJSON(plan, "live")); err != nil {
		t.Fatal(err)
	}
	first := startWorker(t, endpoint, "forever")
	job, err := calls.Jobs().Start(ctx, "live", model.JSON(`{"start":1}`))
	if err != nil {
		t.Fatal(err)
	}
	awaitHeld(t, ctx, calls, job.GetJobId())
	// SIGKILL: no drain, no report, no word.
	if err := first.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	startWorker(t, endpoint, "")
	ended, err := calls.Jobs().Wait(ctx, job.GetJobId())
	if err != nil {
		t.Fatal(err)
	}
	embedded, err := expr.NewRunner().SkipWaits().Function(append(conformance.Functions(), holds(false))...).
		Run(ctx, plan, model.JSON(`{"start":1}`))
	if err != nil {
		t.Fatal(err)
	}
	rules := []string{"small", "known"}
	distributed := distributedTrace(t, ctx, calls, ended, plan)
	// Both of the held tasks were begun twice, and nothing else differs.
	for i := range embedded.Tasks {
		if embedded.Tasks[i].StepKey == "hold" {
			embedded.Tasks[i].Attempts = 2
		}
	}
	// The order in which tasks ended is not shown by public calls.
	slices.SortStableFunc(embedded.Tasks, comparing(plan))
	embedded.Messages = nil
	found, expected := asJSON(t, traceObject(distributed, rules)), asJSON(t, traceObject(embedded, rules))
	if difference := firstDifference("embedded", expected, found); difference != "" {
		t.Fatalf("%s\nembedded:\n%s\ndistributed:\n%s", difference, embedded, distributed)
	}
	if len(embedded.Tasks) != 10 || distributed.State != model.JobSucceeded {
		t.Fatalf("the plan did something else:\n%s", embedded)
	}
}

func TestAJobIsTracedAndVerified(t *testing.T) {
	ctx, cancel := context.WithTimeout(context.Background(), livePatience)
	defer cancel()
	endpoint := startCoordinator(t)
	calls, err := client.New(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	defer calls.Close()
	plan := model.NewPlan().Step(model.NewStep("only", "kit.raw")).Build()
	if _, err := calls.Plans().Publish(ctx, "echo", model.DefinitionJSON(plan, "echo")); err != nil {
		t.Fatal(err)
	}
	startWorker(t, endpoint, "")
	const text = `{"n":9007199254740993}`
	job, err := calls.Jobs().Run(ctx, "echo", model.JSON(text))
	if err != nil {
		t.Fatal(err)
	}
	traced, err := calls.Traces().TraceJob(ctx, &esteirav1.TraceJobRequest{JobId: job.GetJobId()})
	if err != nil || len(traced.GetTrace().GetSteps()) != 1 {
		t.Fatal(traced, err)
	}
	chain, err := calls.Audit().VerifyJob(ctx, &esteirav1.VerifyJobRequest{JobId: job.GetJobId()})
	if err != nil || chain.GetVerification().GetChecked() != 3 || chain.GetVerification().GetFailed() != 0 {
		t.Fatal(chain, err)
	}
	digest := sha256.Sum256([]byte(text))
	found, err := calls.Traces().TraceArtifact(ctx, &esteirav1.TraceArtifactRequest{Sha256: digest[:]})
	if err != nil || len(found.GetArtifacts()) == 0 || found.GetArtifacts()[0].GetJobId() != job.GetJobId() {
		t.Fatal(found, err)
	}
	verdict := func(content string) esteirav1.Verdict {
		artifact := &esteirav1.ArtifactSelector{
			JobId: job.GetJobId(), Body: &esteirav1.ArtifactSelector_Sha256{Sha256: digest[:]},
		}
		answer, err := calls.Audit().VerifyArtifact(ctx, &esteirav1.VerifyArtifactRequest{
			Artifact: artifact, Content: []byte(content), Plan: "echo",
		})
		if err != nil {
			t.Fatal(err)
		}
		return answer.GetVerification().GetVerdict()
	}
	clean := []esteirav1.Verdict{esteirav1.Verdict_VERDICT_VALID, esteirav1.Verdict_VERDICT_VALID_NOT_ANCHORED}
	if first := verdict(text); !slices.Contains(clean, first) {
		t.Fatal(first)
	}
	if second := verdict(text + " "); second != esteirav1.Verdict_VERDICT_MISMATCH_CONTENT {
		t.Fatal(second)
	}
}

// awaitHeld waits until both tasks that hold are with the worker.
func awaitHeld(t *testing.T, ctx context.Context, calls *client.Client, jobID string) {
	t.Helper()
	for {
		held := 0
		for _, task := range listTasks(t, ctx, calls, jobID) {
			if task.GetStepKey() == "hold" && task.GetState() == esteirav1.TaskState_TASK_STATE_LEASED {
				held++
			}
		}
		if held == 2 {
			return
		}
		// The coordinator says when something happens; until then there is nothing to do.
		if _, err := calls.Jobs().AwaitJob(ctx, &esteirav1.AwaitJobRequest{JobId: jobID, Wait: shortWait}); err != nil {
			t.Fatal(err)
		}
	}
}

func listTasks(t *testing.T, ctx context.Context, calls *client.Client, jobID string) []*esteirav1.Task {
	t.Helper()
	response, err := calls.Jobs().ListTasks(ctx, &esteirav1.ListTasksRequest{JobId: jobID, PageSize: 500})
	if err != nil {
		t.Fatal(err)
	}
	return response.GetTasks()
}
