// A complete esteira worker on the generated stubs alone: leases tasks, runs `go.words`, reports.
package main

import (
	"cmp"
	"context"
	crypto "crypto/rand"
	"encoding/json"
	"log"
	"math/rand/v2"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	v1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
)

// Every call has this long: LeaseTasks waits 20 s for a task.
const deadline = `{"methodConfig": [{"name": [{}], "timeout": "30s"}]}`

var workerID = "go-" + crypto.Text()

// call sends the same bytes until there is an answer, or until it may give up.
func call[Q, A any](giveUp context.Context, rpc func(context.Context, *Q, ...grpc.CallOption) (*A, error), request *Q) *A {
	for pause := 100 * time.Millisecond; ; pause = min(2*pause, 10*time.Second) {
		answer, err := rpc(context.Background(), request)
		if code := status.Code(err); err == nil || giveUp.Err() != nil {
			return answer
		} else if code != codes.Unavailable && code != codes.DeadlineExceeded {
			log.Fatal(err)
		}
		time.Sleep(rand.N(pause))
	}
}

// run runs the function of a lease, and makes the report of it.
func run(lease *v1.TaskLease) *v1.TaskReport {
	var text string
	if err := json.Unmarshal([]byte(lease.GetPacket().GetData().GetJson()), &text); err != nil {
		failure := &v1.Failure{Kind: v1.FailureKind_FAILURE_KIND_NON_RETRYABLE, Code: "INPUT_INVALID", Message: err.Error()}
		return &v1.TaskReport{LeaseToken: lease.LeaseToken, Outcome: &v1.TaskReport_Failed{Failed: &v1.Failing{Failure: failure}}}
	}
	words, _ := json.Marshal(strings.Fields(text)) // texts always have a JSON form
	completion := &v1.Completion{Output: &v1.Completion_Single{Single: &v1.Payload{Body: &v1.Payload_Json{Json: string(words)}}}}
	return &v1.TaskReport{LeaseToken: lease.LeaseToken, Outcome: &v1.TaskReport_Completed{Completed: completion}}
}

func main() {
	address := cmp.Or(append(os.Args[1:], os.Getenv("ESTEIRA_SERVER"), "127.0.0.1:7440")...)
	conn, err := grpc.NewClient(strings.TrimPrefix(address, "http://"), grpc.WithTransportCredentials(insecure.NewCredentials()), grpc.WithDefaultServiceConfig(deadline))
	if err != nil {
		log.Fatal(err)
	}
	client := v1.NewWorkerServiceClient(conn)
	serving, _ := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	// The coordinator then ends the parked poll: nothing is leased to a worker that is gone.
	context.AfterFunc(serving, func() { call(serving, client.DrainWorker, &v1.DrainWorkerRequest{WorkerId: workerID}) })
	var answer *v1.LeaseTasksResponse
	for serving.Err() == nil && answer.GetDirective() != v1.WorkerDirective_WORKER_DIRECTIVE_DRAIN {
		answer = call(serving, client.LeaseTasks, &v1.LeaseTasksRequest{WorkerId: workerID, RequestId: crypto.Text(), FunctionNames: []string{"go.words"}})
		for _, lease := range answer.GetLeases() {
			call(context.Background(), client.ReportTasks, &v1.ReportTasksRequest{WorkerId: workerID, Reports: []*v1.TaskReport{run(lease)}})
		}
	}
}
