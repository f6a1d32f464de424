package worker

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	esteirav1 "github.com/esteira/esteira/sdk/go/gen/esteira/v1"
	"github.com/esteira/esteira/sdk/go/model"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
)

const ttl = 30 * time.Second

func equal[T comparable](t *testing.T, found, expected T) {
	t.Helper()
	if found != expected {
		t.Fatalf("found %v, expected %v", found, expected)
	}
}

func heldLeases() (*leases, context.Context, time.Time) {
	ctx, cancel := context.WithCancelCause(context.Background())
	held, now := newLeases(), time.Now()
	held.hold("a", ttl, now, cancel, 0)
	return held, ctx, now
}

func wakes(t *testing.T, l *leases, expected time.Time) {
	t.Helper()
	found, _ := l.wake()
	equal(t, found, expected)
}

func TestALeaseIsDueAfterAThirdOfItsTime(t *testing.T) {
	l, _, now := heldLeases()
	equal(t, len(l.due(now.Add(9*time.Second), 100, 0)), 0)
	wakes(t, l, now.Add(10*time.Second))
	equal(t, l.due(now.Add(10*time.Second), 100, 0)[0].token, "a")
	equal(t, beatInterval(ttl, 1).Seconds(), 8)
}

func TestAGoodBeatCountsFromWhenItWasSent(t *testing.T) {
	l, ctx, now := heldLeases()
	sent := now.Add(10 * time.Second)
	l.answered(l.due(sent, 100, 0), []verdict{{held: true}}, sent, 0)
	l.expire(now.Add(39 * time.Second))
	equal(t, ctx.Err(), nil)
	l.expire(now.Add(40 * time.Second))
	equal(t, context.Cause(ctx), error(model.CancelLeaseLost))
	equal(t, l.end("a"), false)
}

func TestALostLeaseReportsNothing(t *testing.T) {
	l, ctx, now := heldLeases()
	sent := now.Add(10 * time.Second)
	l.answered(l.due(sent, 100, 0), []verdict{{lost: true}}, sent, 0)
	_, isHeld := l.wake()
	equal(t, context.Cause(ctx), error(model.CancelLeaseLost))
	equal(t, l.end("a") || isHeld, false)
}

func TestAFinishedFunctionIsNotLostByTime(t *testing.T) {
	l, ctx, now := heldLeases()
	equal(t, l.end("a"), true)
	l.expire(now.Add(100 * time.Second))
	equal(t, l.holds("a") && ctx.Err() == nil, true)
}

func TestACancelRequestRenewsAndCancels(t *testing.T) {
	l, ctx, now := heldLeases()
	sent := now.Add(10 * time.Second)
	l.answered(l.due(sent, 100, 0), []verdict{{held: true, ttl: 2 * ttl, reason: model.CancelJob}}, sent, 0)
	equal(t, context.Cause(ctx), error(model.CancelJob))
	wakes(t, l, now.Add(30*time.Second))
}

func TestACheckpointBringsTheBeatForwardAndSurvivesAFailedOne(t *testing.T) {
	l, _, now := heldLeases()
	saved := model.JSON("1")
	l.save("a", saved, now)
	wakes(t, l, now.Add(time.Second))
	beats := l.due(now.Add(time.Second), 100, 1)
	equal(t, *beats[0].checkpoint, saved)
	l.unanswered(beats, now.Add(2*time.Second), 0, true)
	equal(t, *l.due(now.Add(3*time.Second), 100, 1)[0].checkpoint, saved)
	l.save("a", saved, now.Add(3*time.Second))
	equal(t, l.due(now.Add(4*time.Second), 100, 0)[0].checkpoint == nil, true)
}

func TestACallNeverOutlastsALease(t *testing.T) {
	l, _, now := heldLeases()
	equal(t, l.patience(now), 10*time.Second)
	equal(t, l.patience(now.Add(28*time.Second)), 2*time.Second)
	equal(t, l.patience(now.Add(31*time.Second)), 20*time.Millisecond)
}

func TestVerdictsAreMatchedByToken(t *testing.T) {
	message := func(token string, status esteirav1.LeaseStatus, reason string) *esteirav1.LeaseVerdict {
		return &esteirav1.LeaseVerdict{LeaseToken: token, Status: status, Reason: reason}
	}
	read := readVerdicts([]beat{{token: "a"}, {token: "b"}, {token: "c"}, {token: "d"}, {token: "e"}}, []*esteirav1.LeaseVerdict{
		message("d", esteirav1.LeaseStatus_LEASE_STATUS_CANCEL_REQUESTED, "SOMETHING_NEW"),
		message("c", esteirav1.LeaseStatus_LEASE_STATUS_LOST, "LEASE_LOST"), message("b", 99, ""),
		message("e", esteirav1.LeaseStatus_LEASE_STATUS_CANCEL_REQUESTED, "DRAIN"),
	})
	for i, expected := range []verdict{{}, {}, {lost: true}, {held: true, reason: model.CancelJob}, {held: true, reason: model.CancelDrain}} {
		equal(t, read[i], expected)
	}
}

