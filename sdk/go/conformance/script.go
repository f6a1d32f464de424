package conformance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

// scriptConfig has a list of operations for each attempt.
type scriptConfig struct {
	Attempts *[][]operation `json:"attempts"`
}

// operation is one thing to do: exactly one of its fields is there. JSON texts are used as they are.
type operation struct {
	Emit             *message `json:"emit"`
	Checkpoint       *string  `json:"checkpoint"`
	Log              *string  `json:"log"`
	Verdict          *judged  `json:"verdict"`
	SleepMS          *millis  `json:"sleep_ms"`
	BlockMS          *millis  `json:"block_ms"`
	WaitCancel       *yes     `json:"wait_cancel"`
	Fail             *failing `json:"fail"`
	Throw            *string  `json:"throw"`
	Return           *string  `json:"return"`
	ReturnBinary     *[]byte  `json:"return_binary"`
	ReturnInput      *yes     `json:"return_input"`
	ReturnCheckpoint *yes     `json:"return_checkpoint"`
	ReturnType       *wrong   `json:"return_type"`
}

func (o *operation) UnmarshalJSON(data []byte) error {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		return err
	}
	if len(members) != 1 {
		return fmt.Errorf("an operation has one member, not %d", len(members))
	}
	type plain operation
	return strict(string(data), (*plain)(o))
}

type message struct {
	Topic *string `json:"topic"`
	Key   string  `json:"key"`
	JSON  *string `json:"json"`
}

type judged struct {
	Policy  *string `json:"policy"`
	Version *string `json:"version"`
	Passed  *bool   `json:"passed"`
	Detail  *string `json:"detail"`
}

type failing struct {
	Code      *string `json:"code"`
	Message   *string `json:"message"`
	Retryable *bool   `json:"retryable"`
	AfterMS   *millis `json:"after_ms"`
}

// millis is a number of milliseconds; more than a [time.Duration] can hold is as long as that can be.
type millis uint64

func (m millis) duration() time.Duration {
	if m > math.MaxInt64/millis(time.Millisecond) {
		return math.MaxInt64
	}
	return time.Duration(m) * time.Millisecond
}

// yes is true; anything else is refused.
type yes struct{}

func (*yes) UnmarshalJSON(data []byte) error {
	if string(data) != "true" {
		return errors.New("only `true` has a meaning here")
	}
	return nil
}

// wrong is an output type that the function does not have.
type wrong model.OutputType

func (w *wrong) UnmarshalJSON(data []byte) error {
	switch string(data) {
	case `"NONE"`:
		*w = wrong(model.None)
	case `"MULTIPLE"`:
		*w = wrong(model.Multiple)
	default:
		return errors.New("`return_type` is NONE or MULTIPLE")
	}
	return nil
}

// check says what an operation lacks.
func (o *operation) check() error {
	isWhole := true
	switch {
	case o.Emit != nil:
		isWhole = o.Emit.Topic != nil && o.Emit.JSON != nil
	case o.Verdict != nil:
		isWhole = o.Verdict.Policy != nil && o.Verdict.Version != nil && o.Verdict.Passed != nil && o.Verdict.Detail != nil
	case o.Fail != nil:
		isWhole = o.Fail.Code != nil && o.Fail.Message != nil && o.Fail.Retryable != nil
	case *o == operation{}:
		isWhole = false
	}
	if !isWhole {
		return errors.New("an operation lacks a member")
	}
	return nil
}

// script plays the list of operations of this attempt; beyond the last list, the last one.
func script() model.Function {
	return model.Func("kit.script", func(cx *model.Context, input model.Payload) (model.Outcome, error) {
		var config scriptConfig
		if err := strictConfig(cx, &config); err != nil {
			return model.Outcome{}, err
		}
		if config.Attempts == nil || len(*config.Attempts) == 0 {
			return model.Outcome{}, model.ConfigInvalid("`attempts` has no list")
		}
		for _, operations := range *config.Attempts {
			for i := range operations {
				if err := operations[i].check(); err != nil {
					return model.Outcome{}, model.ConfigInvalid("%w", err)
				}
			}
		}
		turn := min(cx.Attempt(), len(*config.Attempts)) - 1
		return play(cx, input, (*config.Attempts)[turn])
	})
}

// play does one thing after the other until one of them ends the attempt; with none that does, the result is null.
func play(cx *model.Context, input model.Payload, operations []operation) (model.Outcome, error) {
	var verdicts []model.Verdict
	for _, operation := range operations {
		if verdict := operation.Verdict; verdict != nil {
			verdicts = append(verdicts, model.Verdict{
				Policy: *verdict.Policy, Version: *verdict.Version, Passed: *verdict.Passed, Detail: *verdict.Detail,
			})
			continue
		}
		if outcome, isReturn := operation.returns(cx, input); isReturn {
			outcome.Verdicts = verdicts
			return outcome, nil
		}
		if err := operation.act(cx); err != nil {
			return model.Outcome{}, err
		}
	}
	outcome := model.OutcomeOne(model.JSON("null"))
	outcome.Verdicts = verdicts
	return outcome, nil
}

func (o *operation) returns(cx *model.Context, input model.Payload) (model.Outcome, bool) {
	switch {
	case o.Return != nil:
		return model.OutcomeOne(model.JSON(*o.Return)), true
	case o.ReturnBinary != nil:
		return model.OutcomeOne(model.Binary(*o.ReturnBinary)), true
	case o.ReturnInput != nil:
		return model.OutcomeOne(input), true
	case o.ReturnCheckpoint != nil:
		if checkpoint, found := cx.LastCheckpoint(); found {
			return model.OutcomeOne(checkpoint), true
		}
		return model.OutcomeOne(model.JSON("null")), true
	case o.ReturnType != nil && *o.ReturnType == wrong(model.None):
		return model.OutcomeNone(), true
	case o.ReturnType != nil:
		return model.OutcomeMany(nil), true
	default:
		return model.Outcome{}, false
	}
}

func (o *operation) act(cx *model.Context) error {
	switch {
	case o.Emit != nil:
		cx.Emit(*o.Emit.Topic, o.Emit.Key, model.JSON(*o.Emit.JSON))
	case o.Checkpoint != nil:
		cx.Checkpoint(model.JSON(*o.Checkpoint))
	case o.Log != nil:
		cx.Log(slog.LevelInfo, *o.Log)
	case o.SleepMS != nil:
		timer := time.NewTimer(o.SleepMS.duration())
		defer timer.Stop()
		select {
		case <-cx.Done():
			return context.Cause(cx)
		case <-timer.C:
		}
	case o.BlockMS != nil:
		// Blocks its thread, and does not look at the context.
		time.Sleep(o.BlockMS.duration())
	case o.WaitCancel != nil:
		<-cx.Done()
		return context.Cause(cx)
	case o.Fail != nil:
		failure := model.NonRetryable(*o.Fail.Code, "%s", *o.Fail.Message)
		if *o.Fail.Retryable {
			failure = model.Retryable(*o.Fail.Code, "%s", *o.Fail.Message)
		}
		if o.Fail.AfterMS != nil {
			return failure.WithAfter(o.Fail.AfterMS.duration())
		}
		return failure
	case o.Throw != nil:
		return errors.New(*o.Throw)
	}
	return nil
}
