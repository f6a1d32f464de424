package model

import (
	"errors"
	"fmt"
	"sort"
	"strings"
)

// RenderTemplate builds the payload of a typed JSON template, as the coordinator builds the input of a step. Its error
// is an [*ExpressionError].
func RenderTemplate(evaluator Evaluator, source string, scope *Scope) (Payload, error) {
	compiled, err := compileTemplate(source, evaluator)
	if err != nil {
		return Payload{}, err
	}
	payload, err := compiled.render(scope)
	if err != nil {
		return Payload{}, err
	}
	return payload, nil
}

// render builds the payload.
func (t *template) render(scope *Scope) (Payload, *ExpressionError) {
	if len(t.parts) == 1 && t.parts[0].reference != nil && len(t.parts[0].reference.tokens) == 0 {
		if whole, isWhole := t.parts[0].reference.whole(scope); isWhole {
			if whole.Kind() == NoData {
				return Payload{}, missingPath(t.parts[0].reference.pointer)
			}
			return whole, nil
		}
	}
	rendering := templateRendering{scope: scope}
	if err := rendering.parts(t.parts); err != nil {
		return Payload{}, err
	}
	text := rendering.text.String()
	// Each piece was checked; put together they may be too deep.
	if problem := CheckJSON(text); problem != nil {
		return Payload{}, &ExpressionError{CodeExpressionFailed, "the result is not acceptable: " + problem.Error()}
	}
	return JSON(text), nil
}

// whole is the payload itself that a reference names; false when it names no payload.
func (r *templateReference) whole(scope *Scope) (Payload, bool) {
	switch r.source {
	case "input":
		return scope.Input, true
	case "steps":
		return scope.Steps[r.step], true
	case "job.input":
		return scope.JobInput, true
	default:
		return Payload{}, false
	}
}

type templateRendering struct {
	scope *Scope
	text  strings.Builder
}

func (r *templateRendering) parts(parts []templatePart) *ExpressionError {
	for _, part := range parts {
		var text string
		var err *ExpressionError
		switch {
		case part.reference != nil:
			text, err = r.reference(part.reference)
		case part.program != nil:
			var failure error
			if text, failure = part.program.JSON(r.scope.variables(part.program.Paths())); failure != nil {
				err = asExpressionError(failure)
			}
		case part.choices != nil:
			text, err = r.firstThere(part.choices)
		case part.operands != nil:
			text, err = r.concat(part.operands)
		default:
			text = part.text
		}
		if err == nil {
			err = withinBounds(r.text.Len() + len(text))
		}
		if err != nil {
			return err
		}
		r.text.WriteString(text)
	}
	return nil
}

func (r *templateRendering) apart(parts []templatePart) (string, *ExpressionError) {
	rendering := templateRendering{scope: r.scope}
	err := rendering.parts(parts)
	return rendering.text.String(), err
}

func (r *templateRendering) firstThere(choices [][]templatePart) (string, *ExpressionError) {
	var last *ExpressionError
	for _, choice := range choices {
		text, err := r.apart(choice)
		if err == nil || err.Code != CodeExpressionMissingPath {
			return text, err
		}
		last = err
	}
	return "", last
}

func (r *templateRendering) concat(operands [][]templatePart) (string, *ExpressionError) {
	var text strings.Builder
	text.WriteByte('"')
	for _, operand := range operands {
		part, err := r.apart(operand)
		if err != nil {
			return "", err
		}
		part = strings.Trim(part, " \t\r\n")
		if len(part) < 2 || part[0] != '"' || part[len(part)-1] != '"' {
			return "", &ExpressionError{CodeExpressionType, "`$concat` joins strings; one of these is not"}
		}
		// The escapes of JSON strings stand for themselves in any JSON string.
		text.WriteString(part[1 : len(part)-1])
		if err := withinBounds(text.Len()); err != nil {
			return "", err
		}
	}
	text.WriteByte('"')
	return text.String(), nil
}

// reference is the text of what a reference names, exactly as it was written.
func (r *templateRendering) reference(reference *templateReference) (string, *ExpressionError) {
	payload, isWhole := reference.whole(r.scope)
	if !isWhole {
		switch reference.source {
		case "item":
			payload = r.scope.item()
		case "job":
			text, err := r.scope.jobJSON(len(reference.tokens) == 0)
			if err != nil {
				return "", err
			}
			payload = JSON(text)
		case "config":
			if r.scope.ConfigJSON != "" {
				payload = JSON(r.scope.ConfigJSON)
			}
		}
	}
	if text, isJSON := payload.JSON(); isJSON {
		if found, isThere := followPointer(text, reference.tokens); isThere {
			return found, nil
		}
	} else if payload.Kind() == BinaryData && len(reference.tokens) == 0 {
		return "", &ExpressionError{CodeExpressionType, reference.pointer + " is binary and cannot stand inside JSON"}
	}
	return "", missingPath(reference.pointer)
}

// jobJSON is the variable job as JSON text.
func (s *Scope) jobJSON(withInput bool) (string, *ExpressionError) {
	var object, labels jsonObject
	names := make([]string, 0, len(s.Labels))
	for name := range s.Labels {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		labels.raw(name, quoteJSON(s.Labels[name]))
	}
	object.raw("id", quoteJSON(s.JobID))
	if withInput {
		switch text, isJSON := s.JobInput.JSON(); {
		case isJSON:
			object.raw("input", strings.Trim(text, " \t\r\n"))
		case s.JobInput.Kind() == BinaryData:
			return "", &ExpressionError{CodeExpressionType, "/job/input is binary and cannot stand inside JSON"}
		}
	}
	object.raw("labels", labels.end())
	object.raw("data_class", quoteJSON(string(s.DataClass)))
	return object.end(), nil
}

func withinBounds(bytes int) *ExpressionError {
	if bytes > PayloadBytesMax {
		return &ExpressionError{CodeExpressionFailed, fmt.Sprintf("the result is larger than %d bytes", PayloadBytesMax)}
	}
	return nil
}

func missingPath(path string) *ExpressionError {
	return &ExpressionError{CodeExpressionMissingPath, "missing path " + path}
}

// asExpressionError makes what an evaluator answered an error with a code.
func asExpressionError(err error) *ExpressionError {
	var known *ExpressionError
	if errors.As(err, &known) {
		return known
	}
	return &ExpressionError{CodeExpressionFailed, err.Error()}
}
