package model_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/esteira/esteira/sdk/go/model"
)

type order struct {
	ID uint64 `json:"id"`
}

func TestAPayloadDecodesOrIsInputInvalid(t *testing.T) {
	read, err := model.Decode[order](model.JSON(`{"id":9007199254740993}`))
	if err != nil || read.ID != 9007199254740993 {
		t.Fatal(read, err)
	}
	for _, bad := range []model.Payload{
		model.JSON(`{"id":-1}`), model.JSON("{"), model.JSON(`{"id":1.5}`), model.JSON(`{"id":1,"id":2}`),
		model.JSON(`{"id":1} 2`), model.Binary([]byte("{}")), {},
	} {
		_, err := model.Decode[order](bad)
		if !errors.Is(err, &model.Error{Code: model.CodeInputInvalid}) || model.AsError(err).Retryable {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestAnErrorNamesThePlaceAndNotTheData(t *testing.T) {
	_, err := model.Decode[order](model.JSON(`{"id":"secret"}`))
	equal(t, model.AsError(err).Message, "the JSON has another shape than expected (line 1 column 14)")
}

func TestAnAbsentConfigurationReadsAsAnEmptyObject(t *testing.T) {
	cx := model.NewContext(context.Background(), &model.Invocation{}, nil)
	if _, err := model.Config[map[string]uint8](cx); err != nil {
		t.Fatal(err)
	}
	cx = model.NewContext(context.Background(), &model.Invocation{ConfigJSON: `[1]`}, nil)
	if _, err := model.Config[order](cx); !errors.Is(err, &model.Error{Code: model.CodeConfigInvalid}) {
		t.Fatal(err)
	}
}

func TestNumbersOfOpenValuesKeepTheirText(t *testing.T) {
	text := `{"big":123456789012345678901234567890,"tag":"<&>","wide":1e400}`
	read, err := model.Decode[any](model.JSON(text))
	if err != nil {
		t.Fatal(err)
	}
	if number := read.(map[string]any)["big"].(json.Number); number != "123456789012345678901234567890" {
		t.Fatal(number)
	}
	again, err := model.Encode(read)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, again, model.JSON(text))
}

func TestALibraryErrorIsRetryableUnhandledWithItsSources(t *testing.T) {
	cause := errors.New("connection refused")
	failure := model.AsError(fmt.Errorf("read the order: %w", cause))
	equal(t, failure.Retryable, true)
	equal(t, failure.Code, model.CodeUnhandled)
	equal(t, failure.Message, "read the order: connection refused")
	if !errors.Is(failure, cause) {
		t.Fatal("the cause is lost")
	}
}

func TestAnErrorThatWrapsKeepsItsCode(t *testing.T) {
	wrapped := fmt.Errorf("order o-1: %w", model.Retryable("BUSY", "later").WithAfter(time.Second))
	failure := model.AsError(wrapped)
	equal(t, failure.Code, "BUSY")
	equal(t, *failure.After, time.Second)
	equal(t, failure.Message, "order o-1: BUSY: later")
	if !errors.Is(failure, &model.Error{Code: "BUSY"}) {
		t.Fatal("the code is lost")
	}
}

func TestTextsAreCutOnACodePointBoundary(t *testing.T) {
	for _, c := range []struct {
		text  string
		bytes int
	}{{strings.Repeat("é", 3000), 4096}, {strings.Repeat("€", 3000), 4095}, {strings.Repeat("😀", 2000), 4096}, {"ok", 2}} {
		message := model.Retryable("X", "%s", c.text).Failure("f").Message
		if len(message) != c.bytes || !strings.HasPrefix(c.text, message) {
			t.Errorf("%d bytes, expected %d", len(message), c.bytes)
		}
	}
}

func TestACodeOfAnotherFormMovesIntoTheMessage(t *testing.T) {
	for _, code := range []string{"", "not a code", "9LIVES", "é", strings.Repeat("X", 65)} {
		failure := model.NonRetryable(code, "why").Failure("f")
		equal(t, failure.Code, model.CodeUnhandled)
		equal(t, failure.Message, code+": why")
	}
	equal(t, model.NonRetryable("OK_2", "why").Failure("f").Code, "OK_2")
}

func TestAPauseBelongsToARetryableErrorOnly(t *testing.T) {
	equal(t, *model.Retryable("X", "").WithAfter(3 * time.Second).Failure("f").RetryAfter, 3*time.Second)
	equal(t, model.NonRetryable("X", "").WithAfter(3*time.Second).Failure("f").RetryAfter == nil, true)
}

func TestIDsRiseAndHaveTheFormOfVersion7(t *testing.T) {
	last := ""
	for range 10_000 {
		id := model.NewID()
		if id <= last || len(id) != 36 || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Fatal(last, id)
		}
		last = id
	}
}

// What a function author imports needs nothing but the standard library.
func TestTheModelNeedsTheStandardLibraryOnly(t *testing.T) {
	command := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{end}}", ".")
	listed, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	equal(t, strings.TrimSpace(string(listed)), "github.com/esteira/esteira/sdk/go/model")
}
