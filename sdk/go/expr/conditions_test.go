package expr

import (
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/esteira/esteira/sdk/go/model"
)

func problemOf(t *testing.T, source string, err error) *model.ExpressionError {
	t.Helper()
	var problem *model.ExpressionError
	if !errors.As(err, &problem) {
		t.Fatalf("%s: %v", source, err)
	}
	return problem
}

func TestWhatConditionsReferTo(t *testing.T) {
	for source, expected := range map[string]string{
		"true":                      "",
		"input.steps.a.output == 1": "input.steps.a.output",
		"output.n > 1":              "output.n",
		"steps.b.output.x && steps['a'].output == steps.b.output":              "steps.b.output.x steps.a.output steps.b.output",
		"has(steps.a.output) ? steps.c.output : [steps.d.output].exists(s, s)": "steps.a.output steps.c.output steps.d.output",
		"input.l.all(x, x == steps.a.output[x])":                               "input.l steps.a.output",
		"job.id == 'a' && job['input'].a == 1":                                 "job.id job.input.a",
		"job[input.k]":                                                         "job input.k",
	} {
		compiled, err := NewEvaluator().Compile(source, conditionVariables, true)
		if err != nil {
			t.Fatal(source, err)
		}
		found := []string{}
		for _, path := range compiled.Paths() {
			found = append(found, strings.Join(append([]string{path.Root}, path.Keys...), "."))
		}
		if strings.Join(found, " ") != expected {
			t.Errorf("%s reads %v, expected %s", source, found, expected)
		}
	}
}

func TestRefusedAtCheckWithAPosition(t *testing.T) {
	for source, named := range map[string]string{
		"":                              "1:",
		"input.a\n  && )":               "2:6",
		"inputs.a == 1":                 "1:1: unknown name `inputs`",
		"true &&\n foo":                 "2:2: unknown name `foo`",
		"now() > 1":                     "unknown function `now`",
		"input.a.upper() == 'A'":        "unknown function `upper`",
		"size(input.a, 1) == 1":         "`size` does not take 2 arguments",
		"input.a.size(1) == 1":          "`size` does not take 1 arguments",
		"contains(input.a, 'b')":        "unknown function `contains`",
		"input.l.map(x)":                "`map` is not called like this",
		"steps == 1":                    "1:1: `steps` is read as",
		"size(steps) == 1":              "`steps` is read as",
		"steps.a == 1":                  "`steps` is read as",
		"steps[input.k].output == 1":    "`steps` is read as",
		"steps['a']['x'].output == 1":   "`steps` is read as",
		"has(steps.a)":                  "`steps` is read as",
		"input.l.all(steps, steps > 1)": "`steps` is taken",
		"value > 1":                     "unknown name `value`",
		"true //" + strings.Repeat(" ", model.ConditionBytesMax): "at most 2048",
	} {
		_, err := NewEvaluator().Compile(source, conditionVariables, true)
		problem := problemOf(t, source, err)
		if problem.Code != model.CodeExpressionInvalid || !strings.Contains(problem.Message, named) {
			t.Errorf("%s: %v, expected %s", source, problem, named)
		}
	}
	for _, source := range []string{"1 + input.n", "'yes'", "[true]", "{'a': true}", "size(input.l)", "-input.n", "null", "int"} {
		_, err := NewEvaluator().Compile(source, conditionVariables, true)
		if problem := problemOf(t, source, err); problem.Code != model.CodeExpressionType {
			t.Errorf("%s: %v", source, problem)
		}
		if _, err := NewEvaluator().Compile(source, conditionVariables, false); err != nil {
			t.Errorf("%s has a value: %v", source, err)
		}
	}
}

