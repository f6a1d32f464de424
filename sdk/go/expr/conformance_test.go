package expr

import (
	"errors"
	"strconv"
	"strings"
	"testing"

	"github.com/esteira/esteira/sdk/go/model"
)

func object(fields map[string]model.Variable) model.Variable { return model.Variable{Fields: fields} }

func jsonVariable(text string) model.Variable { return model.Variable{Payload: model.JSON(text)} }

// full is everything that there can be.
func full() map[string]model.Variable {
	return map[string]model.Variable{
		"input": jsonVariable(`{"n":9007199254740993,"one":1,"big":18446744073709551615,"f":1.5,"s":"x","yes":true,"nothing":null,
            "list":[3,1,2],"empty":[],"map":{"b":2,"a":1},"e-mail":"a@b.c","nested":{"deep":{"er":"found"}},
            "leads":[{"name":"Ana","score":70,"tags":["hot"]},{"name":"Bea","score":30,"tags":[]},{"name":"Caio"}],
            "esc\"aped\u0000":"tab\there","when":"2026-07-01T10:30:00Z"}`),
		"output": jsonVariable(`{"n":2,"ok":true}`),
		"item":   jsonVariable(`{"index":3,"path":[0,3]}`),
		"steps": object(map[string]model.Variable{
			"fetch":  object(map[string]model.Variable{"output": jsonVariable(`{"rows":7}`)}),
			"bin":    object(map[string]model.Variable{"output": {Payload: model.Binary([]byte("\x00\xff"))}}),
			"silent": object(map[string]model.Variable{"output": {}}),
			"other":  object(map[string]model.Variable{}),
		}),
		"job": object(map[string]model.Variable{
			"id": jsonVariable(`"0190b3f2-0000-7000-8000-000000000000"`), "input": jsonVariable(`{"campaign":"july"}`),
			"labels": object(map[string]model.Variable{"team": jsonVariable(`"sales"`)}), "data_class": jsonVariable(`"QA"`),
		}),
		"config": jsonVariable(`{"limit":10}`),
	}
}

var conditionVariables = []string{"input", "output", "item", "steps", "job", "config"}

func condition(source string, variables map[string]model.Variable) (bool, error) {
	compiled, err := NewEvaluator().Compile(source, conditionVariables, true)
	if err != nil {
		return false, err
	}
	return compiled.Holds(variables)
}

func codeOf(err error) string {
	var problem *model.ExpressionError
	if !errors.As(err, &problem) {
		return err.Error()
	}
	return strings.TrimPrefix(problem.Code, "EXPRESSION_")
}

func TestConformance(t *testing.T) {
	for chapter, cases := range conformanceCases {
		t.Run(chapter, func(t *testing.T) {
			for _, c := range cases {
				holds, err := condition(c.source, full())
				found := strconv.FormatBool(holds)
				if err != nil {
					found = codeOf(err)
				}
				if found != c.expected {
					t.Errorf("%s\n    expected %s, found %s (%v)", c.source, c.expected, found, err)
				}
			}
		})
	}
}
