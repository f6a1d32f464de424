package main

import (
	"testing"

	"github.com/esteira/esteira/sdk/go/esteiratest"
	"github.com/esteira/esteira/sdk/go/model"
)

func TestItGreets(t *testing.T) {
	execution := esteiratest.New().Run(greet, model.JSON(`"world"`))
	if execution.Err != nil || execution.Payloads()[0] != model.JSON(`"hello, world"`) {
		t.Fatal(execution.Payloads(), execution.Err)
	}
}

func TestNobodyToGreetIsRefused(t *testing.T) {
	if code := esteiratest.New().Run(greet, model.JSON(`""`)).Code(); code != "NAME_EMPTY" {
		t.Fatal(code)
	}
}
