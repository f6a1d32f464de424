package model

import (
	"fmt"
	"strconv"
	"strings"
)

// Most operators in a template. Each may read through all of a payload.
const templateOperatorsMax = 1_000

// Template is typed JSON in which some objects are operators:
//
//	{"$ref": "/input/id"}        what the JSON Pointer leads to, its bytes copied as they are
//	{"$cel": "input.n + 1"}      the value of the expression
//	{"$default": [a, b, ..]}     the first of these that does not fail with EXPRESSION_MISSING_PATH
//	{"$concat": [a, b, ..]}      these strings, one after the other
//	{"$literal": a}              a as it is written, operators in it included
//
// It is compiled to the pieces of its own text around the operators, so that everything else, numbers of any size
// included, comes out as it was written. A template that is one $ref to a whole payload is that payload.
type template struct {
	parts []templatePart
	paths []Path
}

// templatePart has exactly one of its fields.
type templatePart struct {
	text      string
	reference *templateReference
	program   Expression
	// choices of a $default, or operands of a $concat.
	choices, operands [][]templatePart
}

type templateReference struct {
	pointer string
	// source is input, item, steps, job.input, job or config.
	source string
	step   string
	// tokens are the rest of the pointer, from the source on.
	tokens []pointerToken
}

func compileTemplate(source string, evaluator Evaluator) (*template, *ExpressionError) {
	if problem := CheckJSON(source); problem != nil {
		return nil, &ExpressionError{CodeExpressionInvalid, "not acceptable JSON: " + problem.Error()}
	}
	// Space around the value would hide that it is a lone reference.
	cursor := jsonCursor{text: source}
	value, _ := cursor.value()
	compiler := templateCompiler{evaluator: evaluator}
	parts, err := compiler.parts(value, "")
	if err != nil {
		return nil, err
	}
	return &template{parts, compiler.paths}, nil
}

type templateCompiler struct {
	evaluator Evaluator
	paths     []Path
	operators int
}

// parts cuts a value. at is its JSON Pointer in the template, for messages.
func (c *templateCompiler) parts(text, at string) ([]templatePart, *ExpressionError) {
	builder := templateBuilder{text: text}
	cursor := jsonCursor{text: text}
	if err := c.value(&cursor, &builder, at); err != nil {
		return nil, err
	}
	builder.copyTo(len(text))
	return builder.parts, nil
}

func (c *templateCompiler) value(cursor *jsonCursor, builder *templateBuilder, at string) *ExpressionError {
	first, _ := cursor.peek()
	if first != '{' && first != '[' {
		cursor.value()
		return nil
	}
	if first == '{' {
		name, argument, err := templateOperator(*cursor, at)
		if err != nil {
			return err
		}
		if name != "" {
			begin := cursor.at
			cursor.value()
			part, err := c.operator(name, argument, at)
			if err != nil {
				return err
			}
			builder.put(begin, cursor.at, part)
			return nil
		}
	}
	cursor.enter(first)
	for index := 0; ; index++ {
		if more, _ := cursor.more(); !more {
			return nil
		}
		key := strconv.Itoa(index)
		if first == '{' {
			key, _ = cursor.key()
		}
		if err := c.value(cursor, builder, at+"/"+escapePointer(key)); err != nil {
			return err
		}
	}
}

func (c *templateCompiler) operator(name, argument, at string) (templatePart, *ExpressionError) {
	if c.operators++; c.operators > templateOperatorsMax {
		return templatePart{}, &ExpressionError{CodeExpressionInvalid, fmt.Sprintf("more than %d operators", templateOperatorsMax)}
	}
	switch name {
	case "$ref":
		return c.ref(argument, at)
	case "$cel":
		return c.cel(argument, at)
	case "$default":
		choices, err := c.operandsOf(name, argument, at)
		return templatePart{choices: choices}, err
	case "$concat":
		operands, err := c.operandsOf(name, argument, at)
		for _, operand := range operands {
			// What is not an operator is known now.
			if len(operand) == 1 && operand[0].text != "" && operand[0].text[0] != '"' {
				return templatePart{}, &ExpressionError{CodeExpressionType, templatePlace(at) + "`$concat` joins strings; a number is not text"}
			}
		}
		return templatePart{operands: operands}, err
	case "$literal":
		return templatePart{text: argument}, nil
	default:
		return templatePart{}, templateRefuse(at, "unknown operator `%s`; `$literal` keeps an object as it is", name)
	}
}

