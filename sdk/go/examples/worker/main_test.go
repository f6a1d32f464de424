package main

import (
	"testing"

	"github.com/esteira/esteira/sdk/go/esteiratest"
	"github.com/esteira/esteira/sdk/go/model"
)

func TestGreet(t *testing.T) {
	hello := model.Func("hello", greet)
	if execution := esteiratest.New().Run(hello, model.JSON(`"world"`)); execution.Payloads()[0] != model.JSON(`"hello, world"`) {
		t.Fatal(execution.Err)
	}
	if code := esteiratest.New().Run(hello, model.JSON(`""`)).Code(); code != "NAME_EMPTY" {
		t.Fatal(code)
	}
}
