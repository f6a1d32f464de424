// Command conformance-worker serves the functions of the kit until SIGTERM: what the conformance tests start for Go.
//
//	conformance-worker --server http://127.0.0.1:7440 --slots 4 --worker-id go-1 --spool DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/esteira/esteira/sdk/go/conformance"
	"github.com/esteira/esteira/sdk/go/worker"
)

// Exit code for a command line that cannot work.
const exitUsage = 64

func main() {
	flags := flag.NewFlagSet("conformance-worker", flag.ContinueOnError)
	config := worker.Config{Functions: conformance.Functions()}
	flags.StringVar(&config.Endpoint, "server", "", "address of the coordinator (`URL`)")
	flags.IntVar(&config.Slots, "slots", 1, "tasks that run at the same time (`N`)")
	flags.StringVar(&config.WorkerID, "worker-id", "", "the id under which the coordinator knows it (`ID`)")
	flags.StringVar(&config.SpoolDir, "spool", "", "directory for results that cannot be delivered (`DIR`)")
	grace := flags.Uint("drain-grace", 30, "`seconds` that running tasks get to finish after SIGTERM")
	verbose := flags.Bool("verbose", false, "say what happens, not only what is odd")
	if flags.Parse(os.Args[1:]) != nil || flags.NArg() > 0 {
		os.Exit(exitUsage)
	}
	// 0 would be the default.
	config.DrainGrace = max(time.Nanosecond, time.Duration(*grace)*time.Second)
	level := slog.LevelWarn
	if *verbose {
		level = slog.LevelDebug
	}
	config.Logger = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: level}))
	served, err := worker.New(config)
	if err != nil {
		fmt.Fprintln(os.Stderr, "conformance-worker:", err)
		os.Exit(exitUsage)
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := served.Run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "conformance-worker:", err)
		os.Exit(1)
	}
}
