package worker

import (
	"context"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/internal/transport"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Longest wait for an answer that the coordinator gives at once.
const rpcTimeout = 10 * time.Second

// rpc are the calls that a worker makes. All can be sent again, and are.
type rpc struct{ link *transport.Link }

func call[Response any, Message interface {
	*Response
	proto.Message
}](ctx context.Context, link *transport.Link, call transport.Call, request proto.Message) (*Response, time.Time, error) {
	encoded, err := transport.Encode(request)
	if err != nil {
		return nil, time.Now(), status.Error(codes.InvalidArgument, err.Error())
	}
	response := Message(new(Response))
	sent, err := call.Send(ctx, link, encoded, response)
	return (*Response)(response), sent, err
}

func (r *rpc) register(ctx context.Context, request *esteirav1.RegisterWorkerRequest) (*esteirav1.RegisterWorkerResponse, error) {
	how := transport.Call{Method: esteirav1.WorkerService_RegisterWorker_FullMethodName, Timeout: rpcTimeout, Patience: transport.Forever}
	response, _, err := call[esteirav1.RegisterWorkerResponse](ctx, r.link, how, request)
	return response, err
}

func (r *rpc) lease(ctx context.Context, request *esteirav1.LeaseTasksRequest, wait time.Duration) (*esteirav1.LeaseTasksResponse, time.Time, error) {
	how := transport.Call{Method: esteirav1.WorkerService_LeaseTasks_FullMethodName, Timeout: wait + rpcTimeout, Patience: transport.Forever}
	return call[esteirav1.LeaseTasksResponse](ctx, r.link, how, request)
}

// report sends bytes that are encoded already: what cannot be delivered goes to the spool as it is.
func (r *rpc) report(ctx context.Context, encoded []byte, patience time.Duration) (*esteirav1.ReportTasksResponse, time.Time, error) {
	how := transport.Call{Method: esteirav1.WorkerService_ReportTasks_FullMethodName, Timeout: rpcTimeout, Patience: patience}
	response := &esteirav1.ReportTasksResponse{}
	sent, err := how.Send(ctx, r.link, encoded, response)
	return response, sent, err
}

func (r *rpc) append(ctx context.Context, request *esteirav1.AppendOutputsRequest) error {
	how := transport.Call{Method: esteirav1.WorkerService_AppendOutputs_FullMethodName, Timeout: rpcTimeout, Patience: transport.Forever}
	_, _, err := call[esteirav1.AppendOutputsResponse](ctx, r.link, how, request)
	return err
}

// heartbeat is sent once: the next beat carries what this one did not.
func (r *rpc) heartbeat(ctx context.Context, request *esteirav1.HeartbeatLeasesRequest, timeout time.Duration) (*esteirav1.HeartbeatLeasesResponse, time.Time, error) {
	how := transport.Call{Method: esteirav1.WorkerService_HeartbeatLeases_FullMethodName, Timeout: timeout}
	return call[esteirav1.HeartbeatLeasesResponse](ctx, r.link, how, request)
}

func (r *rpc) drain(ctx context.Context, request *esteirav1.DrainWorkerRequest) error {
	how := transport.Call{Method: esteirav1.WorkerService_DrainWorker_FullMethodName, Timeout: 2 * time.Second, Patience: 4 * time.Second}
	_, _, err := call[esteirav1.DrainWorkerResponse](ctx, r.link, how, request)
	return err
}