func TestASlotIsPromisedOnce(t *testing.T) {
	s := slots{total: 4}
	equal(t, s.promiseToPoll(100), 4)
	equal(t, s.promiseToReport(100)+s.free(), 0)
	equal(t, s.start(), false)
	s.pollAnswered()
	equal(t, s.start(), true)
	equal(t, s.start(), true)
	equal(t, s.promiseToReport(1), 1)
	equal(t, s.promiseToPoll(100), 1)
	s.end()
	equal(t, s.free(), 1)
	s.reportAnswered()
	equal(t, s.free(), 2)
}

func letterOf(token string, bytes int) letter {
	written := withoutResult(token, released(strings.Repeat("x", bytes)))
	written.kept = true
	return written
}

func takeTokens(o *outgoing) string {
	tokens := ""
	for _, letter := range o.take(limitsIn(nil), func(letter) bool { return true }) {
		tokens += letter.token()
	}
	return tokens
}

func TestABatchHoldsWhatFitsInOrder(t *testing.T) {
	var o outgoing
	o.push(letterOf("a", 3<<20))
	o.push(letterOf("b", 1))
	o.push(letterOf("c", 2<<20))
	o.push(letterOf("d", 5<<20))
	o.push(letterOf("e", 1))
	for _, expected := range []string{"ab", "c", "d", "e", ""} {
		equal(t, takeTokens(&o), expected)
	}
}

func TestNoMoreReportsThanACallMayCarry(t *testing.T) {
	var o outgoing
	for range 101 {
		o.push(letterOf("x", 1))
	}
	equal(t, len(takeTokens(&o)), 100)
	equal(t, len(takeTokens(&o)), 1)
}

func TestALetterThatGoesAloneHasNoCompany(t *testing.T) {
	var o outgoing
	o.push(letterOf("c", 1))
	a, b := letterOf("a", 1), letterOf("b", 1)
	a.alone, b.alone = true, true
	o.putBack([]letter{a, b})
	equal(t, takeTokens(&o)+" "+takeTokens(&o)+" "+takeTokens(&o), "a b c")
}

func TestWhatIsNotWantedAnyMoreIsDropped(t *testing.T) {
	var o outgoing
	o.push(letterOf("a", 1))
	o.push(letterOf("b", 1))
	equal(t, len(o.take(limitsIn(nil), func(letter letter) bool { return letter.token() != "a" })), 1)
	equal(t, o.isEmpty(), true)
}

func decided(ended ending, outputType model.OutputType, reason model.CancelReason) *esteirav1.TaskReport {
	invocation := &model.Invocation{OutputType: outputType, FunctionName: "f"}
	report := &esteirav1.TaskReport{}
	decide(ended, model.Said{}, invocation, reason, limitsIn(nil)).outcome(report)
	return report
}

func TestAnOutputOfAnotherTypeIsRefusedHere(t *testing.T) {
	for _, c := range []struct {
		outcome  model.Outcome
		expected model.OutputType
	}{
		{model.OutcomeNone(), model.Single}, {model.OutcomeMany(nil), model.Single}, {model.OutcomeOne(model.JSON("1")), model.Multiple},
		{model.Outcome{OutputType: model.Single}, model.Single}, {model.Outcome{}, model.None},
	} {
		failure := decided(ending{outcome: c.outcome}, c.expected, "").GetFailed().GetFailure()
		equal(t, failure.GetCode(), model.CodeOutputTypeMismatch)
		equal(t, failure.GetKind(), esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE)
	}
}

