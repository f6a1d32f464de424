package expr

import (
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/parser"
)

const (
	// Deepest recursion of the parser, which counts each operator of a chain, too.
	sourceDepthMax = 250
	// Expressions that are kept compiled.
	cacheMax = 1_000
	// Longest parser message that is passed on: it can list every token there is.
	parserMessageBytesMax = 200
)

// Evaluator compiles and evaluates CEL; it keeps what it compiled. Make it with [NewEvaluator]. It may be used from
// many goroutines.
type Evaluator struct {
	environment *cel.Env
	parser      *parser.Parser
	mutex       sync.Mutex
	compiled    map[string]*expression
}

var _ model.Evaluator = (*Evaluator)(nil)

// NewEvaluator is one that has compiled nothing yet.
func NewEvaluator() *Evaluator {
	options := append(append(accessFunctions(), workFunctions()...), cel.StdLib(), cel.CustomTypeAdapter(adapter{}), cel.DefaultUTCTimeZone(true))
	environment, err := cel.NewCustomEnv(options...)
	if err != nil {
		panic("expr: the environment does not depend on any input: " + err.Error())
	}
	macros := append([]parser.Macro{parser.NewReceiverMacro("existsOne", 2, parser.MakeExistsOne)}, parser.AllMacros...)
	parser, err := parser.NewParser(
		parser.Macros(macros...), parser.MaxRecursionDepth(sourceDepthMax), parser.EnableIdentEscapeSyntax(false),
	)
	if err != nil {
		panic("expr: the parser does not depend on any input: " + err.Error())
	}
	return &Evaluator{environment: environment, parser: parser, compiled: map[string]*expression{}}
}

// NewRunner is an embedded runner with this language.
func NewRunner() *model.Runner { return model.NewRunner(NewEvaluator()) }

// Compile parses and checks an expression over these variables.
func (e *Evaluator) Compile(source string, variables []string, wantsBool bool) (model.Expression, error) {
	key := strings.Join(variables, ",") + "\x00" + source
	e.mutex.Lock()
	known := e.compiled[key]
	e.mutex.Unlock()
	if known == nil {
		fresh, err := e.compile(source, variables)
		if err != nil {
			return nil, err
		}
		known = fresh
		e.mutex.Lock()
		if len(e.compiled) >= cacheMax {
			clear(e.compiled)
		}
		e.compiled[key] = known
		e.mutex.Unlock()
	}
	if wantsBool && known.neverBoolean {
		return nil, wrongType("this can never be true or false")
	}
	return known, nil
}

func (e *Evaluator) compile(source string, variables []string) (*expression, error) {
	if len(source) > model.ConditionBytesMax {
		return nil, invalid("%d bytes; at most %d are allowed", len(source), model.ConditionBytesMax)
	}
	parsed, errors := e.parser.Parse(common.NewTextSource(source))
	if len(errors.GetErrors()) > 0 {
		return nil, syntax(errors.GetErrors())
	}
	root := parsed.Expr()
	paths, err := check(root, parsed.SourceInfo(), variables)
	if err != nil {
		return nil, err
	}
	compiled := &expression{paths: paths, neverBoolean: neverBoolean(root)}
	rewrite(root, false)
	var failure error
	compiled.program, failure = e.environment.PlanProgram(parsed, cel.InterruptCheckFrequency(1), cel.CustomDecorator(strictMaps))
	if failure != nil {
		return nil, invalid("%s", firstLine(failure.Error()))
	}
	return compiled, nil
}

// syntax is the first thing that the parser did not understand, and where.
func syntax(errors []*common.Error) *model.ExpressionError {
	if len(errors) == 0 {
		return invalid("not an expression")
	}
	first := errors[0]
	message := strings.TrimPrefix(first.Message, "Syntax error: ")
	if strings.Contains(message, "recursion") {
		return invalid("nested too deeply")
	}
	if len(message) > parserMessageBytesMax {
		cut := parserMessageBytesMax
		for !utf8.RuneStart(message[cut]) {
			cut--
		}
		message = message[:cut] + "…"
	}
	return invalid("%d:%d: %s", first.Location.Line(), first.Location.Column()+1, message)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

// expression was parsed and checked.
type expression struct {
	program      cel.Program
	paths        []path
	neverBoolean bool
}

// Paths is what it reads, variables of its own macros left out.
func (e *expression) Paths() []model.Path {
	var paths []model.Path
	for _, path := range e.paths {
		if !path.local {
			paths = append(paths, model.Path{Root: path.root, Keys: path.keys})
		}
	}
	return paths
}

// Holds evaluates it; anything but a boolean is an error.
func (e *expression) Holds(variables map[string]model.Variable) (bool, error) {
	value, err := e.evaluate(variables)
	if err != nil {
		return false, err
	}
	verdict, isBool := value.(types.Bool)
	if !isBool {
		return false, wrongType("the result is %s, not bool", value.Type().TypeName())
	}
	return bool(verdict), nil
}

// JSON evaluates it and writes the value as JSON text.
func (e *expression) JSON(variables map[string]model.Variable) (string, error) {
	value, err := e.evaluate(variables)
	if err != nil {
		return "", err
	}
	var text strings.Builder
	if err := writeJSON(&text, value); err != nil {
		return "", err
	}
	return text.String(), nil
}

func (e *expression) evaluate(variables map[string]model.Variable) (ref.Val, error) {
	bound := map[string]ref.Val{}
	for name, variable := range variables {
		value, err := bind(name, variable)
		if err != nil {
			return nil, err
		}
		if value != nil {
			bound[name] = value
		}
	}
	activation := &activation{bound, &budget{workMax}}
	value, _, err := e.program.Eval(activation)
	// Asked first: || can turn an error into a value.
	if activation.budget.left == 0 {
		return nil, failed("the expression does more work than is allowed for one evaluation")
	}
	if err != nil {
		return nil, explain(err, e.paths, bound)
	}
	return value, nil
}

// neverBoolean says whether an expression has, by its outermost form alone, a value that is not a boolean.
func neverBoolean(node ast.Expr) bool {
	switch node.Kind() {
	case ast.LiteralKind:
		return node.AsLiteral().Type() != types.BoolType
	case ast.ListKind, ast.MapKind:
		return true
	case ast.IdentKind:
		return typeNames[node.AsIdent()]
	case ast.CallKind:
		return neverBooleanCalls[node.AsCall().FunctionName()]
	default:
		return false
	}
}
