package worker_test

import (
	"errors"
	"strings"
	"testing"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/worker"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
)

// statusOf is an error of the contract's form.
func statusOf(t *testing.T, code codes.Code, reason string, more ...protoadapt.MessageV1) error {
	t.Helper()
	details := append([]protoadapt.MessageV1{&errdetails.ErrorInfo{Reason: reason, Domain: "esteira.v1"}}, more...)
	with, err := status.New(code, "because").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return with.Err()
}

func TestALostPollIsSentAgainWithTheSameRequestID(t *testing.T) {
	s := start(t, 2, echo())
	call := s.polls.next()
	first := call.lose()
	again := s.polls.next()
	equal(t, again.raw, call.raw)
	again.answer(&esteirav1.LeaseTasksResponse{Leases: []*esteirav1.TaskLease{leaseOf("a", "echo", "1")}})
	if first.GetRequestId() == "" {
		t.Fatal("no request id")
	}
	equal(t, first.GetWorkerId()+" "+strings.Join(first.GetFunctionNames(), ","), "w1 echo")
	equal(t, first.GetMaxLeases(), 2)
	s.accept()
	if s.polls.next().lose().GetRequestId() == first.GetRequestId() {
		t.Fatal("another poll has the same id")
	}
}

func TestALostReportIsSentAgainAndTheAnswerToTheFirstCounts(t *testing.T) {
	s := start(t, 1, echo())
	s.lease(leaseOf("a", "echo", `{"n":9007199254740993}`))
	first := s.reports.next()
	first.lose()
	again := s.reports.next()
	equal(t, again.raw, first.raw)
	outcome := applied("a")
	outcome.AlreadyApplied = true
	again.answer(&esteirav1.ReportTasksResponse{Outcomes: []*esteirav1.ReportOutcome{outcome}})
	// Settled: the slot is free and nothing is reported again.
	equal(t, s.polls.next().lose().GetMaxLeases(), 1)
	s.reports.none()
}

func TestAWorkerRegistersAgainWhenItIsAskedTo(t *testing.T) {
	s := start(t, 1, echo())
	s.polls.next().answer(&esteirav1.LeaseTasksResponse{Directive: esteirav1.WorkerDirective_WORKER_DIRECTIVE_REGISTER})
	info := s.register().GetWorker()
	equal(t, info.GetWorkerId()+" "+info.GetFunctions()[0].GetName(), "w1 echo")
	equal(t, info.GetMaxConcurrency(), 1)
	equal(t, strings.HasPrefix(info.GetSdk(), "go/"), true)
}

func TestAReusedRequestIDIsReplacedAndAForbiddenFunctionEndsTheWorker(t *testing.T) {
	s := start(t, 1, echo())
	first := s.polls.next().refuse(statusOf(t, codes.FailedPrecondition, "REQUEST_ID_REUSED"))
	second := s.polls.next().refuse(statusOf(t, codes.PermissionDenied, "FUNCTION_NOT_ALLOWED"))
	if first.GetRequestId() == second.GetRequestId() {
		t.Fatal("the id is used again")
	}
	var refusal *worker.RefusedError
	if err := s.end(); !errors.As(err, &refusal) || refusal.Reason != "FUNCTION_NOT_ALLOWED" {
		t.Fatal(err)
	}
}
