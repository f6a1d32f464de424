package expr

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/esteira/esteira/sdk/go/model"
	"github.com/google/cel-go/common/types"
	"github.com/google/cel-go/common/types/ref"
	"github.com/google/cel-go/common/types/traits"
)

func invalid(format string, args ...any) *model.ExpressionError {
	return &model.ExpressionError{Code: model.CodeExpressionInvalid, Message: fmt.Sprintf(format, args...)}
}

func wrongType(format string, args ...any) *model.ExpressionError {
	return &model.ExpressionError{Code: model.CodeExpressionType, Message: fmt.Sprintf(format, args...)}
}

func failed(format string, args ...any) *model.ExpressionError {
	return &model.ExpressionError{Code: model.CodeExpressionFailed, Message: fmt.Sprintf(format, args...)}
}

func missing(what string) *model.ExpressionError {
	return &model.ExpressionError{Code: model.CodeExpressionMissingPath, Message: what}
}

// explain is the interpreter's failure as one of our codes, without the data that it may hold.
func explain(problem error, paths []path, bound map[string]ref.Val) *model.ExpressionError {
	var absent *accessError
	if errors.As(problem, &absent) {
		return explainAbsent(absent, paths, bound)
	}
	text := problem.Error()
	has := func(parts ...string) bool {
		return slices.ContainsFunc(parts, func(part string) bool { return strings.Contains(text, part) })
	}
	switch {
	case has("no such attribute", "undeclared reference"):
		for _, path := range paths {
			if _, isBound := bound[path.root]; !isBound && !path.local {
				return missing("missing path " + path.String())
			}
		}
		return missing("a variable is not there")
	case has("no such overload", "unexpected type", "unsupported", "cannot be ordered", "got '"):
		return wrongType("an operator or a function does not take values of these types")
	case has("division by zero", "modulus by zero"):
		return failed("division by zero")
	case has("overflow", "range"):
		return failed("a number is out of range")
	case has("repeated key"):
		return failed("a map has a key twice")
	default:
		return failed("the expression has no value")
	}
}

func explainAbsent(absent *accessError, paths []path, bound map[string]ref.Val) *model.ExpressionError {
	for _, path := range paths {
		at, _ := brokenAt(path, bound)
		if !path.local && at != nil && len(at.keys) > 0 && at.keys[len(at.keys)-1] == absent.key {
			if absent.holder != "" {
				return missing(fmt.Sprintf("missing path %s: what should hold it is %s", at, absent.holder))
			}
			return missing("missing path " + at.String())
		}
	}
	for _, path := range paths {
		if i := slices.Index(path.keys, absent.key); path.local && i >= 0 && absent.key != "" {
			path.keys = path.keys[:i+1]
			return missing("missing path " + path.String())
		}
	}
	switch {
	case absent.holder != "":
		return missing("a field is read from " + absent.holder)
	case absent.key == "":
		return missing("a list is shorter than the index asks for, or a map does not have the key")
	default:
		// The key was computed; it may be data.
		return missing("a map does not have a key that the expression computes")
	}
}

// brokenAt is the shortest part of a path that leads nowhere, and the value at which it ends.
func brokenAt(whole path, bound map[string]ref.Val) (*path, ref.Val) {
	value, isBound := bound[whole.root]
	if !isBound {
		return &path{root: whole.root}, nil
	}
	for at, key := range whole.keys {
		fields, isMap := value.(traits.Mapper)
		if !isMap {
			return &path{root: whole.root, keys: whole.keys[:at+1]}, value
		}
		next, found := fields.Find(types.String(key))
		if !found {
			return &path{root: whole.root, keys: whole.keys[:at+1]}, value
		}
		value = next
	}
	return nil, nil
}
