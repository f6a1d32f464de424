package worker_test

import (
	"fmt"
	"strings"
	"sync/atomic"
	"testing"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
)

func TestOneCallATaskInSteadyState(t *testing.T) {
	s := start(t, 1, echo())
	s.lease(leaseOf("t0", "echo", "0"))
	for n := range 5 {
		report := s.accept(leaseOf(fmt.Sprintf("t%d", n+1), "echo", "0"))
		equal(t, len(report.GetReports()), 1)
		// It asks for the next task in the same call.
		equal(t, report.GetLease().GetMaxLeases(), 1)
		equal(t, report.GetLease().GetWait() == nil && report.GetLease().GetWorkerId() == "w1", true)
		s.polls.none()
	}
	// Nothing more to do: the report brings nothing, and a poll is parked instead.
	s.accept()
	equal(t, s.polls.next().lose().GetMaxLeases(), 1)
}

func TestReportsThatWaitTravelTogether(t *testing.T) {
	gate, said := make(chan struct{}, 3), make(chan struct{}, 3)
	gated := model.Func("gated", func(_ *model.Context, input model.Payload) (model.Payload, error) {
		<-gate
		said <- struct{}{}
		return input, nil
	})
	s := start(t, 3, gated)
	s.lease(leaseOf("a", "gated", "1"), leaseOf("b", "gated", "1"), leaseOf("c", "gated", "1"))
	gate <- struct{}{}
	first := s.reports.next()
	equal(t, len(first.request.GetReports()), 1)
	equal(t, first.request.GetLease().GetMaxLeases(), 1)
	<-said
	// While that call is under way the other two end; the next calls carry them, and ask for the slots that are free.
	gate <- struct{}{}
	gate <- struct{}{}
	<-said
	<-said
	first.answer(&esteirav1.ReportTasksResponse{
		Outcomes: []*esteirav1.ReportOutcome{applied(first.request.GetReports()[0].GetLeaseToken())},
		Lease:    &esteirav1.LeaseTasksResponse{},
	})
	rest := s.accept()
	equal(t, len(rest.GetReports()), 2)
	equal(t, rest.GetLease().GetMaxLeases(), 3)
}

func TestSlotsAreNeverExceededAndWhatIsTooMuchGoesBack(t *testing.T) {
	var running, most atomic.Int32
	begun, gate := make(chan struct{}, 3), make(chan struct{}, 3)
	counted := model.Func("counted", func(_ *model.Context, input model.Payload) (model.Payload, error) {
		now := running.Add(1)
		for seen := most.Load(); now > seen && !most.CompareAndSwap(seen, now); seen = most.Load() {
		}
		begun <- struct{}{}
		<-gate
		running.Add(-1)
		return input, nil
	})
	s := start(t, 3, counted)
	equal(t, s.lease(leaseOf("a", "counted", "1")).GetMaxLeases(), 3)
	equal(t, s.lease(leaseOf("b", "counted", "1")).GetMaxLeases(), 2)
	// Asked for one, given three: two go back unstarted.
	equal(t, s.lease(leaseOf("c", "counted", "1"), leaseOf("d", "counted", "1"), leaseOf("e", "counted", "1")).GetMaxLeases(), 1)
	report := s.accept()
	released := []string{}
	for _, report := range report.GetReports() {
		if report.GetReleased() != nil {
			released = append(released, report.GetLeaseToken())
		}
	}
	equal(t, strings.Join(released, " "), "d e")
	equal(t, report.GetLease() == nil, true)
	s.polls.none()
	for range 3 {
		<-begun
	}
	for range 3 {
		gate <- struct{}{}
	}
	for done := 0; done < 3; {
		done += len(s.accept().GetReports())
	}
	equal(t, most.Load(), 3)
}

func TestAnUnknownFunctionIsGivenBack(t *testing.T) {
	s := start(t, 1, echo())
	s.lease(leaseOf("a", "other", "1"))
	equal(t, s.accept().GetReports()[0].GetReleased() != nil, true)
}
