package client_test

import (
	"context"
	"errors"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/client"
	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/protoadapt"
)

// scripted answers StartJob, AwaitJob and PublishPlanVersion with what the test gives it, one after the other.
type scripted struct {
	esteirav1.UnimplementedJobServiceServer
	esteirav1.UnimplementedPlanServiceServer

	mutex    sync.Mutex
	answers  []any
	requests []proto.Message
	tokens   []string
}

func (s *scripted) next(ctx context.Context, request proto.Message) (any, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.requests = append(s.requests, request)
	given, _ := metadata.FromIncomingContext(ctx)
	s.tokens = append(s.tokens, given.Get("authorization")...)
	answer := s.answers[0]
	s.answers = s.answers[1:]
	if err, isError := answer.(error); isError {
		return nil, err
	}
	return answer, nil
}

func (s *scripted) StartJob(ctx context.Context, request *esteirav1.StartJobRequest) (*esteirav1.StartJobResponse, error) {
	answer, err := s.next(ctx, request)
	response, _ := answer.(*esteirav1.StartJobResponse)
	return response, err
}

func (s *scripted) AwaitJob(ctx context.Context, request *esteirav1.AwaitJobRequest) (*esteirav1.AwaitJobResponse, error) {
	answer, err := s.next(ctx, request)
	response, _ := answer.(*esteirav1.AwaitJobResponse)
	return response, err
}

func (s *scripted) PublishPlanVersion(ctx context.Context, request *esteirav1.PublishPlanVersionRequest) (*esteirav1.PublishPlanVersionResponse, error) {
	answer, err := s.next(ctx, request)
	response, _ := answer.(*esteirav1.PublishPlanVersionResponse)
	return response, err
}

func (s *scripted) WatchJobs(_ *esteirav1.WatchJobsRequest, stream grpc.ServerStreamingServer[esteirav1.WatchJobsResponse]) error {
	return stream.Send(&esteirav1.WatchJobsResponse{Item: &esteirav1.WatchJobsResponse_Job{Job: &esteirav1.Job{JobId: "j"}}})
}

func start(t *testing.T, answers []any, options ...client.Option) (*scripted, *client.Client) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	script, server := &scripted{answers: answers}, grpc.NewServer()
	esteirav1.RegisterJobServiceServer(server, script)
	esteirav1.RegisterPlanServiceServer(server, script)
	go func() { _ = server.Serve(listener) }()
	t.Cleanup(server.Stop)
	c, err := client.New("http://"+listener.Addr().String(), options...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return script, c
}

func refuse(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	with, err := status.New(code, "because").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return with.Err()
}

func TestTheSameBytesAreSentUntilThereIsAnAnswer(t *testing.T) {
	lost := status.Error(codes.Unavailable, "lost")
	script, c := start(t, []any{
		lost, lost, &esteirav1.StartJobResponse{Job: &esteirav1.Job{JobId: "j"}},
		&esteirav1.AwaitJobResponse{}, &esteirav1.AwaitJobResponse{Completed: true, Job: &esteirav1.Job{JobId: "done"}},
	}, client.WithToken("secret"))
	job, err := c.Jobs().Run(context.Background(), "greetings", model.JSON(`{"n":9007199254740993}`))
	if err != nil || job.GetJobId() != "done" {
		t.Fatal(job, err)
	}
	first, isStart := script.requests[0].(*esteirav1.StartJobRequest)
	if !isStart || first.GetRequestId() == "" || first.GetPacket().GetData().GetJson() != `{"n":9007199254740993}` {
		t.Fatal(first)
	}
	for _, again := range script.requests[:3] {
		if !proto.Equal(again, first) {
			t.Fatalf("%v is not %v", again, first)
		}
	}
	if len(script.tokens) != 5 || script.tokens[0] != "Bearer secret" {
		t.Fatal(script.tokens)
	}
}

func TestReasonAndPauseAreReadFromTheDetails(t *testing.T) {
	info := &errdetails.ErrorInfo{Reason: "PLAN_INVALID", Domain: "esteira.v1"}
	script, c := start(t, []any{refuse(t, codes.InvalidArgument, info, protoadapt.MessageV1Of(&esteirav1.PlanIssue{Path: "/name", Code: "NAME_INVALID"}))})
	_, err := c.Plans().Publish(context.Background(), "a", "{}")
	var refusal *client.Error
	if !errors.As(err, &refusal) || refusal.PlanIssues[0].GetCode() != "NAME_INVALID" || refusal.Error() != "PLAN_INVALID: because" {
		t.Fatal(err)
	}
	if !errors.Is(err, &client.Error{Reason: "PLAN_INVALID"}) || client.Reason(err) != "PLAN_INVALID" || status.Code(err) != codes.InvalidArgument {
		t.Fatal(err)
	}
	if len(script.requests) != 1 {
		t.Fatal("a refusal is final")
	}
}

func TestPatienceHasAnEndAndSoHasTheContext(t *testing.T) {
	gone := status.Error(codes.Unavailable, "gone")
	_, c := start(t, []any{gone, gone, gone, gone, gone, gone, gone, gone, gone, gone}, client.WithPatience(50*time.Millisecond))
	_, err := c.Jobs().Start(context.Background(), "a", model.JSON("1"))
	if status.Code(err) != codes.Unavailable || client.Reason(err) != "" {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := c.Jobs().Start(ctx, "a", model.JSON("1")); status.Code(err) != codes.Canceled {
		t.Fatal(err)
	}
}

func TestJobsAreShownLive(t *testing.T) {
	_, c := start(t, nil)
	stream, err := c.Jobs().WatchJobs(context.Background(), &esteirav1.WatchJobsRequest{})
	if err != nil {
		t.Fatal(err)
	}
	item, err := stream.Recv()
	if err != nil || item.GetJob().GetJobId() != "j" {
		t.Fatal(item, err)
	}
}

func TestPayloadsKeepTheirBytes(t *testing.T) {
	typed := model.Binary([]byte("a,b"))
	typed.ContentType, typed.Schema = "text/csv", "s/1"
	for _, payload := range []model.Payload{
		model.JSON(`{"n":9007199254740993,"t":"\u0000"}`), model.JSON("null"), model.Binary([]byte{0, 159, 146, 150}), {}, typed,
	} {
		if again := client.PayloadIn(client.PayloadOut(payload)); again != payload {
			t.Errorf("%v is not %v", again, payload)
		}
	}
}

func TestAnEndpointThatCannotBeUsedIsSaid(t *testing.T) {
	for _, endpoint := range []string{"", "localhost:7440", "ftp://localhost", "http://", "http://a b"} {
		if _, err := client.New(endpoint); err == nil {
			t.Errorf("%q is accepted", endpoint)
		}
	}
}
