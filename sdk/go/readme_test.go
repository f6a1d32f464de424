package esteira_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/esteiratest"
	"github.com/esteira/esteira/sdk/go/expr"
	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
)

// The snippets of README.md stand in these functions, line by line.

func newHello() model.Function {
	hello := model.Func("hello", func(cx *model.Context, name string) (string, error) {
		cx.Emit("greeted", "", model.JSON(`{}`))
		return "hello, " + name, nil
	})
	return hello
}

func runEmbedded(ctx context.Context, hello model.Function) error {
	plan := model.NewPlan().
		Step(model.NewStep("greet", "hello").MaxAttempts(5).Then("again")).
		Step(model.NewStep("again", "hello")).
		Build()
	trace, err := expr.NewRunner().Function(hello).Run(ctx, plan, model.JSON(`"world"`))
	if err != nil {
		return err
	}
	fmt.Print(trace)
	return nil
}

func serve(ctx context.Context, hello model.Function) error {
	served, err := worker.New(worker.Config{
		Endpoint:  "http://127.0.0.1:7440",
		Functions: []model.Function{hello},
		Slots:     8,
	})
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(ctx, syscall.SIGTERM, os.Interrupt)
	defer stop()
	return served.Run(ctx)
}

func Example_plan() {
	if err := runEmbedded(context.Background(), newHello()); err != nil {
		fmt.Println(err)
	}
	// Output:
	// job SUCCEEDED
	//   greet[] SUCCEEDED after 1 attempts
	//   again[] SUCCEEDED after 1 attempts
}

func Example_worker() {
	// Its context has ended: it stops at once.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(serve(ctx, newHello()))
	// Output: <nil>
}

func Example_errors() {
	failure := fmt.Errorf("order o-1: %w", model.Retryable("BUSY", "the store is %s", "closed").WithAfter(time.Minute))
	fmt.Println(errors.Is(failure, &model.Error{Code: "BUSY"}))
	// Output: true
}

func Example_testing() {
	hello := newHello()
	execution := esteiratest.New().Config(`{"polite":true}`).Attempt(2).Run(hello, model.JSON(`"world"`))
	fmt.Println(execution.Payloads(), execution.Err)
	fmt.Println(len(execution.Emits), len(execution.Checkpoints), len(execution.Logs))
	// Output:
	// ["hello, world"] <nil>
	// 1 0 0
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

func TestEverySnippetOfTheReadmeIsCompiledHere(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("readme_test.go")
	if err != nil {
		t.Fatal(err)
	}
	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	if len(blocks) != 5 {
		t.Fatalf("%d snippets", len(blocks))
	}
	for _, block := range blocks {
		indented := "\t" + strings.ReplaceAll(strings.TrimSuffix(block[1], "\n"), "\n", "\n\t") + "\n"
		if !strings.Contains(string(source), indented) {
			t.Errorf("not compiled:\n%s", block[1])
		}
	}
}
