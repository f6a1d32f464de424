package worker_test

import (
	"context"
	"testing"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"github.com/esteira/esteira/sdk/go/worker"
)

func drained(leases ...*esteirav1.TaskLease) *esteirav1.LeaseTasksResponse {
	return &esteirav1.LeaseTasksResponse{Leases: leases, Directive: esteirav1.WorkerDirective_WORKER_DIRECTIVE_DRAIN}
}

func gated(gate <-chan struct{}) model.Function {
	return model.Func("gated", func(_ *model.Context, input model.Payload) (model.Payload, error) {
		<-gate
		return input, nil
	})
}

func TestAParkedWorkerStopsAtOnce(t *testing.T) {
	s := start(t, 1, echo())
	poll := s.polls.next()
	s.stop()
	drain := s.drains.next().answer(&esteirav1.DrainWorkerResponse{})
	equal(t, drain.GetWorkerId(), "w1")
	equal(t, drain.GetGrace().AsDuration(), 30*time.Second)
	poll.answer(drained())
	equal(t, s.end(), nil)
	s.reports.none()
}

func TestWhatRunsFinishesAndWhatComesLateGoesBack(t *testing.T) {
	gate := make(chan struct{})
	s := start(t, 2, gated(gate))
	s.lease(leaseOf("a", "gated", "1"))
	poll := s.polls.next()
	s.stop()
	s.drains.next().answer(&esteirav1.DrainWorkerResponse{OutstandingLeases: 1})
	// Granted just before the drain arrived.
	poll.answer(drained(leaseOf("b", "gated", "2")))
	released := s.accept()
	equal(t, released.GetReports()[0].GetLeaseToken(), "b")
	equal(t, released.GetReports()[0].GetReleased() != nil && released.GetLease() == nil, true)
	close(gate)
	finished := s.accept()
	equal(t, finished.GetReports()[0].GetLeaseToken(), "a")
	equal(t, finished.GetReports()[0].GetCompleted() != nil && finished.GetLease() == nil, true)
	equal(t, s.end(), nil)
}

func TestHeartbeatsGoOnThroughTheDrain(t *testing.T) {
	gate := make(chan struct{})
	s := start(t, 1, gated(gate))
	s.lease(forMillis(leaseOf("a", "gated", "1"), 500))
	s.beat(active, "")
	s.stop()
	s.drains.next().answer(&esteirav1.DrainWorkerResponse{OutstandingLeases: 1})
	for range 4 {
		s.beat(active, "")
	}
	close(gate)
	equal(t, s.accept().GetReports()[0].GetCompleted() != nil, true)
	equal(t, s.end(), nil)
}

func TestAfterTheGraceTheRestIsCancelledAndGivenBack(t *testing.T) {
	begun, said, forever := make(chan struct{}), make(chan model.CancelReason, 1), make(chan struct{})
	stubborn := model.Func("stubborn", func(cx *model.Context, _ model.Payload) (int, error) {
		close(begun)
		<-cx.Done()
		said <- cx.CancelReason()
		<-forever
		return 0, nil
	})
	s := start(t, 1, stubborn, func(config *worker.Config) {
		config.DrainGrace, config.CancelGrace = 20*time.Millisecond, 20*time.Millisecond
	})
	s.lease(leaseOf("a", "stubborn", "1"))
	<-begun
	s.stop()
	s.drains.next().answer(&esteirav1.DrainWorkerResponse{OutstandingLeases: 1})
	equal(t, <-said, model.CancelDrain)
	equal(t, s.accept().GetReports()[0].GetReleased() != nil, true)
	equal(t, s.end(), nil)
	close(forever)
}

func TestADirectiveToDrainEndsTheWorkerWithoutADrainCall(t *testing.T) {
	s := start(t, 1, echo())
	s.polls.next().answer(drained())
	equal(t, s.end(), nil)
	s.drains.none()
}

func TestAWorkerThatNeverReachedTheCoordinatorStopsToo(t *testing.T) {
	w, err := worker.New(worker.Config{Endpoint: "http://127.0.0.1:1", Functions: []model.Function{echo()}, Logger: quiet})
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	stop()
	equal(t, w.Run(ctx), nil)
}
