package model

import (
	"strings"
	"testing"
	"time"
)

func refusedCode(t *testing.T, change func(outcome *Outcome, said *Said)) string {
	t.Helper()
	own := AggregateRef{Kind: "order", ID: "o", Version: 1}
	outcome := OutcomeOne(JSON("1")).WithAggregate(own).
		WithVerdict(Verdict{Policy: "p", Version: "1", Passed: true, Detail: "a\nb"})
	broken := JSON("{")
	said := Said{Emits: []Emit{{Topic: "t", Key: "k", Payload: JSON("1")}}, Checkpoint: &broken}
	change(&outcome, &said)
	if refused := refuseSuccess(outcome, said, &own); refused != nil {
		return refused.Code
	}
	return ""
}

func TestWhatTheCoordinatorTakesIsTaken(t *testing.T) {
	for i, change := range []func(*Outcome, *Said){
		func(*Outcome, *Said) {},
		func(_ *Outcome, said *Said) { said.Emits = make([]Emit, emitMax); fill(said.Emits) },
		func(_ *Outcome, said *Said) { said.Emits[0].Headers = map[string]string{"0-a.b_c": "é"} },
		func(outcome *Outcome, _ *Said) { outcome.AggregateAfter = nil },
		func(_ *Outcome, said *Said) { said.Emits[0].Key = strings.Repeat("é", textCharsMax) },
	} {
		if code := refusedCode(t, change); code != "" {
			t.Errorf("%d: %s", i, code)
		}
	}
}

func fill(emits []Emit) {
	for i := range emits {
		emits[i].Topic = "t"
	}
}

func TestAFieldWithoutItsFormIsRefused(t *testing.T) {
	for i, change := range []func(*Outcome, *Said){
		func(_ *Outcome, said *Said) { said.Emits = make([]Emit, emitMax+1); fill(said.Emits) },
		func(_ *Outcome, said *Said) { said.Emits[0].Topic = "T" },
		func(_ *Outcome, said *Said) { said.Emits[0].Topic = strings.Repeat("t", topicBytesMax+1) },
		func(_ *Outcome, said *Said) { said.Emits[0].Key = "a\nb" },
		func(_ *Outcome, said *Said) { said.Emits[0].Headers = map[string]string{"A": ""} },
		func(_ *Outcome, said *Said) { said.Emits[0].Headers = map[string]string{"a": "\t"} },
		func(_ *Outcome, said *Said) {
			said.Emits[0].Headers = map[string]string{"a": strings.Repeat("x", 9_000)}
		},
		func(outcome *Outcome, _ *Said) { outcome.Verdicts = make([]Verdict, verdictsMax+1) },
		func(outcome *Outcome, _ *Said) { outcome.Verdicts[0].Policy = "" },
		func(outcome *Outcome, _ *Said) { outcome.Verdicts[0].Version = strings.Repeat("1", 65) },
		func(outcome *Outcome, _ *Said) { outcome.Verdicts[0].Detail = "\x00" },
		func(outcome *Outcome, _ *Said) { outcome.AggregateAfter.ID = "p" },
		func(outcome *Outcome, _ *Said) { outcome.AggregateAfter.Version = -1 },
		func(outcome *Outcome, _ *Said) { outcome.AggregateAfter.Kind = "Order" },
	} {
		if code := refusedCode(t, change); code != codeFieldInvalid {
			t.Errorf("%d: %q", i, code)
		}
	}
}

func TestPayloadsAreCheckedWhereverTheyAre(t *testing.T) {
	large := Binary(make([]byte, PayloadBytesMax+1))
	for expected, change := range map[string]func(*Outcome, *Said){
		"JSON_INVALID":      func(outcome *Outcome, _ *Said) { *outcome = OutcomeMany([]Payload{JSON("{")}) },
		"PAYLOAD_TOO_LARGE": func(_ *Outcome, said *Said) { said.Emits[0].Payload = large },
	} {
		if code := refusedCode(t, change); code != expected {
			t.Errorf("%q, expected %s", code, expected)
		}
	}
}

func TestAFailureIsRefusedForItsPauseAndItsCheckpoint(t *testing.T) {
	saved, broken := JSON("1"), JSON("{")
	taken, checkpoint := refuseFailure(Retryable("BUSY", "a\x00b").Failure("f"), &saved)
	if taken.Message != "a\ufffdb" || checkpoint != &saved {
		t.Fatal(taken, checkpoint)
	}
	long, _ := refuseFailure(Retryable("BUSY", "").WithAfter(retryAfterMax+time.Millisecond).Failure("f"), &saved)
	bad, dropped := refuseFailure(Retryable("BUSY", "").Failure("f"), &broken)
	if long.Code != codeFieldInvalid || bad.Code != "JSON_INVALID" || dropped != nil {
		t.Fatal(long, bad, dropped)
	}
}
