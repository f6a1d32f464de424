// Command worker serves one function to a coordinator until SIGTERM or Ctrl-C.
//
//	go run ./examples/worker http://127.0.0.1:7440
package main

import (
	"context"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
)

func main() {
	endpoint := "http://127.0.0.1:7440"
	if len(os.Args) > 1 {
		endpoint = os.Args[1]
	}
	hello := model.Func("hello", greet, model.WithVersion("1"))
	served, err := worker.New(worker.Config{Endpoint: endpoint, Functions: []model.Function{hello}, Slots: 8})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := served.Run(ctx); err != nil {
		log.Fatal(err)
	}
}

func greet(cx *model.Context, name string) (string, error) {
	if name == "" {
		return "", model.NonRetryable("NAME_EMPTY", "somebody must be greeted")
	}
	cx.Log(slog.LevelInfo, fmt.Sprintf("greeting in attempt %d", cx.Attempt()))
	return "hello, " + name, nil
}