func TestErrorsKeepTheirKindUnlessTheFunctionWasCancelled(t *testing.T) {
	retryable, fatal := ending{err: model.Retryable("BUSY", "later")}, ending{err: model.NonRetryable("BAD", "never")}
	for _, c := range []struct {
		ending ending
		reason model.CancelReason
		kind   esteirav1.FailureKind
		code   string
	}{
		{retryable, "", esteirav1.FailureKind_FAILURE_KIND_RETRYABLE, "BUSY"},
		{fatal, "", esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE, "BAD"},
		{fatal, model.CancelJob, esteirav1.FailureKind_FAILURE_KIND_CANCELLED, "CANCELLED"},
		{retryable, model.CancelTimeout, esteirav1.FailureKind_FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT"},
		{fatal, model.CancelTimeout, esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE, "BAD"},
		{ending{err: errAbandoned}, model.CancelTimeout, esteirav1.FailureKind_FAILURE_KIND_TIMEOUT, "EXECUTION_TIMEOUT"},
		{ending{err: errors.New("boom")}, "", esteirav1.FailureKind_FAILURE_KIND_RETRYABLE, "UNHANDLED"},
		{ending{err: model.NonRetryable("not a code", "")}, "", esteirav1.FailureKind_FAILURE_KIND_NON_RETRYABLE, "UNHANDLED"},
	} {
		failure := decided(c.ending, model.Single, c.reason).GetFailed().GetFailure()
		equal(t, failure.GetKind(), c.kind)
		equal(t, failure.GetCode(), c.code)
	}
}

func TestADrainedFunctionCostsNoAttemptUnlessItFinished(t *testing.T) {
	equal(t, decided(ending{err: model.Retryable("STOPPED", "")}, model.None, model.CancelDrain).GetReleased() != nil, true)
	equal(t, decided(ending{outcome: model.OutcomeNone()}, model.None, model.CancelDrain).GetCompleted() != nil, true)
}

func TestWhatIsTooLargeIsSaidBeforeItIsSent(t *testing.T) {
	large := model.Binary(make([]byte, 1<<20+1))
	for _, outcome := range []model.Outcome{
		model.OutcomeOne(large), model.OutcomeMany([]model.Payload{large}), model.OutcomeMany(make([]model.Payload, 100_001)),
	} {
		equal(t, decided(ending{outcome: outcome}, outcome.OutputType, "").GetFailed().GetFailure().GetCode(), model.CodeResultTooLarge)
	}
	said := model.Said{}
	for range 5 {
		said.Emits = append(said.Emits, model.Emit{Topic: "t", Payload: model.Binary(make([]byte, 1<<20))})
	}
	report := &esteirav1.TaskReport{}
	decide(ending{outcome: model.OutcomeNone()}, said, &model.Invocation{OutputType: model.None}, "", limitsIn(nil)).outcome(report)
	equal(t, report.GetFailed().GetFailure().GetCode(), model.CodeResultTooLarge)
}

func TestLargeMultiplesAreAppendedInOrder(t *testing.T) {
	for _, c := range []struct {
		count, bytes int
		expected     []int
	}{{1_000, 10, nil}, {1_001, 10, []int{1_000, 1}}, {6, 1 << 20, []int{3, 3}}, {3, 1 << 20, nil}} {
		items := make([]model.Payload, c.count)
		for i := range items {
			items[i] = model.Binary(append(make([]byte, c.bytes-1), byte(i)))
		}
		made := decide(ending{outcome: model.OutcomeMany(items)}, model.Said{}, &model.Invocation{OutputType: model.Multiple}, "", limitsIn(nil))
		equal(t, len(made.chunks), len(c.expected))
		at := 0
		for i, chunk := range made.chunks {
			equal(t, len(chunk), c.expected[i])
			request := &esteirav1.AppendOutputsRequest{LeaseToken: "token", Items: chunk}
			equal(t, proto.Size(request) <= 4<<20, true)
			for _, item := range chunk {
				equal(t, item.GetBinary()[c.bytes-1], byte(at))
				at++
			}
		}
	}
}

func TestAFailureCarriesTheCheckpointIfItIsSmallEnough(t *testing.T) {
	for _, checkpoint := range []model.Payload{model.JSON("7"), model.Binary(make([]byte, 2<<20))} {
		report := &esteirav1.TaskReport{}
		said := model.Said{Checkpoint: &checkpoint}
		decide(ending{err: model.Retryable("X", "")}, said, &model.Invocation{}, "", limitsIn(nil)).outcome(report)
		equal(t, report.GetFailed().GetCheckpoint() != nil, checkpoint.Len() == 1)
	}
}

func TestALeaseThatCannotBeReadNamesTheField(t *testing.T) {
	good := &esteirav1.TaskLease{
		JobId: "j", TaskId: "t", Attempt: 1, OutputType: esteirav1.OutputType_OUTPUT_TYPE_SINGLE, LeaseTtl: durationpb.New(ttl),
	}
	if _, err := leaseIn(good); err != nil {
		t.Fatal(err)
	}
	for field, spoil := range map[string]func(*esteirav1.TaskLease){
		"job_id":      func(lease *esteirav1.TaskLease) { lease.JobId = "" },
		"attempt":     func(lease *esteirav1.TaskLease) { lease.Attempt = 0 },
		"output_type": func(lease *esteirav1.TaskLease) { lease.OutputType = 99 },
		"lease_ttl":   func(lease *esteirav1.TaskLease) { lease.LeaseTtl = nil },
	} {
		bad := proto.CloneOf(good)
		spoil(bad)
		if _, err := leaseIn(bad); err == nil || err.Error() != field {
			t.Errorf("%v, expected %s", err, field)
		}
	}
}

func TestWorkInsideAFunctionIsCounted(t *testing.T) {
	var usage model.Usage
	sum := 0
	measured(&usage, func() {
		for i := range 30_000_000 {
			sum ^= i
		}
	})
	equal(t, usage.CPUTime > 0 && usage.WallTime >= usage.CPUTime/2 && sum >= 0, true)
}
