package model

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Issue is one finding about a plan. An error refuses the plan; a warning does not.
type Issue struct {
	// Path is a JSON Pointer into the plan document, for example /steps/2/next/0/condition.
	Path string
	// Code is stable, for example STEP_UNKNOWN.
	Code string
	// Message is for a person.
	Message string
	// Warning says whether the plan may be published all the same.
	Warning bool
}

// planField is a value of a plan document and its place. A reader reports what is wrong there, and reading goes
// on. The exact text is kept: it is taken apart only when an object or array is asked for.
type planField struct {
	path   string
	text   string
	issues *[]Issue
}

func (f planField) refuse(code, format string, args ...any) {
	*f.issues = append(*f.issues, Issue{Path: f.path, Code: code, Message: fmt.Sprintf(format, args...)})
}

func (f planField) expected(what string) { f.refuse("FIELD_TYPE", "expected %s", what) }

func (f planField) object() (*planObject, bool) {
	cursor := jsonCursor{text: f.text}
	if !cursor.enter('{') {
		f.expected("an object")
		return nil, false
	}
	object := &planObject{planField: f, fields: map[string]string{}}
	for {
		if more, _ := cursor.more(); !more {
			return object, true
		}
		key, _ := cursor.key()
		object.fields[key], _ = cursor.value()
	}
}

// list is the elements of an array, at most so many; tooLong is the code for too many.
func (f planField) list(most int, tooLong string) ([]planField, bool) {
	cursor := jsonCursor{text: f.text}
	if !cursor.enter('[') {
		f.expected("an array")
		return nil, false
	}
	var items []planField
	for {
		if more, _ := cursor.more(); !more {
			break
		}
		item, _ := cursor.value()
		items = append(items, planField{f.path + "/" + strconv.Itoa(len(items)), item, f.issues})
	}
	if len(items) > most {
		f.refuse(tooLong, "%d elements; at most %d are allowed", len(items), most)
		return nil, false
	}
	return items, true
}

func (f planField) isText() bool { return strings.HasPrefix(f.text, `"`) }

func (f planField) string() (string, bool) {
	cursor := jsonCursor{text: f.text}
	text, isText := cursor.string()
	switch {
	case isText:
	case f.text != "" && isDigit(f.text[0]):
		f.expected("a string (in YAML, put quotes around it)")
	default:
		f.expected("a string")
	}
	return text, isText
}

func (f planField) shortText(charsMax int) (string, bool) {
	text, isText := f.string()
	if !isText {
		return "", false
	}
	switch length := utf8.RuneCountInString(text); {
	case length == 0:
		f.refuse("TEXT_INVALID", "empty; leave the field out instead")
		return "", false
	case length > charsMax:
		f.refuse("TEXT_INVALID", "%d characters; at most %d are allowed", length, charsMax)
		return "", false
	}
	return text, true
}

func (f planField) name(form nameForm) (string, bool) {
	text, isText := f.string()
	if isText && !form.fits(text) {
		f.refuse("NAME_INVALID", "expected %s", form)
		return "", false
	}
	return text, isText
}

// names is an array of names, each once.
func (f planField) names(form nameForm, most int) []string {
	items, _ := f.list(most, "LIST_TOO_LONG")
	var names []string
	for _, item := range items {
		name, fits := item.name(form)
		if !fits {
			continue
		}
		if slices.Contains(names, name) {
			item.refuse("LIST_REPEATS", "`%s` stands here twice", name)
			continue
		}
		names = append(names, name)
	}
	return names
}

func (f planField) boolean() bool {
	if f.text != "true" && f.text != "false" {
		f.expected("true or false")
	}
	return f.text == "true"
}

// whole is a whole number within a range, written without a fraction or exponent.
func (f planField) whole(least, most int) (int, bool) {
	if _, isNumber := f.double(); !isNumber {
		return 0, false
	}
	number, err := strconv.Atoi(f.text)
	if err != nil || number < least || number > most {
		f.refuse("NUMBER_OUT_OF_RANGE", "expected a whole number from %d to %d", least, most)
		return 0, false
	}
	return number, true
}

