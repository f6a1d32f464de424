package worker_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
	"google.golang.org/protobuf/types/known/durationpb"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

const (
	active          = esteirav1.LeaseStatus_LEASE_STATUS_ACTIVE
	lost            = esteirav1.LeaseStatus_LEASE_STATUS_LOST
	cancelRequested = esteirav1.LeaseStatus_LEASE_STATUS_CANCEL_REQUESTED
)

func echo() model.Function {
	return model.Func("echo", func(_ *model.Context, input model.Payload) (model.Payload, error) { return input, nil })
}

// patient waits to be cancelled, says why, and then fails.
func patient(said chan<- model.CancelReason) model.Function {
	return model.Func("patient", func(cx *model.Context, _ model.Payload) (int, error) {
		<-cx.Done()
		said <- cx.CancelReason()
		return 0, model.Retryable("STOPPED", "as asked")
	})
}

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("found %v, expected %v", found, expected)
	}
}

func failureOf(t *testing.T, report *esteirav1.ReportTasksRequest) *esteirav1.Failure {
	t.Helper()
	failure := report.GetReports()[0].GetFailed().GetFailure()
	if failure == nil {
		t.Fatalf("expected a failure: %v", report)
	}
	return failure
}

func isFailure(t *testing.T, report *esteirav1.ReportTasksRequest, kind esteirav1.FailureKind, code string) {
	t.Helper()
	failure := failureOf(t, report)
	equal(t, failure.GetKind(), kind)
	equal(t, failure.GetCode(), code)
}

func TestHeartbeatsLeaveWhileUserCodeBlocksItsThread(t *testing.T) {
	var unblocked atomic.Bool
	blocking := model.Func("blocking", func(_ *model.Context, input model.Payload) (model.Payload, error) {
		for !unblocked.Load() {
			// It never yields by itself.
		}
		return input, nil
	})
	s := start(t, 1, blocking)
	s.lease(forMillis(leaseOf("a", "blocking", "1"), 1200))
	// Five beats are more than one lease time.
	for range 5 {
		equal(t, s.beat(active, "").GetBeats()[0].GetLeaseToken(), "a")
	}
	unblocked.Store(true)
	if s.reports.next().lose().GetReports()[0].GetCompleted() == nil {
		t.Fatal("expected a completion")
	}
}

func TestALostLeaseCancelsAndReportsNothing(t *testing.T) {
	said := make(chan model.CancelReason, 1)
	s := start(t, 1, patient(said))
	s.lease(forMillis(leaseOf("a", "patient", "1"), 300))
	s.beat(lost, "LEASE_LOST")
	equal(t, <-said, model.CancelLeaseLost)
	// The slot is free again, and the next thing that is sent is a poll.
	equal(t, s.polls.next().lose().GetMaxLeases(), 1)
	s.reports.none()
}

func TestALeaseThatNoGoodBeatRenewedCountsAsLost(t *testing.T) {
	said := make(chan model.CancelReason, 1)
	s := start(t, 1, patient(said))
	s.lease(forMillis(leaseOf("a", "patient", "1"), 400))
	s.beats.next()
	equal(t, <-said, model.CancelLeaseLost)
	equal(t, s.polls.next().lose().GetMaxLeases(), 1)
	s.reports.none()
}

func TestABeatWithoutAnAnswerIsFollowedByAnother(t *testing.T) {
	said := make(chan model.CancelReason, 1)
	s := start(t, 1, patient(said))
	s.lease(forMillis(leaseOf("a", "patient", "1"), 900))
	// A half-open connection: no answer, no error.
	s.beats.next()
	s.beat(active, "")
	s.beat(cancelRequested, "JOB")
	equal(t, <-said, model.CancelJob)
}

func TestACancelRequestReachesTheFunctionAndIsReportedAsCancelled(t *testing.T) {
	said := make(chan model.CancelReason, 1)
	s := start(t, 1, patient(said))
	s.lease(forMillis(leaseOf("a", "patient", "1"), 900))
	s.beat(cancelRequested, "JOB")
	equal(t, <-said, model.CancelJob)
	isFailure(t, s.accept(), esteirav1.FailureKind_FAILURE_KIND_CANCELLED, "CANCELLED")
}

func TestTheExecutionTimeoutCancelsAndIsReportedAsSuch(t *testing.T) {
	said := make(chan model.CancelReason, 1)
	s := start(t, 1, patient(said))
	lease := leaseOf("a", "patient", "1")
	lease.ExecutionTimeout = durationpb.New(10 * time.Millisecond)
	s.lease(lease)
	equal(t, <-said, model.CancelTimeout)
	isFailure(t, s.accept(), esteirav1.FailureKind_FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT")
}

func TestAFunctionThatDoesNotStopIsLeftToItselfAfterItsGrace(t *testing.T) {
	forever := make(chan struct{})
	deaf := model.Func("deaf", func(*model.Context, model.Payload) (int, error) { <-forever; return 0, nil })
	s := start(t, 1, deaf, func(config *worker.Config) { config.CancelGrace = 10 * time.Millisecond })
	s.lease(forMillis(leaseOf("a", "deaf", "1"), 900))
	s.beat(cancelRequested, "JOB")
	isFailure(t, s.accept(), esteirav1.FailureKind_FAILURE_KIND_CANCELLED, "CANCELLED")
	close(forever)
}

func TestACheckpointTravelsWithTheNextBeatAndComesBackWithTheLease(t *testing.T) {
	resumed := model.Func("resumed", func(cx *model.Context, _ model.Payload) (model.Payload, error) {
		if saved, found := cx.LastCheckpoint(); found {
			return saved, nil
		}
		cx.Checkpoint(model.JSON("7"))
		<-cx.Done()
		return model.Payload{}, context.Cause(cx)
	})
	s := start(t, 1, resumed)
	s.lease(leaseOf("a", "resumed", "1"))
	// The lease lasts 30 s: without the checkpoint the first beat would come after 8 s.
	equal(t, s.beat(lost, "").GetBeats()[0].GetCheckpoint().GetJson(), "7")
	again := leaseOf("b", "resumed", "1")
	again.Checkpoint, again.Attempt = jsonPayload("7"), 2
	s.lease(again)
	equal(t, s.accept().GetReports()[0].GetCompleted().GetSingle().GetJson(), "7")
}

func TestAFunctionSeesTheDeadlineOfItsContext(t *testing.T) {
	asks := model.Func("asks", func(cx *model.Context, _ model.Payload) (bool, error) {
		deadline, found := cx.Deadline()
		left, limited := cx.Remaining()
		if !found || !limited || left > time.Hour || time.Until(deadline) < 50*time.Minute {
			return false, errors.New("the deadline is not told")
		}
		return true, nil
	})
	s := start(t, 1, asks)
	lease := leaseOf("a", "asks", "1")
	lease.ExecutionTimeout = durationpb.New(time.Hour)
	s.lease(lease)
	equal(t, s.accept().GetReports()[0].GetCompleted().GetSingle().GetJson(), "true")
}
