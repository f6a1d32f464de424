package expr

import (
	"errors"
	"reflect"

	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

// 2 KiB of CEL can ask for centuries of work, or for more memory than there is. cel-go can count it, but takes time in
// the square of the work to do so. So loops ask an activation of our own whether to go on, and where values are joined,
// compared as a whole or put into others, rewrite puts in calls that take from the same budget.
const (
	// Work of one evaluation: about one unit for each value that is looked at or copied, or 32 bytes of text.
	workMax = 2_000_000
	// Bytes of text that count as one unit.
	workTextBytes = 32

	weighFunction  = "@weigh"
	addFunction    = "@add"
	budgetVariable = "@budget"
	// interruptVariable is what loops of cel-go ask before each item.
	interruptVariable = "#interrupted"
)

var errExhausted = errors.New("too much work")

func workFunctions() []cel.EnvOption {
	declare := func(name string, arguments int, run func(args ...ref.Val) ref.Val) cel.EnvOption {
		types := make([]*cel.Type, arguments)
		for i := range types {
			types[i] = cel.DynType
		}
		return cel.Function(name, cel.Overload(name+"_dyn", types, cel.DynType, cel.FunctionBinding(run)))
	}
	weighOne := func(args ...ref.Val) ref.Val {
		left, isBudget := args[len(args)-1].(*budget)
		if !isBudget || !left.weigh(args[0]) {
			return types.WrapErr(errExhausted)
		}
		return args[0]
	}
	add := func(args ...ref.Val) ref.Val {
		left, isBudget := args[2].(*budget)
		if !isBudget || !left.weigh(args[0]) || !left.weigh(args[1]) {
			return types.WrapErr(errExhausted)
		}
		if adder, adds := args[0].(traits.Adder); adds {
			return adder.Add(args[1])
		}
		return types.MaybeNoSuchOverloadErr(args[0])
	}
	// cel-go binds functions of two arguments apart from those of more.
	weighTwo := cel.Function(weighFunction, cel.Overload(weighFunction+"_dyn", []*cel.Type{cel.DynType, cel.DynType}, cel.DynType,
		cel.BinaryBinding(func(value, left ref.Val) ref.Val { return weighOne(value, left) })))
	return []cel.EnvOption{weighTwo, declare(addFunction, 3, add)}
}

// budget is the work that is left to one evaluation. It is a value that no expression can name.
type budget struct{ left int }

func (b *budget) take(work int) bool {
	b.left = max(0, b.left-work)
	return b.left > 0
}

// weigh takes the whole weight of a value.
func (b *budget) weigh(value ref.Val) bool {
	switch value := value.(type) {
	case types.String:
		return b.take(1 + len(value)/workTextBytes)
	case types.Bytes:
		return b.take(1 + len(value)/workTextBytes)
	case traits.Mapper:
		return b.weighAll(value.Iterator(), func(key ref.Val) bool { return b.weigh(key) && b.weigh(value.Get(key)) })
	case traits.Lister:
		return b.weighAll(value.Iterator(), b.weigh)
	default:
		return b.take(1)
	}
}

func (b *budget) weighAll(items traits.Iterator, weigh func(ref.Val) bool) bool {
	for b.take(1) && items.HasNext() == types.True {
		weigh(items.Next())
	}
	return b.left > 0
}

// ConvertToNative is not possible.
func (b *budget) ConvertToNative(reflect.Type) (any, error) { return nil, errExhausted }

// ConvertToType is not possible.
func (b *budget) ConvertToType(ref.Type) ref.Val { return types.WrapErr(errExhausted) }

// Equal holds for the same budget alone.
func (b *budget) Equal(other ref.Val) ref.Val { return types.Bool(other == ref.Val(b)) }

// Type has no name that an expression knows.
func (b *budget) Type() ref.Type { return types.NewOpaqueType(budgetVariable) }

// Value is the budget itself.
func (b *budget) Value() any { return b }

// activation hands out the variables of one evaluation, its budget, and the word to stop.
type activation struct {
	variables map[string]ref.Val
	budget    *budget
}

func (a *activation) ResolveName(name string) (any, bool) {
	switch name {
	case interruptVariable:
		return !a.budget.take(1), true
	case budgetVariable:
		return a.budget, true
	default:
		value, found := a.variables[name]
		return value, found
	}
}

func (*activation) Parent() cel.Activation { return nil }

// Functions that may read all of a text: they count inside loops.
var linearFunctions = names(
	operators.Less, operators.LessEquals, operators.Greater, operators.GreaterEquals, "contains", "startsWith", "endsWith",
	"matches", "size", "string", "bytes", "int", "double", "timestamp", "duration",
)

// meter puts weights into a call whose parts were rewritten.
func meter(node ast.Expr, inLoop bool) {
	call := node.AsCall()
	args := call.Args()
	switch name := call.FunctionName(); {
	case name == operators.Add:
		factory := ast.NewExprFactory()
		node.SetKindCase(factory.NewCall(node.ID(), addFunction, factory.CopyExpr(args[0]), factory.CopyExpr(args[1]),
			factory.NewIdent(node.ID(), budgetVariable)))
	case name == operators.Equals, name == operators.NotEquals:
		// Beside a literal the comparison ends with the literal.
		if args[0].Kind() != ast.LiteralKind && args[1].Kind() != ast.LiteralKind {
			weighed(args[0])
			weighed(args[1])
		}
	case name == operators.In:
		weighed(args[1])
	case inLoop && linearFunctions[name]:
		if call.IsMemberFunction() {
			weighed(call.Target())
		}
		for _, argument := range args {
			weighed(argument)
		}
	}
}

// weighed makes a node take the weight of its value.
func weighed(node ast.Expr) {
	if node.Kind() == ast.LiteralKind {
		return
	}
	factory := ast.NewExprFactory()
	node.SetKindCase(factory.NewCall(node.ID(), weighFunction, factory.CopyExpr(node), factory.NewIdent(node.ID(), budgetVariable)))
}