func (c *templateCompiler) ref(argument, at string) (templatePart, *ExpressionError) {
	pointer, err := templateString("$ref", argument, at)
	if err != nil {
		return templatePart{}, err
	}
	tokens, problem := parsePointer(pointer)
	if problem != "" {
		return templatePart{}, templateRefuse(at, "%s", problem)
	}
	path := Path{Root: tokens[0].key}
	for _, token := range tokens[1:] {
		path.Keys = append(path.Keys, token.key)
	}
	reference := &templateReference{pointer: pointer, source: path.Root, tokens: tokens[1:]}
	switch {
	case path.Root == "input", path.Root == "item", path.Root == "config":
	case path.Root == "steps" && len(path.Keys) > 1 && path.Keys[1] == "output":
		reference.step, reference.tokens = path.Keys[0], tokens[3:]
	case path.Root == "job" && len(path.Keys) > 0 && path.Keys[0] == "input":
		reference.source, reference.tokens = "job.input", tokens[2:]
	case path.Root == "job":
	default:
		return templatePart{}, templateRefuse(at,
			"`%s` begins nowhere: the roots are /input, /item, /steps/<key>/output, /job and /config", pointer)
	}
	c.paths = append(c.paths, path)
	return templatePart{reference: reference}, nil
}

func (c *templateCompiler) cel(argument, at string) (templatePart, *ExpressionError) {
	source, refusal := templateString("$cel", argument, at)
	if refusal != nil {
		return templatePart{}, refusal
	}
	program, err := c.evaluator.Compile(source, templateVariables, false)
	if err != nil {
		problem := asExpressionError(err)
		return templatePart{}, &ExpressionError{problem.Code, templatePlace(at) + problem.Message}
	}
	c.paths = append(c.paths, program.Paths()...)
	return templatePart{program: program}, nil
}

func (c *templateCompiler) operandsOf(name, argument, at string) ([][]templatePart, *ExpressionError) {
	var operands [][]templatePart
	cursor := jsonCursor{text: argument}
	if cursor.enter('[') {
		for {
			if more, _ := cursor.more(); !more {
				break
			}
			value, _ := cursor.value()
			parts, err := c.parts(value, fmt.Sprintf("%s/%s/%d", at, name, len(operands)))
			if err != nil {
				return nil, err
			}
			operands = append(operands, parts)
		}
	}
	if len(operands) == 0 {
		return nil, templateRefuse(at, "`%s` takes an array with at least one element", name)
	}
	return operands, nil
}

// templateOperator is the operator that the next object is, if it is one: its name and the text of its argument.
func templateOperator(cursor jsonCursor, at string) (name, argument string, err *ExpressionError) {
	cursor.enter('{')
	keys := 0
	for {
		if more, _ := cursor.more(); !more {
			break
		}
		key, _ := cursor.key()
		value, _ := cursor.value()
		keys++
		if strings.HasPrefix(key, "$") && name == "" {
			name, argument = key, value
		}
	}
	if name != "" && keys > 1 {
		// Silence here would let a typing error, or a second key, turn an operator into data.
		return "", "", templateRefuse(at,
			"`%s` beside other keys is neither an operator nor data; wrap it in `$literal` if it is data", name)
	}
	return name, argument, nil
}

func templateString(name, argument, at string) (string, *ExpressionError) {
	cursor := jsonCursor{text: argument}
	text, isText := cursor.string()
	if !isText {
		return "", templateRefuse(at, "`%s` takes a string", name)
	}
	return text, nil
}

func templatePlace(at string) string {
	if at == "" {
		return ""
	}
	return "at " + at + ": "
}

func templateRefuse(at, format string, args ...any) *ExpressionError {
	return &ExpressionError{CodeExpressionInvalid, templatePlace(at) + fmt.Sprintf(format, args...)}
}

// templateBuilder cuts text into parts.
type templateBuilder struct {
	text   string
	copied int
	parts  []templatePart
}

func (b *templateBuilder) put(begin, end int, part templatePart) {
	b.copyTo(begin)
	b.parts = append(b.parts, part)
	b.copied = end
}

func (b *templateBuilder) copyTo(end int) {
	if end > b.copied {
		b.parts = append(b.parts, templatePart{text: b.text[b.copied:end]})
	}
}
