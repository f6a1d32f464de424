package expr

import (
	"github.com/google/cel-go/cel"
	"github.com/google/cel-go/common/ast"
	"github.com/google/cel-go/common/operators"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
	"github.com/google/cel-go/interpreter"
)

// Reading a field or an element, and asking for one, are calls of these functions in the expressions that are
// evaluated: cel-go reads more than the coordinator does, has(text.field) is false for example.
const (
	selectFunction = "@select"
	hasFunction    = "@has"
	indexFunction  = "@index"
)

func accessFunctions() []cel.EnvOption {
	declare := func(name string, resultType *cel.Type, run func(value, key ref.Val) ref.Val) cel.EnvOption {
		overload := cel.Overload(name+"_dyn", []*cel.Type{cel.DynType, cel.DynType}, resultType, cel.BinaryBinding(run))
		return cel.Function(name, overload)
	}
	return []cel.EnvOption{
		declare(selectFunction, cel.DynType, selectField), declare(hasFunction, cel.BoolType, hasField),
		declare(indexFunction, cel.DynType, index),
	}
}

// accessError is data that is not there.
type accessError struct {
	// key that a map does not have; "" for an element that a list does not have.
	key string
	// holder is the type of what is no map and should hold a field; "" when it is a map.
	holder string
}

func (e *accessError) Error() string { return "no such data" }

func absent(key ref.Val, holder string) ref.Val {
	name, _ := key.(types.String)
	return types.WrapErr(&accessError{string(name), holder})
}

func selectField(value, key ref.Val) ref.Val {
	fields, isMap := value.(traits.Mapper)
	if !isMap {
		return absent(key, value.Type().TypeName())
	}
	if found, isThere := fields.Find(key); isThere {
		return found
	}
	return absent(key, "")
}

func hasField(value, key ref.Val) ref.Val {
	fields, isMap := value.(traits.Mapper)
	if !isMap {
		return absent(key, value.Type().TypeName())
	}
	_, isThere := fields.Find(key)
	return types.Bool(isThere)
}

func index(value, key ref.Val) ref.Val {
	switch holder := value.(type) {
	case traits.Mapper:
		found, isThere := holder.Find(key)
		if types.IsError(found) {
			return types.MaybeNoSuchOverloadErr(key)
		}
		if isThere {
			return found
		}
		return absent(key, "")
	case traits.Lister:
		at, isWhole := wholeNumber(key)
		if !isWhole {
			return types.MaybeNoSuchOverloadErr(key)
		}
		if size := int64(holder.Size().(types.Int)); at < 0 || at >= size {
			return absent(types.NullValue, "")
		}
		return holder.Get(types.Int(at))
	}
	if key.Type() == types.StringType {
		return absent(key, value.Type().TypeName())
	}
	return types.MaybeNoSuchOverloadErr(value)
}

func wholeNumber(key ref.Val) (int64, bool) {
	switch number := key.(type) {
	case types.Int:
		return int64(number), true
	case types.Uint, types.Double:
		asInt := number.ConvertToType(types.IntType)
		whole, isInt := asInt.(types.Int)
		return int64(whole), isInt && number.Equal(whole) == types.True
	default:
		return 0, false
	}
}

// rewrite puts the functions in; names of types, which are spelled like paths, stay.
func rewrite(node ast.Expr, inLoop bool) {
	factory := ast.NewExprFactory()
	call := func(function string, value, key ast.Expr) {
		node.SetKindCase(factory.NewCall(node.ID(), function, factory.CopyExpr(value), key))
	}
	switch node.Kind() {
	case ast.SelectKind:
		if found, isPath := pathOf(node); isPath && typeNames[found.String()] {
			return
		}
		field := node.AsSelect()
		rewrite(field.Operand(), inLoop)
		function := selectFunction
		if field.IsTestOnly() {
			function = hasFunction
		}
		call(function, field.Operand(), factory.NewLiteral(node.ID(), types.String(field.FieldName())))
	case ast.CallKind:
		if node.AsCall().IsMemberFunction() {
			rewrite(node.AsCall().Target(), inLoop)
		}
		rewriteAll(inLoop, node.AsCall().Args()...)
		if args := node.AsCall().Args(); node.AsCall().FunctionName() == operators.Index {
			call(indexFunction, args[0], factory.CopyExpr(args[1]))
			return
		}
		meter(node, inLoop)
	case ast.ListKind:
		for _, element := range node.AsList().Elements() {
			rewrite(element, inLoop)
			weighed(element)
		}
	case ast.MapKind:
		for _, entry := range node.AsMap().Entries() {
			rewriteAll(inLoop, entry.AsMapEntry().Key(), entry.AsMapEntry().Value())
			weighed(entry.AsMapEntry().Value())
		}
	case ast.ComprehensionKind:
		loop := node.AsComprehension()
		rewrite(loop.IterRange(), inLoop)
		rewriteStep(loop.LoopStep(), loop.AccuVar())
	}
}

// rewriteStep rewrites what the author wrote inside a loop and leaves the frame that the macro put around it: cel-go
// appends to the result of map and filter in place, which a call of ours would copy.
func rewriteStep(node ast.Expr, result string) {
	isResult := func(node ast.Expr) bool { return node.Kind() == ast.IdentKind && node.AsIdent() == result }
	if node.Kind() == ast.CallKind {
		args := node.AsCall().Args()
		switch name := node.AsCall().FunctionName(); {
		case name == operators.Add && isResult(args[0]) && args[1].Kind() == ast.ListKind:
			rewrite(args[1], true)
			return
		case name == operators.Conditional && isResult(args[2]):
			rewrite(args[0], true)
			rewriteStep(args[1], result)
			return
		}
	}
	rewrite(node, true)
}

func rewriteAll(inLoop bool, nodes ...ast.Expr) {
	for _, node := range nodes {
		rewrite(node, inLoop)
	}
}

// strictMap is a map that the expression writes: a key stands there once, and is a bool, int, uint or string.
type strictMap struct {
	interpreter.InterpretableConstructor
}

func strictMaps(part interpreter.Interpretable) (interpreter.Interpretable, error) {
	if written, isWritten := part.(interpreter.InterpretableConstructor); isWritten && written.Type() == types.MapType {
		return &strictMap{written}, nil
	}
	return part, nil
}

func (m *strictMap) Eval(activation interpreter.Activation) ref.Val {
	parts := m.InitVals()
	fields := make(map[ref.Val]ref.Val, len(parts)/2)
	for i := 0; i+1 < len(parts); i += 2 {
		key, value := parts[i].Eval(activation), parts[i+1].Eval(activation)
		switch {
		case types.IsUnknownOrError(key):
			return key
		case types.IsUnknownOrError(value):
			return value
		}
		switch key.Type() {
		case types.BoolType, types.IntType, types.UintType, types.StringType:
		default:
			return types.MaybeNoSuchOverloadErr(key)
		}
		if _, repeats := fields[key]; repeats {
			return types.NewErr("repeated key")
		}
		fields[key] = value
	}
	return orderedMap(fields)
}
