package model

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Longest path in a JSONError; a longer one is cut.
const jsonPathBytesMax = 256

// JSONError says why a text is not acceptable JSON. It holds object keys (in Path), never values.
type JSONError struct {
	// Problem is a phrase for a person.
	Problem string
	// Offset says where, in bytes from the beginning.
	Offset int
	// Path is the JSON Pointer of the value, or of the key, that was being read; cut after 256 bytes.
	Path string
}

// Error says the problem and its place.
func (e *JSONError) Error() string {
	text := fmt.Sprintf("%s at byte %d", e.Problem, e.Offset)
	if e.Path != "" {
		text += ", at " + e.Path
	}
	return text
}

// CheckJSON checks that a text is one JSON value by RFC 8259, nested at most 64 deep, in which no object has a
// key twice and no string has half of a surrogate pair: what the coordinator checks when it receives one.
// Numbers of any size and precision are accepted. It answers nil when all is well.
func CheckJSON(text string) *JSONError {
	check := jsonCheck{text: text}
	if !utf8.ValidString(text) {
		return &JSONError{Problem: "the text is not UTF-8"}
	}
	problem := check.value(0)
	if problem == "" {
		check.space()
		if check.at < len(text) {
			problem = "data after the JSON value"
		}
	}
	if problem == "" {
		return nil
	}
	path := strings.Join(check.path, "")
	if len(path) > jsonPathBytesMax {
		path = cutText(path, jsonPathBytesMax) + "…"
	}
	return &JSONError{Problem: problem, Offset: check.at, Path: path}
}

const (
	jsonEnd     = "the JSON text ends too early"
	jsonByte    = "unexpected character"
	jsonNumber  = "malformed number"
	jsonEscape  = "malformed escape in a string"
	jsonControl = "raw control character in a string"
	jsonDeep    = "nested too deeply"
	jsonTwice   = "duplicate object key"
)

// jsonCheck walks the text. Its methods answer what is wrong, or "". Recursion ends at the depth that is allowed.
type jsonCheck struct {
	text string
	at   int
	// path has one token for each container around the value that is read; it stays as it is at an error.
	path []string
}

func (c *jsonCheck) space() {
	for c.at < len(c.text) && strings.IndexByte(" \t\n\r", c.text[c.at]) >= 0 {
		c.at++
	}
}

// peek is the next byte that is not white space; 0 at the end.
func (c *jsonCheck) peek() byte {
	c.space()
	if c.at == len(c.text) {
		return 0
	}
	return c.text[c.at]
}

func (c *jsonCheck) value(depth int) string {
	switch next := c.peek(); {
	case c.at == len(c.text):
		return jsonEnd
	case next == '"':
		return c.string()
	case next == '-' || isDigit(next):
		return c.number()
	case next == '{' || next == '[':
		if depth == JSONDepthMax {
			return jsonDeep
		}
		c.at++
		if next == '{' {
			return c.object(depth + 1)
		}
		return c.array(depth + 1)
	case next == 't':
		return c.literal("true")
	case next == 'f':
		return c.literal("false")
	case next == 'n':
		return c.literal("null")
	default:
		return jsonByte
	}
}

func (c *jsonCheck) array(depth int) string {
	place := len(c.path)
	for index := 0; ; index++ {
		c.path = append(c.path[:place], "/"+strconv.Itoa(index))
		if index > 0 || c.peek() != ']' {
			if problem := c.value(depth); problem != "" {
				return problem
			}
		}
		if next := c.peek(); next != ',' {
			return c.close(next, ']', place)
		}
		c.at++
	}
}

