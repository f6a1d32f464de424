// Command worker serves the function until SIGTERM or Ctrl-C.
package main

import (
	"cmp"
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
)

func main() {
	endpoint := cmp.Or(os.Getenv("ESTEIRA_SERVER"), "http://127.0.0.1:7440")
	served, err := worker.New(worker.Config{Endpoint: endpoint, Functions: []model.Function{greet}, Slots: 8})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := served.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