func TestAMissingPathIsNamed(t *testing.T) {
	for source, path := range map[string]string{
		"input.zz == 1":                              "input.zz",
		"input.nested.zz.yy == 1":                    "input.nested.zz",
		"input['no such'].a == 1":                    `input["no such"]`,
		"has(input.zz) || input.nested.deep.yy == 1": "input.nested.deep.yy",
		"input.leads.all(l, size(l.tags) < 5)":       "l.tags",
		"steps.other.output.n == 1":                  "steps.other.output",
		"steps.silent.output == null":                "steps.silent.output",
		"steps['fetch'].output.n == 1":               "steps.fetch.output.n",
		"job.labels.none == ''":                      "job.labels.none",
		"input.nothing.a == 1":                       "input.nothing.a",
		"input.one.a == 1":                           "input.one.a",
		"input.list.a == 1":                          "input.list.a",
		"input.s['a'] == 1":                          "input.s.a",
	} {
		_, err := condition(source, full())
		problem := problemOf(t, source, err)
		named, _, _ := strings.Cut(strings.TrimPrefix(problem.Message, "missing path "), ": ")
		if problem.Code != model.CodeExpressionMissingPath || named != path {
			t.Errorf("%s: %v, expected %s", source, problem, path)
		}
	}
	for source, path := range map[string]string{
		"output.n == 1": "output.n", "item.index == 1": "item.index", "config.limit == 1": "config.limit", "input == null": "input",
	} {
		_, err := condition(source, map[string]model.Variable{"input": {}})
		if problem := problemOf(t, source, err); problem.Error() != "EXPRESSION_MISSING_PATH: missing path "+path {
			t.Errorf("%s: %v", source, problem)
		}
	}
}

func TestErrorsHoldNoData(t *testing.T) {
	variables := map[string]model.Variable{"input": jsonVariable(
		`{"secret":"hunter2","n":424242,"zero":0,"list":["hunter2"],"map":{"hunter2":1},"big":9223372036854775807}`)}
	for _, source := range []string{
		"input.secret + input.n == ''", "input.secret < input.n", "input.n / input.zero == input.n", "input.big + input.n > 0",
		"input.map[input.secret + 'x'] == 1", "{}[input.secret] == 1", "{'a': 1}[input.secret] == 1", "int(input.secret) == 1",
		"timestamp(input.secret) == timestamp(0)", "duration(input.secret) == duration('1s')",
		"timestamp(0).getHours(input.secret) == 1", "'a'.matches(input.secret + '(')", "input.list[input.n] == ''",
		"input.list[input.secret] == ''", "{input.secret: 1, 'hunter2': 2} == {}", "{input.list: 1} == {}",
		"input.secret in input.n", "input.secret ? true : false", "-input.secret == 1", "input.list.contains(input.secret)",
		"input.map.all(k, input.map[k] / 0 == 1)", "input.secret", "bytes(input.secret) < input.secret",
	} {
		_, err := condition(source, variables)
		message := problemOf(t, source, err).Error()
		if strings.Contains(message, "hunter2") || strings.Contains(message, "424242") || strings.Contains(message, "92233") {
			t.Errorf("%s: %s", source, message)
		}
	}
}

