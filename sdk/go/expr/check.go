package expr

import (
	"fmt"
	"slices"
	"strings"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
)

const (
	expressionDepthMax = 100
)

// Functions of the form f(x): their number of arguments.
var globalFunctions = map[string]int{
	"bool": 1, "bytes": 1, "double": 1, "duration": 1, "dyn": 1, "int": 1, "matches": 2, "size": 1, "string": 1,
	"timestamp": 1, "type": 1, "uint": 1,
}

// Functions of the form x.f(..): fewest and most arguments.
var memberFunctions = map[string][2]int{
	"contains": {1, 1}, "endsWith": {1, 1}, "getDate": {0, 1}, "getDayOfMonth": {0, 1}, "getDayOfWeek": {0, 1},
	"getDayOfYear": {0, 1}, "getFullYear": {0, 1}, "getHours": {0, 1}, "getMilliseconds": {0, 1}, "getMinutes": {0, 1},
	"getMonth": {0, 1}, "getSeconds": {0, 1}, "matches": {1, 1}, "size": {0, 0}, "startsWith": {1, 1},
}

var allowedOperators = names(
	operators.Conditional, operators.LogicalAnd, operators.LogicalOr, operators.LogicalNot, operators.Subtract,
	operators.Add, operators.Multiply, operators.Divide, operators.Modulo, operators.Equals, operators.NotEquals,
	operators.GreaterEquals, operators.LessEquals, operators.Greater, operators.Less, operators.Negate, operators.Index,
	operators.In, operators.NotStrictlyFalse,
)

// A call of a macro that was not expanded has the wrong arguments.
var macros = names("has", "all", "exists", "exists_one", "existsOne", "map", "filter")

var typeNames = names(
	"bool", "bytes", "double", "int", "list", "map", "null_type", "string", "type", "uint", "google.protobuf.Duration",
	"google.protobuf.Timestamp",
)

var neverBooleanCalls = names(
	operators.Add, operators.Subtract, operators.Multiply, operators.Divide, operators.Modulo, operators.Negate, "bytes",
	"double", "duration", "int", "size", "string", "timestamp", "type", "uint",
)

func names(all ...string) map[string]bool {
	set := map[string]bool{}
	for _, name := range all {
		set[name] = true
	}
	return set
}

// path is a variable and the keys that are read from it, output.lead["e-mail"].
type path struct {
	root string
	keys []string
	// local: the variable belongs to a macro, not to the scope.
	local bool
}

// String is the path as CEL would spell it.
func (p path) String() string {
	var text strings.Builder
	text.WriteString(p.root)
	for _, key := range p.keys {
		isPlain := key != "" && (key[0] < '0' || key[0] > '9') && strings.IndexFunc(key, func(char rune) bool {
			isWord := char == '_' || '0' <= char && char <= '9' || 'a' <= char && char <= 'z' || 'A' <= char && char <= 'Z'
			return !isWord
		}) < 0
		if isPlain {
			text.WriteString("." + key)
		} else {
			fmt.Fprintf(&text, "[%q]", key)
		}
	}
	return text.String()
}

// pathOf is the path that an expression spells, if it is nothing but a path. has(a.b) spells a.b.
func pathOf(node ast.Expr) (path, bool) {
	if node.Kind() == ast.SelectKind && node.AsSelect().IsTestOnly() {
		inner, isPath := valuePathOf(node.AsSelect().Operand())
		inner.keys = append(inner.keys, node.AsSelect().FieldName())
		return inner, isPath
	}
	return valuePathOf(node)
}

func valuePathOf(node ast.Expr) (path, bool) {
	switch node.Kind() {
	case ast.IdentKind:
		return path{root: node.AsIdent()}, true
	case ast.SelectKind:
		if node.AsSelect().IsTestOnly() {
			return path{}, false
		}
		inner, isPath := valuePathOf(node.AsSelect().Operand())
		inner.keys = append(inner.keys, node.AsSelect().FieldName())
		return inner, isPath
	case ast.CallKind:
		call := node.AsCall()
		if call.FunctionName() != operators.Index || call.Args()[1].Kind() != ast.LiteralKind {
			return path{}, false
		}
		key, isText := call.Args()[1].AsLiteral().(types.String)
		inner, isPath := valuePathOf(call.Args()[0])
		inner.keys = append(inner.keys, string(key))
		return inner, isPath && isText
	default:
		return path{}, false
	}
}

// check walks the expression once; it answers the paths that it reads, in the order of the source.
func check(root ast.Expr, places *ast.SourceInfo, variables []string) ([]path, *model.ExpressionError) {
	walk := walk{places: places, variables: variables}
	walk.expression(root, 0)
	return walk.paths, walk.err
}

type walk struct {
	places    *ast.SourceInfo
	variables []string
	// locals are the variables of the macros around.
	locals []string
	paths  []path
	err    *model.ExpressionError
}

