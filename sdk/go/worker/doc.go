// Package worker serves functions to the coordinator: it leases tasks for its free slots, runs them, keeps their leases,
// and reports what came of them.
//
//	w, err := worker.New(worker.Config{Endpoint: "http://127.0.0.1:7440", Functions: functions, Slots: 8})
//	...
//	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
//	defer stop()
//	err = w.Run(ctx)
//
// Read in this order: [Config], [Worker.Run]; then dispatch.go (the loop that owns all state), poll.go, attempt.go,
// report.go and settle.go (a task's way), heartbeat.go and leases.go, drain.go and spool.go.
package worker