func TestTooMuchWorkIsRefused(t *testing.T) {
	items := make([]string, 1_000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"n":%d,"s":"text %d"}`, i, i)
	}
	long := strings.Repeat("x", 500_000)
	variables := map[string]model.Variable{"input": jsonVariable(`{"l":[` + strings.Join(items, ",") + `],"s":"` + long + `"}`)}
	doubled := func(start, step string, times int) string {
		return start + strings.Repeat(".map(x, "+step+")", times) + ".size() == 1"
	}
	for _, source := range []string{
		doubled("[input.s]", "x+x", 9), doubled("[1]", "[x,x]", 22), doubled("[[1]]", "x+x", 22),
		"input.l.all(a, input.s.contains('y' + a.s) || true)", "input.l.all(a, input.s == input.s)",
		"input.l.all(a, input.l == input.l)", "input.l.all(a, !(a.s in input.l))", "input.l.all(a, [input.l, input.l].size() == 2)",
		"input.l.all(a, {'l': input.l}.l.size() == 1000)", "input.l.all(a, input.s < input.s || true)", "input.l.all(a, size(input.s) > 0)",
		"input.l.filter(a, input.l.filter(b, input.l.filter(c, true).size() > 0).size() > 0).size() == 0",
		strings.Repeat("input.s+", 89) + "input.s != ''",
		"input.l.all(a, input.l.all(b, input.l.all(c, a.n + b.n + c.n >= 0)))",
		"!input.l.exists(a, input.l.exists(b, input.l.exists(c, a.n + b.n + c.n < 0)))",
		"input.l.map(a, input.l.map(b, input.l.map(c, c))).size() == 0",
		"input.l.exists_one(a, input.l.exists_one(b, input.l.exists_one(c, true)))",
		"input.l.all(a, input.l.all(b, input.l.all(c, a.n + b.n + c.n >= 0))) || true",
	} {
		_, err := condition(source, variables)
		if problem := problemOf(t, source, err); problem.Code != model.CodeExpressionFailed {
			t.Errorf("%s: %v", source, problem)
		}
	}
}

func TestHonestWorkIsAllowed(t *testing.T) {
	items := make([]string, 50_000)
	for i := range items {
		items[i] = fmt.Sprintf(`{"n":%d}`, i)
	}
	variables := map[string]model.Variable{"input": jsonVariable(`{"l":[` + strings.Join(items, ",") + `]}`)}
	for _, source := range []string{
		"input.l.all(a, a.n >= 0)", "input.l.exists(a, a.n == 49999)", "input.l.filter(a, a.n % 2 == 0).size() == 25000",
	} {
		if holds, err := condition(source, variables); err != nil || !holds {
			t.Errorf("%s: %v %v", source, holds, err)
		}
	}
}

func TestHostilePayloads(t *testing.T) {
	check := func(payload, source string) (bool, error) {
		return condition(source, map[string]model.Variable{"input": jsonVariable(payload)})
	}
	deep := func(levels int) string {
		return `{"a":` + strings.Repeat("[", levels) + strings.Repeat("]", levels) + `}`
	}
	for payload, source := range map[string]string{
		deep(60): "size(input.a) == 1", `{"k\u0000":"v\u0000w"}`: `input['k\x00'] == 'v\x00w'`, `{"a":1e400}`: "input.a > 1.0e308",
		`{"a":-1e-999}`: "input.a == 0.0",
	} {
		if holds, err := check(payload, source); err != nil || !holds {
			t.Errorf("%s: %v %v", source, holds, err)
		}
	}
	for _, payload := range []string{deep(400_000), "", "{", `{"a"`, `{"a":}`, "[1", `{"a":tru}`, `{"a":1x}`, `{"a":"`, `{"a":--1}`} {
		_, err := check(payload, "input.a == 1")
		if problem := problemOf(t, "input.a == 1", err); problem.Code != model.CodeExpressionFailed {
			t.Error(problem)
		}
	}
}

func TestNestingDoesNotOverflowTheStack(t *testing.T) {
	nest := func(open, inner, shut string) string {
		levels := (model.ConditionBytesMax - len(inner)) / (len(open) + len(shut))
		return strings.Repeat(open, levels) + inner + strings.Repeat(shut, levels)
	}
	for _, source := range []string{
		nest("(", "1", ")"), nest("[", "1", "]"), nest("{1:", "1", "}"), nest("!(", "true", ")"), nest("size(", "1", ")"),
		nest("[1].all(x,", "true", ")"), nest("true?", "1", ":1"), nest("", "input", ".a"), nest("", "input", "[0]"),
		nest("", "input", ".size()"), nest("", "1", "+1"), nest("", "[1]", ".map(x,[x])"), strings.Repeat("(", model.ConditionBytesMax),
	} {
		// Whatever the verdict: it comes.
		_, _ = condition(source, full())
	}
}

func TestOneEvaluatorServesManyGoroutines(t *testing.T) {
	evaluator := NewEvaluator()
	var group sync.WaitGroup
	for goroutine := range 4 {
		group.Add(1)
		go func() {
			defer group.Done()
			variables := map[string]model.Variable{"input": jsonVariable(fmt.Sprintf(`{"n":%d}`, goroutine))}
			for at := range 200 {
				compiled, err := evaluator.Compile(fmt.Sprintf("input.n == %d", at%8), conditionVariables, true)
				if err != nil {
					t.Error(err)
					return
				}
				if holds, err := compiled.Holds(variables); err != nil || holds != (at%8 == goroutine) {
					t.Error(holds, err)
				}
			}
		}()
	}
	group.Wait()
}

func TestTheSameDataGivesTheSameResult(t *testing.T) {
	members := make([]string, 50)
	for i := range members {
		members[i] = fmt.Sprintf(`"k%d":%d`, i*7919%50, i)
	}
	variables := map[string]model.Variable{"input": jsonVariable("{" + strings.Join(members, ",") + "}")}
	compiled, err := NewEvaluator().Compile("[input.map(k, k), input.filter(k, k > 'k3'), input]", conditionVariables, false)
	if err != nil {
		t.Fatal(err)
	}
	first, err := compiled.JSON(variables)
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		if again, err := compiled.JSON(variables); again != first || err != nil {
			t.Fatal(again, err)
		}
	}
}
