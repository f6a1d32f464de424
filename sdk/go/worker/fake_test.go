package worker_test

import (
	"context"
	"net"
	"sync"
	"testing"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/worker"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/encoding"
	_ "google.golang.org/grpc/encoding/proto"
	"google.golang.org/grpc/mem"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/esteira/esteira/sdk/go/model"
)

// Longer than anything takes that works.
const patience = 20 * time.Second

// heard is one call that waits for its answer.
type heard[Q, A any] struct {
	request *Q
	// raw is the request's bytes as they came.
	raw   string
	reply chan reply[A]
}

type reply[A any] struct {
	answer *A
	err    error
}

func (c *heard[Q, A]) answer(answer *A) *Q {
	c.reply <- reply[A]{answer: answer}
	return c.request
}

func (c *heard[Q, A]) refuse(err error) *Q {
	c.reply <- reply[A]{err: err}
	return c.request
}

// lose answers UNAVAILABLE, as if the reply got lost on its way.
func (c *heard[Q, A]) lose() *Q { return c.refuse(status.Error(codes.Unavailable, "lost")) }

// calls are the calls of one RPC, in the order of their arrival.
type calls[Q, A any] struct {
	t       *testing.T
	arrived chan *heard[Q, A]
}

func newCalls[Q, A any](t *testing.T) *calls[Q, A] {
	return &calls[Q, A]{t, make(chan *heard[Q, A], 1000)}
}

func (c *calls[Q, A]) next() *heard[Q, A] {
	c.t.Helper()
	select {
	case call := <-c.arrived:
		return call
	case <-time.After(patience):
		c.t.Fatalf("the worker does not call %T in time", *new(Q))
		return nil
	}
}

// none: nothing has arrived and is not taken yet.
func (c *calls[Q, A]) none() {
	c.t.Helper()
	select {
	case call := <-c.arrived:
		c.t.Fatalf("unexpected call: %v", call.request)
	default:
	}
}