func (w *walk) refuse(node ast.Expr, format string, args ...any) {
	if w.err != nil {
		return
	}
	why := fmt.Sprintf(format, args...)
	if place := w.places.GetStartLocation(node.ID()); place.Line() > 0 {
		why = fmt.Sprintf("%d:%d: %s", place.Line(), place.Column()+1, why)
	}
	w.err = invalid("%s", why)
}

func (w *walk) expression(node ast.Expr, depth int) {
	if w.err != nil {
		return
	}
	if depth > expressionDepthMax {
		w.err = invalid("nested more than %d deep", expressionDepthMax)
		return
	}
	if found, isPath := pathOf(node); isPath {
		w.refer(node, found)
		return
	}
	switch node.Kind() {
	case ast.CallKind:
		w.call(node, depth+1)
	case ast.ComprehensionKind:
		w.macro(node, depth+1)
	case ast.ListKind:
		w.all(node.AsList().Elements(), depth+1)
	case ast.MapKind:
		for _, entry := range node.AsMap().Entries() {
			w.expression(entry.AsMapEntry().Key(), depth+1)
			w.expression(entry.AsMapEntry().Value(), depth+1)
		}
	case ast.SelectKind:
		w.expression(node.AsSelect().Operand(), depth+1)
	case ast.LiteralKind:
	case ast.StructKind:
		w.refuse(node, "messages are not supported")
	default:
		w.refuse(node, "not an expression")
	}
}

func (w *walk) all(nodes []ast.Expr, depth int) {
	for _, node := range nodes {
		w.expression(node, depth)
	}
}

func (w *walk) call(node ast.Expr, depth int) {
	call := node.AsCall()
	if why := refused(call.FunctionName(), call.IsMemberFunction(), len(call.Args())); why != "" {
		w.refuse(node, "%s", why)
		return
	}
	if call.IsMemberFunction() {
		w.expression(call.Target(), depth)
	}
	w.all(call.Args(), depth)
}

// refused says why a call is refused; "" when it is allowed.
func refused(name string, isMember bool, arguments int) string {
	if allowedOperators[name] {
		return ""
	}
	if macros[name] {
		return fmt.Sprintf("`%s` is not called like this", name)
	}
	least, known := globalFunctions[name]
	most := least
	if isMember {
		var bounds [2]int
		bounds, known = memberFunctions[name]
		least, most = bounds[0], bounds[1]
	}
	switch {
	case !known:
		return fmt.Sprintf("unknown function `%s`", name)
	case arguments < least || arguments > most:
		return fmt.Sprintf("`%s` does not take %d arguments", name, arguments)
	default:
		return ""
	}
}

func (w *walk) macro(node ast.Expr, depth int) {
	macro := node.AsComprehension()
	w.expression(macro.IterRange(), depth)
	w.expression(macro.AccuInit(), depth)
	outside := len(w.locals)
	w.locals = append(w.locals, macro.AccuVar())
	variables := []string{macro.IterVar()}
	if macro.HasIterVar2() {
		variables = append(variables, macro.IterVar2())
	}
	for _, name := range variables {
		// Two meanings of one name in one expression help nobody, and would hide what is read.
		if slices.Contains(w.variables, name) || typeNames[name] || strings.HasPrefix(name, ".") {
			w.refuse(node, "`%s` is taken; name the macro's variable otherwise", name)
			return
		}
		w.locals = append(w.locals, name)
	}
	w.expression(macro.LoopCondition(), depth)
	w.expression(macro.LoopStep(), depth)
	w.expression(macro.Result(), depth)
	w.locals = w.locals[:outside]
}

// refer records a path, unless it names nothing that there is.
func (w *walk) refer(node ast.Expr, found path) {
	if len(found.keys) > expressionDepthMax {
		w.err = invalid("a path of more than %d keys", expressionDepthMax)
		return
	}
	if slices.Contains(w.locals, found.root) {
		found.local = true
		w.paths = append(w.paths, found)
		return
	}
	if !slices.Contains(w.variables, found.root) {
		if !typeNames[strings.Join(append([]string{found.root}, found.keys...), ".")] {
			w.refuse(start(node), "unknown name `%s`; there is %s", found.root, strings.Join(w.variables, ", "))
		}
		return
	}
	if found.root == "steps" && (len(found.keys) < 2 || found.keys[1] != "output") {
		w.refuse(start(node), "`steps` is read as `steps.<key>.output` or `steps[\"key\"].output`")
		return
	}
	w.paths = append(w.paths, found)
}

// start is where a path begins: the parser places a selection at its dot.
func start(node ast.Expr) ast.Expr {
	switch {
	case node.Kind() == ast.SelectKind:
		return start(node.AsSelect().Operand())
	case node.Kind() == ast.CallKind && len(node.AsCall().Args()) > 0:
		return start(node.AsCall().Args()[0])
	default:
		return node
	}
}
