package transport

import (
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"
)

func TestPausesDoubleUpToTenSeconds(t *testing.T) {
	for tries, expected := range []int64{100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000} {
		if found := Backoff(tries, 1).Milliseconds(); found != expected {
			t.Errorf("%d: %d", tries, found)
		}
	}
	if Backoff(3, 0) != 0 {
		t.Error("no jitter")
	}
}

func TestOnlyWhatMayPassIsSentAgain(t *testing.T) {
	check := func(problem *status.Status, expected bool) {
		t.Helper()
		if _, again := pauseAfter(problem.Err(), 0); again != expected {
			t.Errorf("%v: %v", problem, again)
		}
	}
	for _, code := range []codes.Code{codes.Unavailable, codes.DeadlineExceeded, codes.Canceled} {
		check(status.New(code, ""), true)
	}
	for _, code := range []codes.Code{
		codes.InvalidArgument, codes.NotFound, codes.FailedPrecondition, codes.ResourceExhausted, codes.Internal, codes.Unauthenticated,
	} {
		check(status.New(code, ""), false)
	}
	check(status.New(codes.Internal, "stream terminated by RST_STREAM with error code: INTERNAL_ERROR"), true)
	said, err := status.New(codes.Internal, "the connection to the store broke").WithDetails(&errdetails.ErrorInfo{Reason: "INTERNAL"})
	if err != nil {
		t.Fatal(err)
	}
	check(said, false)
}

func TestAnOverloadedCoordinatorIsObeyed(t *testing.T) {
	problem, err := status.New(codes.ResourceExhausted, "").WithDetails(&errdetails.RetryInfo{RetryDelay: durationpb.New(7 * time.Second)})
	if err != nil {
		t.Fatal(err)
	}
	if pause, again := pauseAfter(problem.Err(), 0); !again || pause != 7*time.Second {
		t.Fatal(pause, again)
	}
}

func TestASilentConnectionIsReplacedAndClosedWhenNobodyUsesIt(t *testing.T) {
	link, err := NewLink("http://localhost:1", "")
	if err != nil {
		t.Fatal(err)
	}
	first, err := link.acquire()
	if err != nil {
		t.Fatal(err)
	}
	link.renew(first)
	second, err := link.acquire()
	if err != nil || second == first || !first.replaced {
		t.Fatal("the silent connection is used again", err)
	}
	link.renew(first)
	if link.current != second {
		t.Fatal("a newer connection was replaced")
	}
	link.release(first)
	if state := first.GetState().String(); state != "SHUTDOWN" {
		t.Fatal(state)
	}
	link.release(second)
	link.Close()
}
