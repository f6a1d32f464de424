package model

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoteJSON is a JSON string with the same escapes in every SDK and in the coordinator.
func quoteJSON(text string) string { return quoted(text, true) }

// quoteDocument is a JSON string in a plan document: every control character has the long escape.
func quoteDocument(text string) string { return quoted(text, false) }

func quoted(text string, short bool) string {
	var out strings.Builder
	out.WriteByte('"')
	for _, char := range text {
		switch {
		case char == '"' || char == '\\':
			out.WriteByte('\\')
			out.WriteRune(char)
		case char < ' ' && !short:
			writeLongEscape(&out, char)
		case char == '\n':
			out.WriteString(`\n`)
		case char == '\r':
			out.WriteString(`\r`)
		case char == '\t':
			out.WriteString(`\t`)
		case char < ' ':
			writeLongEscape(&out, char)
		default:
			out.WriteRune(char)
		}
	}
	out.WriteByte('"')
	return out.String()
}

func writeLongEscape(out *strings.Builder, char rune) {
	out.WriteString(`\u00`)
	out.WriteByte("0123456789abcdef"[char>>4])
	out.WriteByte("0123456789abcdef"[char&15])
}

// jsonObject is a JSON object while it is written, members in the order in which they come.
type jsonObject struct{ text strings.Builder }

func (o *jsonObject) raw(name, json string) {
	if o.text.Len() > 0 {
		o.text.WriteByte(',')
	}
	o.text.WriteString(quoteJSON(name))
	o.text.WriteByte(':')
	o.text.WriteString(json)
}

func (o *jsonObject) rawUnlessEmpty(name, json string) {
	if json != "" {
		o.raw(name, json)
	}
}

func (o *jsonObject) string(name, text string) { o.raw(name, quoteDocument(text)) }

func (o *jsonObject) stringUnlessEmpty(name, text string) {
	if text != "" {
		o.string(name, text)
	}
}

func (o *jsonObject) integerUnlessZero(name string, value int) {
	if value != 0 {
		o.raw(name, strconv.Itoa(value))
	}
}

func (o *jsonObject) trueUnlessFalse(name string, set bool) {
	if set {
		o.raw(name, "true")
	}
}

func (o *jsonObject) strings(name string, texts []string) {
	writeList(o, name, texts, quoteDocument)
}

func (o *jsonObject) end() string { return "{" + o.text.String() + "}" }

func writeList[T any](object *jsonObject, name string, items []T, write func(T) string) {
	if len(items) > 0 {
		object.raw(name, jsonArray(items, write))
	}
}

func jsonArray[T any](items []T, write func(T) string) string {
	texts := make([]string, len(items))
	for i, item := range items {
		texts[i] = write(item)
	}
	return "[" + strings.Join(texts, ",") + "]"
}

// cutText is at most so many bytes of a text, cut at the end of a code point.
func cutText(text string, bytesMax int) string {
	if len(text) <= bytesMax {
		return text
	}
	for bytesMax > 0 && !utf8.RuneStart(text[bytesMax]) {
		bytesMax--
	}
	return text[:bytesMax]
}