func (f planField) number(least, most float64) (float64, bool) {
	number, isNumber := f.double()
	if isNumber && (number < least || number > most) {
		f.refuse("NUMBER_OUT_OF_RANGE", "expected a number from %v to %v", least, most)
		return 0, false
	}
	return number, isNumber
}

func (f planField) double() (float64, bool) {
	if f.text == "" || f.text[0] != '-' && !isDigit(f.text[0]) {
		f.expected("a number")
		return 0, false
	}
	number, err := strconv.ParseFloat(f.text, 64)
	if err != nil || math.IsInf(number, 0) {
		f.refuse("NUMBER_OUT_OF_RANGE", "too large")
		return 0, false
	}
	return number, true
}

func (f planField) duration(least, most time.Duration) (time.Duration, bool) {
	text, isText := f.string()
	if !isText {
		return 0, false
	}
	duration, err := ParseDuration(text)
	if err != nil {
		f.refuse("DURATION_INVALID", "expected whole numbers with units, like 250ms, 5s or 1h30m")
		return 0, false
	}
	if duration < least || duration > most {
		f.refuse("NUMBER_OUT_OF_RANGE", "expected a duration from %s to %s", formatDuration(least), formatDuration(most))
		return 0, false
	}
	return duration, true
}

func (f planField) choice(all ...string) (string, bool) {
	text, isText := f.string()
	if isText && !slices.Contains(all, text) {
		f.refuse("CHOICE_INVALID", "expected one of %s", strings.Join(all, ", "))
		return "", false
	}
	return text, isText
}

// planObject is the members of an object that were not read yet.
type planObject struct {
	planField
	fields map[string]string
}

func (o *planObject) place(name string) planField {
	return planField{o.path + "/" + escapePointer(name), o.fields[name], o.issues}
}

func (o *planObject) take(name string) (planField, bool) {
	field := o.place(name)
	_, found := o.fields[name]
	delete(o.fields, name)
	return field, found
}

func (o *planObject) require(name string) (planField, bool) {
	field, found := o.take(name)
	if !found {
		field.refuse("FIELD_REQUIRED", "`%s` is missing", name)
	}
	return field, found
}

func (o *planObject) refuseField(name, why string) {
	if field, found := o.take(name); found {
		field.refuse("FIELD_UNSUPPORTED", "%s", why)
	}
}

// finish reports what is left: it is unknown.
func (o *planObject) finish() {
	names := make([]string, 0, len(o.fields))
	for name := range o.fields {
		names = append(names, name)
	}
	sort.Strings(names)
	for _, name := range names {
		o.place(name).refuse("FIELD_UNKNOWN", "there is no such field here")
	}
}

// nameForm is the form of a name.
type nameForm string

const (
	// formName is the form of plans, functions, queues, policies and kinds of aggregates.
	formName nameForm = "[a-z][a-z0-9_.-]{0,62}"
	// formKey is the form of steps: a key can stand in an expression.
	formKey nameForm = "[a-z][a-z0-9_]{0,62}"
	// formCode is the form of failure codes.
	formCode nameForm = "[A-Z][A-Z0-9_]{0,63}"
)

func (f nameForm) fits(text string) bool {
	if text == "" || len(text) > nameBytesMax && (f != formCode || len(text) > codeBytesMax) {
		return false
	}
	isFirst := func(char byte) bool {
		if f == formCode {
			return 'A' <= char && char <= 'Z'
		}
		return 'a' <= char && char <= 'z'
	}
	for i := range len(text) {
		char := text[i]
		isLater := isDigit(char) || char == '_' || f == formName && (char == '.' || char == '-')
		if !isFirst(char) && (i == 0 || !isLater) {
			return false
		}
	}
	return true
}