func (c *calls[Q, A]) hand(ctx context.Context, codec *listeningCodec, request *Q) (*A, error) {
	call := &heard[Q, A]{request, codec.take(request), make(chan reply[A], 1)}
	c.arrived <- call
	select {
	case reply := <-call.reply:
		return reply.answer, reply.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// listeningCodec keeps the bytes that each request was read from.
type listeningCodec struct {
	mutex sync.Mutex
	raw   map[any]string
}

func (c *listeningCodec) Name() string { return "proto" }

func (c *listeningCodec) Marshal(message any) (mem.BufferSlice, error) {
	return encoding.GetCodecV2("proto").Marshal(message)
}

func (c *listeningCodec) Unmarshal(data mem.BufferSlice, message any) error {
	c.mutex.Lock()
	c.raw[message] = string(data.Materialize())
	c.mutex.Unlock()
	return encoding.GetCodecV2("proto").Unmarshal(data, message)
}

func (c *listeningCodec) take(message any) string {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	return c.raw[message]
}

// fake is a coordinator that answers what the test tells it to.
type fake struct {
	esteirav1.UnimplementedWorkerServiceServer

	t         *testing.T
	endpoint  string
	codec     *listeningCodec
	server    *grpc.Server
	registers *calls[esteirav1.RegisterWorkerRequest, esteirav1.RegisterWorkerResponse]
	polls     *calls[esteirav1.LeaseTasksRequest, esteirav1.LeaseTasksResponse]
	reports   *calls[esteirav1.ReportTasksRequest, esteirav1.ReportTasksResponse]
	beats     *calls[esteirav1.HeartbeatLeasesRequest, esteirav1.HeartbeatLeasesResponse]
	appends   *calls[esteirav1.AppendOutputsRequest, esteirav1.AppendOutputsResponse]
	drains    *calls[esteirav1.DrainWorkerRequest, esteirav1.DrainWorkerResponse]
}

func startFake(t *testing.T) *fake {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &fake{
		t: t, endpoint: "http://" + listener.Addr().String(), codec: &listeningCodec{raw: map[any]string{}},
		registers: newCalls[esteirav1.RegisterWorkerRequest, esteirav1.RegisterWorkerResponse](t),
		polls:     newCalls[esteirav1.LeaseTasksRequest, esteirav1.LeaseTasksResponse](t),
		reports:   newCalls[esteirav1.ReportTasksRequest, esteirav1.ReportTasksResponse](t),
		beats:     newCalls[esteirav1.HeartbeatLeasesRequest, esteirav1.HeartbeatLeasesResponse](t),
		appends:   newCalls[esteirav1.AppendOutputsRequest, esteirav1.AppendOutputsResponse](t),
		drains:    newCalls[esteirav1.DrainWorkerRequest, esteirav1.DrainWorkerResponse](t),
	}
	f.server = grpc.NewServer(grpc.ForceServerCodecV2(f.codec), grpc.MaxRecvMsgSize(8<<20))
	esteirav1.RegisterWorkerServiceServer(f.server, f)
	go func() { _ = f.server.Serve(listener) }()
	t.Cleanup(func() {
		f.server.Stop()
		retire(listener.Addr().String())
	})
	return f
}

// retired are addresses of fakes that are gone. A worker that drains outlives its test, and asks there for a while: the
// next fake must not be what it finds.
var retired []net.Listener

func retire(address string) {
	if silent, err := net.Listen("tcp", address); err == nil {
		retired = append(retired, silent)
	}
}

func (f *fake) RegisterWorker(ctx context.Context, request *esteirav1.RegisterWorkerRequest) (*esteirav1.RegisterWorkerResponse, error) {
	return f.registers.hand(ctx, f.codec, request)
}

func (f *fake) LeaseTasks(ctx context.Context, request *esteirav1.LeaseTasksRequest) (*esteirav1.LeaseTasksResponse, error) {
	return f.polls.hand(ctx, f.codec, request)
}

func (f *fake) ReportTasks(ctx context.Context, request *esteirav1.ReportTasksRequest) (*esteirav1.ReportTasksResponse, error) {
	return f.reports.hand(ctx, f.codec, request)
}

func (f *fake) HeartbeatLeases(ctx context.Context, request *esteirav1.HeartbeatLeasesRequest) (*esteirav1.HeartbeatLeasesResponse, error) {
	return f.beats.hand(ctx, f.codec, request)
}

func (f *fake) AppendOutputs(ctx context.Context, request *esteirav1.AppendOutputsRequest) (*esteirav1.AppendOutputsResponse, error) {
	return f.appends.hand(ctx, f.codec, request)
}

func (f *fake) DrainWorker(ctx context.Context, request *esteirav1.DrainWorkerRequest) (*esteirav1.DrainWorkerResponse, error) {
	return f.drains.hand(ctx, f.codec, request)
}

// register lets the worker register.
func (f *fake) register() *esteirav1.RegisterWorkerRequest {
	f.t.Helper()
	return f.registers.next().answer(&esteirav1.RegisterWorkerResponse{Protocol: 1})
}

// lease answers the next poll with these leases.
func (f *fake) lease(leases ...*esteirav1.TaskLease) *esteirav1.LeaseTasksRequest {
	f.t.Helper()
	return f.polls.next().answer(&esteirav1.LeaseTasksResponse{Leases: leases})
}

// accept accepts the next report and leases with it.
func (f *fake) accept(leases ...*esteirav1.TaskLease) *esteirav1.ReportTasksRequest {
	f.t.Helper()
	call := f.reports.next()
	response := &esteirav1.ReportTasksResponse{}
	for _, report := range call.request.GetReports() {
		response.Outcomes = append(response.Outcomes, applied(report.GetLeaseToken()))
	}
	if call.request.GetLease() != nil {
		response.Lease = &esteirav1.LeaseTasksResponse{Leases: leases}
	}
	return call.answer(response)
}

// beat renews the leases of the next heartbeat with this verdict.
func (f *fake) beat(leaseStatus esteirav1.LeaseStatus, reason string) *esteirav1.HeartbeatLeasesRequest {
	f.t.Helper()
	call := f.beats.next()
	response := &esteirav1.HeartbeatLeasesResponse{}
	for _, beat := range call.request.GetBeats() {
		response.Verdicts = append(response.Verdicts, &esteirav1.LeaseVerdict{
			LeaseToken: beat.GetLeaseToken(), Status: leaseStatus, Reason: reason,
		})
	}
	return call.answer(response)
}

func applied(token string) *esteirav1.ReportOutcome {
	return &esteirav1.ReportOutcome{LeaseToken: token, Durability: esteirav1.Durability_DURABILITY_COMMITTED}
}

func refused(token, reason string) *esteirav1.ReportTasksResponse {
	return &esteirav1.ReportTasksResponse{Outcomes: []*esteirav1.ReportOutcome{
		{LeaseToken: token, ErrorReason: reason, ErrorMessage: "because"},
	}}
}

// leaseOf is a lease of 30 s for a function of one output on this JSON.
func leaseOf(token, functionName, input string) *esteirav1.TaskLease {
	return &esteirav1.TaskLease{
		LeaseToken: token, TaskId: "01932c07-209b-7e9a-8b2c-ffeeddccbbab", JobId: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa",
		StepKey: "only", FunctionName: functionName, Attempt: 1, Fence: 1, IdempotencyKey: "key",
		Packet:     &esteirav1.DataPacket{Data: jsonPayload(input)},
		OutputType: esteirav1.OutputType_OUTPUT_TYPE_SINGLE, LeaseTtl: durationpb.New(30 * time.Second),
	}
}

// forMillis is the same lease for another time.
func forMillis(lease *esteirav1.TaskLease, millis int64) *esteirav1.TaskLease {
	lease.LeaseTtl = durationpb.New(time.Duration(millis) * time.Millisecond)
	return lease
}

func jsonPayload(text string) *esteirav1.Payload {
	return &esteirav1.Payload{Body: &esteirav1.Payload_Json{Json: text}}
}

// started is a worker that runs beside the test, with the coordinator's side of its calls.
type started struct {
	*fake

	stop  context.CancelFunc
	ended chan error
}

func start(t *testing.T, slots int, function model.Function, changes ...func(*worker.Config)) *started {
	t.Helper()
	s := startBeside(t, startFake(t), slots, function, changes...)
	s.register()
	return s
}

func startBeside(t *testing.T, fake *fake, slots int, function model.Function, changes ...func(*worker.Config)) *started {
	t.Helper()
	config := worker.Config{
		Endpoint: fake.endpoint, WorkerID: "w1", Slots: slots, Functions: []model.Function{function}, Logger: quiet,
	}
	for _, change := range changes {
		change(&config)
	}
	w, err := worker.New(config)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	s := &started{fake, stop, make(chan error, 1)}
	go func() { s.ended <- w.Run(ctx) }()
	t.Cleanup(stop)
	return s
}

// end is how the worker ended.
func (s *started) end() error {
	s.t.Helper()
	select {
	case err := <-s.ended:
		return err
	case <-time.After(patience):
		s.t.Fatal("the worker does not end")
		return nil
	}
}