func (c *jsonCheck) object(depth int) string {
	place := len(c.path)
	keys := map[string]bool{}
	repeated, repeatedAt := "", -1
	for first := true; ; first = false {
		c.path = c.path[:place]
		if !first || c.peek() != '}' {
			key, at, problem := c.key()
			if problem != "" {
				return problem
			}
			if keys[key] && repeatedAt < 0 {
				repeated, repeatedAt = key, at
			}
			keys[key] = true
			c.path = append(c.path[:place], "/"+escapePointer(key))
			if c.peek() != ':' {
				return c.unexpected()
			}
			c.at++
			if problem := c.value(depth); problem != "" {
				return problem
			}
		}
		next := c.peek()
		if next == ',' {
			c.at++
			continue
		}
		if next == '}' && repeatedAt >= 0 {
			c.path = append(c.path[:place], "/"+escapePointer(repeated))
			c.at = repeatedAt
			return jsonTwice
		}
		return c.close(next, '}', place)
	}
}

func (c *jsonCheck) key() (key string, at int, problem string) {
	if c.peek() != '"' {
		return "", 0, c.unexpected()
	}
	at = c.at
	if problem = c.string(); problem != "" {
		return "", 0, problem
	}
	return unescapeJSON(c.text[at+1 : c.at-1]), at, ""
}

func (c *jsonCheck) close(next, bracket byte, place int) string {
	if next != bracket {
		return c.unexpected()
	}
	c.at++
	c.path = c.path[:place]
	return ""
}

func (c *jsonCheck) unexpected() string {
	if c.at == len(c.text) {
		return jsonEnd
	}
	return jsonByte
}

func (c *jsonCheck) literal(word string) string {
	for i := range len(word) {
		if c.at == len(c.text) {
			return jsonEnd
		}
		if c.text[c.at] != word[i] {
			return jsonByte
		}
		c.at++
	}
	return ""
}

func (c *jsonCheck) number() string {
	c.accept("-")
	if c.accept("0") {
		// A leading zero stands alone.
		if c.at < len(c.text) && isDigit(c.text[c.at]) {
			return jsonNumber
		}
	} else if problem := c.digits(); problem != "" {
		return problem
	}
	if c.accept(".") {
		if problem := c.digits(); problem != "" {
			return problem
		}
	}
	if c.accept("eE") {
		c.accept("+-")
		return c.digits()
	}
	return ""
}

func (c *jsonCheck) accept(anyOf string) bool {
	found := c.at < len(c.text) && strings.IndexByte(anyOf, c.text[c.at]) >= 0
	if found {
		c.at++
	}
	return found
}

func (c *jsonCheck) digits() string {
	begin := c.at
	for c.at < len(c.text) && isDigit(c.text[c.at]) {
		c.at++
	}
	switch {
	case c.at > begin:
		return ""
	case c.at == len(c.text):
		return jsonEnd
	default:
		return jsonNumber
	}
}

func (c *jsonCheck) string() string {
	c.at++
	for c.at < len(c.text) {
		switch char := c.text[c.at]; {
		case char == '"':
			c.at++
			return ""
		case char == '\\':
			if problem := c.escape(); problem != "" {
				return problem
			}
		case char < ' ':
			return jsonControl
		default:
			c.at++
		}
	}
	return jsonEnd
}

func (c *jsonCheck) escape() string {
	if c.at+1 == len(c.text) {
		return jsonEnd
	}
	if c.text[c.at+1] != 'u' {
		if strings.IndexByte(`"\/bfnrt`, c.text[c.at+1]) < 0 {
			return jsonEscape
		}
		c.at += 2
		return ""
	}
	unit, isUnit := utf16Unit(c.text, c.at)
	if !isUnit || unit >= 0xDC00 && unit < 0xE000 {
		return jsonEscape
	}
	c.at += 6
	if unit >= 0xD800 && unit < 0xDC00 {
		low, isUnit := utf16Unit(c.text, c.at)
		if !isUnit || low < 0xDC00 || low >= 0xE000 {
			c.at -= 6
			return jsonEscape
		}
		c.at += 6
	}
	return ""
}

// utf16Unit is the code unit of a \uXXXX at this place.
func utf16Unit(text string, at int) (uint16, bool) {
	if at+6 > len(text) || text[at] != '\\' || text[at+1] != 'u' {
		return 0, false
	}
	unit, err := strconv.ParseUint(text[at+2:at+6], 16, 16)
	return uint16(unit), err == nil
}

func isDigit(char byte) bool { return '0' <= char && char <= '9' }
