package conformance_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
)

// changed are copies of a value, each with one thing in it changed: another leaf, a key less, an element less or more.
func changed(value any) (copies []any) {
	switch value := value.(type) {
	case object:
		for key, member := range value {
			for _, other := range changed(member) {
				copied := maps.Clone(value)
				copied[key] = other
				copies = append(copies, copied)
			}
			less := maps.Clone(value)
			delete(less, key)
			copies = append(copies, less)
		}
	case []any:
		for i, element := range value {
			for _, other := range changed(element) {
				copied := slices.Clone(value)
				copied[i] = other
				copies = append(copies, copied)
			}
			copies = append(copies, slices.Delete(slices.Clone(value), i, i+1))
		}
		copies = append(copies, append(slices.Clone(value), "more"))
	case string:
		copies = append(copies, value+"x", nil)
	case bool:
		copies = append(copies, !value, nil)
	default:
		copies = append(copies, "another value")
	}
	return copies
}

func TestEveryChangeOfATraceIsNoticed(t *testing.T) {
	text := `{"state":"FAILED","failure":{"kind":"NON_RETRYABLE","code":"BAD","message":"why"},"tasks":[{"plan":"","step":"a",
		"item":"0/1","attempts":2,"state":"FAILED","input":{"json":"[1]"},"outputs":[{"binary":"AA=="},{"none":true}],
		"verdicts":[{"policy":"p","version":"1","passed":true,"detail":"input"}],"failure":null}],"results":[{"json":"1"}],
		"messages":[{"topic":"t","key":"<job>","payload":{"json":"2"}}]}`
	expected := asJSON(t, json.RawMessage(text))
	if difference := firstDifference("expected", expected, asJSON(t, json.RawMessage(text))); difference != "" {
		t.Fatal(difference)
	}
	copies := changed(expected)
	if len(copies) < 60 {
		t.Fatalf("only %d changes", len(copies))
	}
	for _, other := range copies {
		if firstDifference("expected", expected, other) == "" {
			t.Errorf("not noticed: %v", other)
		}
	}
}
