package esteiratest_test

import (
	"fmt"
	"log/slog"
	"reflect"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/esteiratest"
	"github.com/esteira/esteira/sdk/go/model"
)

func equal(t *testing.T, found, expected any) {
	t.Helper()
	if !reflect.DeepEqual(found, expected) {
		t.Fatalf("found %v, expected %v", found, expected)
	}
}

func TestEverythingThatIsSaidIsKeptInOrder(t *testing.T) {
	chatty := model.FuncNone("chatty", func(cx *model.Context, _ model.Payload) error {
		cx.Log(slog.LevelInfo, fmt.Sprintf("attempt %d of %s", cx.Attempt(), cx.ConfigJSON()))
		cx.Checkpoint(model.JSON("1"))
		cx.Checkpoint(model.JSON("2"))
		last, _ := cx.LastCheckpoint()
		cx.Emit("t", "k", last)
		return nil
	})
	execution := esteiratest.New().Attempt(3).Config("{}").LastCheckpoint(model.JSON("0")).Run(chatty, model.Payload{})
	equal(t, execution.Logs, []esteiratest.Line{{Level: slog.LevelInfo, Message: "attempt 3 of {}"}})
	equal(t, execution.Checkpoints, []model.Payload{model.JSON("1"), model.JSON("2")})
	equal(t, execution.Emits[0].Payload, model.JSON("0"))
	equal(t, execution.Err, nil)
}

func TestAPanicAndAWrongOutputAreErrorsAsInAWorker(t *testing.T) {
	wrong := model.NewFunction("wrong", model.Single, func(*model.Context, model.Payload) (model.Outcome, error) {
		return model.OutcomeNone(), nil
	})
	equal(t, esteiratest.New().Run(wrong, model.Payload{}).Code(), "OUTPUT_TYPE_MISMATCH")
	panics := model.FuncNone("panics", func(*model.Context, model.Payload) error { panic("oh") })
	execution := esteiratest.New().Run(panics, model.Payload{})
	equal(t, execution.Code(), "UNHANDLED")
	equal(t, model.AsError(execution.Err).Message, "oh")
}

func TestACancelledFunctionSeesWhy(t *testing.T) {
	waits := model.FuncNone("waits", func(cx *model.Context, _ model.Payload) error {
		<-cx.Done()
		return model.Retryable(string(cx.CancelReason()), "")
	})
	harness := esteiratest.New()
	harness.Cancel(model.CancelLeaseLost)
	equal(t, harness.Run(waits, model.Payload{}).Code(), "LEASE_LOST")
}

func TestTheTimeThatIsLeftIsTold(t *testing.T) {
	asks := model.Func("asks", func(cx *model.Context, _ model.Payload) (bool, error) {
		left, limited := cx.Remaining()
		return limited && left > 50*time.Minute, nil
	})
	equal(t, esteiratest.New().Remaining(time.Hour).Run(asks, model.Payload{}).Payloads()[0], model.JSON("true"))
	equal(t, esteiratest.New().Run(asks, model.Payload{}).Payloads()[0], model.JSON("false"))
}
