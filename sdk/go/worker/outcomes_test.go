package worker_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestAPanicIsRetryableUnhandled(t *testing.T) {
	panics := model.Func("panics", func(_ *model.Context, n int) (int, error) {
		if n == 1 {
			panic("one is not accepted")
		}
		return n, nil
	})
	s := start(t, 1, panics)
	s.lease(leaseOf("a", "panics", "1"))
	report := s.accept(leaseOf("b", "panics", "2"))
	isFailure(t, report, esteirav1.FailureKind_FAILURE_KIND_RETRYABLE, "UNHANDLED")
	failure := failureOf(t, report)
	equal(t, failure.GetSource()+" "+failure.GetMessage(), "panics one is not accepted")
	equal(t, strings.Contains(failure.GetStackTrace(), "TestAPanicIsRetryableUnhandled"), true)
	// The worker lives on.
	equal(t, s.accept().GetReports()[0].GetCompleted() != nil, true)
}

func TestALargeMultipleIsAppendedAndALostChunkIsSentAgain(t *testing.T) {
	fan := model.FuncMultiple("fan", func(*model.Context, model.Payload) ([]int, error) {
		items := make([]int, 2_500)
		for i := range items {
			items[i] = i
		}
		return items, nil
	})
	s := start(t, 1, fan)
	lease := leaseOf("a", "fan", "1")
	lease.OutputType = esteirav1.OutputType_OUTPUT_TYPE_MULTIPLE
	s.lease(lease)
	first := s.appends.next()
	first.lose()
	var items []*esteirav1.Payload
	for index, size := range []int{1_000, 1_000, 500} {
		call := s.appends.next()
		if index == 0 {
			equal(t, call.raw, first.raw)
		}
		equal(t, int(call.request.GetChunkIndex()), index)
		equal(t, len(call.request.GetItems()), size)
		items = append(items, call.request.GetItems()...)
		call.answer(&esteirav1.AppendOutputsResponse{TotalItems: int64(len(items))})
	}
	for n, item := range items {
		equal(t, item.GetJson(), fmt.Sprint(n))
	}
	equal(t, s.accept().GetReports()[0].GetCompleted().GetAppendedItems(), 2_500)
}

func TestACompletionCarriesMessagesVerdictsUsageAndTimes(t *testing.T) {
	rich := model.Func("rich", func(cx *model.Context, input model.Payload) (model.Outcome, error) {
		cx.Emit("orders", "o-1", model.JSON("{}"))
		sum := 0
		for i := range 20_000_000 {
			sum ^= i
		}
		verdict := model.Verdict{Policy: "total", Version: "2", Passed: sum >= 0}
		after := model.AggregateRef{Kind: "order", ID: "o-1", Version: 4}
		return model.OutcomeOne(input).WithVerdict(verdict).WithAggregate(after), nil
	})
	s := start(t, 1, rich)
	s.lease(leaseOf("a", "rich", "1"))
	report := s.accept().GetReports()[0]
	done := report.GetCompleted()
	equal(t, done.GetEmit()[0].GetTopic()+done.GetEmit()[0].GetKey(), "orderso-1")
	equal(t, done.GetVerdicts()[0].GetPassed(), true)
	equal(t, done.GetAggregateAfter().GetVersion(), 4)
	usage := report.GetUsage()
	if usage.GetWallTime().AsDuration() <= 0 || usage.GetCpuTime().AsDuration() <= 0 || usage.GetPeakRssBytes() <= 0 {
		t.Fatalf("not measured: %v", usage)
	}
	equal(t, report.GetStartTime().IsValid() && report.GetEndTime().IsValid(), true)
}

func TestAResultThatIsRefusedBecomesAFailure(t *testing.T) {
	bad := model.Func("bad", func(*model.Context, model.Payload) (model.Payload, error) { return model.JSON("{not json"), nil })
	s := start(t, 1, bad)
	s.lease(leaseOf("a", "bad", "1"))
	s.reports.next().answer(refused("a", "JSON_INVALID"))
	isFailure(t, s.accept(), esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE, "JSON_INVALID")
}

func TestATextThatIsNotUTF8BecomesAFailure(t *testing.T) {
	bad := model.Func("bad", func(*model.Context, model.Payload) (model.Payload, error) { return model.JSON("\"\xff\""), nil })
	s := start(t, 1, bad)
	s.lease(leaseOf("a", "bad", "1"))
	isFailure(t, s.accept(), esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE, "RESULT_REFUSED")
}

func TestOneBadReportDoesNotCostTheOthers(t *testing.T) {
	fails := model.Func("fails", func(_ *model.Context, input model.Payload) (int, error) {
		return 0, model.Retryable("NO", "%s", input)
	})
	s := start(t, 2, fails)
	s.lease(leaseOf("a", "fails", "1"), leaseOf("b", "fails", "2"))
	// Whether the two travel together depends on when they end; in the end each was refused or accepted by itself.
	var seen []string
	for len(seen) < 2 {
		call := s.reports.next()
		replaced := failureOf(t, call.request).GetSource() == "worker"
		response := &esteirav1.ReportTasksResponse{}
		var tokens []string
		for _, report := range call.request.GetReports() {
			tokens = append(tokens, fmt.Sprint(report.GetLeaseToken(), replaced))
			response.Outcomes = append(response.Outcomes, applied(report.GetLeaseToken()))
		}
		if slices.Contains(tokens, "afalse") {
			call.refuse(status.Error(codes.InvalidArgument, "a is bad"))
			continue
		}
		seen = append(seen, tokens...)
		call.answer(response)
	}
	slices.Sort(seen)
	equal(t, strings.Join(seen, " "), "atrue bfalse")
}

func TestALostOrSettledLeaseIsDroppedWithoutAnotherWord(t *testing.T) {
	s := start(t, 1, echo())
	for _, reason := range []string{"LEASE_LOST", "RESULT_CONFLICT"} {
		s.lease(leaseOf("a", "echo", "1"))
		s.reports.next().answer(refused("a", reason))
	}
	s.polls.next().lose()
	s.reports.none()
}
