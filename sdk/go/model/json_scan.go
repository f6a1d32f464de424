package model

import (
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonCursor is a place in JSON text that was checked before. Every step answers false on text that is not JSON,
// so that unchecked text is an error and never a panic.
type jsonCursor struct {
	text string
	at   int
}

// peek is the first byte of the next thing that is not white space.
func (c *jsonCursor) peek() (byte, bool) {
	for c.at < len(c.text) && strings.IndexByte(" \t\n\r", c.text[c.at]) >= 0 {
		c.at++
	}
	if c.at >= len(c.text) {
		return 0, false
	}
	return c.text[c.at], true
}

// enter steps into an object or array.
func (c *jsonCursor) enter(bracket byte) bool {
	next, found := c.peek()
	if !found || next != bracket {
		return false
	}
	c.at++
	return true
}

// more says whether the array or object that was entered has another member, and steps to it or past the end.
func (c *jsonCursor) more() (more, readable bool) {
	switch next, found := c.peek(); {
	case !found:
		return false, false
	case next == ',':
		c.at++
		return true, true
	case next == '}' || next == ']':
		c.at++
		return false, true
	default:
		return true, true
	}
}

// key is the next key, escapes resolved; its colon is passed.
func (c *jsonCursor) key() (string, bool) {
	key, readable := c.string()
	if next, found := c.peek(); !readable || !found || next != ':' {
		return "", false
	}
	c.at++
	return key, true
}

// string is the next string, escapes resolved.
func (c *jsonCursor) string() (string, bool) {
	if next, found := c.peek(); !found || next != '"' {
		return "", false
	}
	begin := c.at + 1
	end, readable := stringEnd(c.text, begin)
	if !readable {
		return "", false
	}
	c.at = end
	return unescapeJSON(c.text[begin : end-1]), true
}

// value is the text of the next value, without the space around it.
func (c *jsonCursor) value() (string, bool) {
	first, found := c.peek()
	if !found {
		return "", false
	}
	begin := c.at
	switch first {
	case '"':
		end, readable := stringEnd(c.text, begin+1)
		if !readable {
			return "", false
		}
		c.at = end
	case '{', '[':
		for depth := 0; ; {
			if c.at >= len(c.text) {
				return "", false
			}
			switch c.text[c.at] {
			case '{', '[':
				depth++
			case '}', ']':
				depth--
			case '"':
				end, readable := stringEnd(c.text, c.at+1)
				if !readable {
					return "", false
				}
				c.at = end - 1
			}
			c.at++
			if depth == 0 {
				break
			}
		}
	default:
		length := strings.IndexAny(c.text[begin:], ",}] \t\n\r")
		if length < 0 {
			length = len(c.text) - begin
		}
		c.at = begin + length
	}
	return c.text[begin:c.at], c.at > begin
}

// stringEnd is past the closing quote of the string whose contents begin at that place.
func stringEnd(text string, at int) (int, bool) {
	for at < len(text) {
		switch text[at] {
		case '"':
			return at + 1, true
		case '\\':
			at += 2
		default:
			at++
		}
	}
	return 0, false
}

// unescapeJSON resolves the escapes of a JSON string's contents. What no checked string holds becomes U+FFFD.
func unescapeJSON(raw string) string {
	if strings.IndexByte(raw, '\\') < 0 {
		return raw
	}
	text := make([]byte, 0, len(raw))
	for at := 0; at < len(raw); {
		if raw[at] != '\\' || at+1 == len(raw) {
			text = append(text, raw[at])
			at++
			continue
		}
		if raw[at+1] == 'u' {
			char, length := escapedChar(raw, at)
			text = utf8.AppendRune(text, char)
			at += length
			continue
		}
		if short := strings.IndexByte("bfnrt", raw[at+1]); short >= 0 {
			text = append(text, "\b\f\n\r\t"[short])
		} else {
			text = append(text, raw[at+1])
		}
		at += 2
	}
	return string(text)
}

func escapedChar(raw string, at int) (rune, int) {
	unit, isUnit := utf16Unit(raw, at)
	if !isUnit {
		return utf8.RuneError, min(6, len(raw)-at)
	}
	if !utf16.IsSurrogate(rune(unit)) {
		return rune(unit), 6
	}
	if low, isUnit := utf16Unit(raw, at+6); isUnit {
		if char := utf16.DecodeRune(rune(unit), rune(low)); char != utf8.RuneError {
			return char, 12
		}
	}
	return utf8.RuneError, 6
}

// escapePointer is a key as a token of a JSON Pointer (RFC 6901).
func escapePointer(key string) string {
	return strings.ReplaceAll(strings.ReplaceAll(key, "~", "~0"), "/", "~1")
}

// pointerToken is one step of a JSON Pointer.
type pointerToken struct {
	key string
	// index is the array index, or -1 when the key does not have the form of one.
	index int
}

// parsePointer answers the steps of a pointer, or what is wrong with its form.
func parsePointer(pointer string) (tokens []pointerToken, problem string) {
	rest, found := strings.CutPrefix(pointer, "/")
	if !found {
		return nil, "a JSON Pointer begins with `/`"
	}
	for _, raw := range strings.Split(rest, "/") {
		for _, after := range strings.Split(raw, "~")[1:] {
			if !strings.HasPrefix(after, "0") && !strings.HasPrefix(after, "1") {
				return nil, "in a JSON Pointer `~` is written `~0`, and `/` in a key is written `~1`"
			}
		}
		key := strings.ReplaceAll(strings.ReplaceAll(raw, "~1", "/"), "~0", "~")
		token := pointerToken{key: key, index: -1}
		if key == "0" || key != "" && !strings.HasPrefix(key, "0") && strings.Trim(key, "0123456789") == "" {
			if index, err := strconv.Atoi(key); err == nil {
				token.index = index
			}
		}
		tokens = append(tokens, token)
	}
	return tokens, ""
}

// followPointer is the text of the value that the steps lead to, exactly as written; false when there is none.
func followPointer(text string, tokens []pointerToken) (string, bool) {
	cursor := jsonCursor{text: text}
	for _, token := range tokens {
		next, found := cursor.peek()
		if !found || !(next == '{' && cursor.toKey(token.key) || next == '[' && cursor.toIndex(token.index)) {
			return "", false
		}
	}
	return cursor.value()
}

func (c *jsonCursor) toKey(key string) bool {
	c.enter('{')
	for {
		more, readable := c.more()
		if !readable || !more {
			return false
		}
		found, readable := c.key()
		if !readable {
			return false
		}
		if found == key {
			return true
		}
		if _, readable := c.value(); !readable {
			return false
		}
	}
}

func (c *jsonCursor) toIndex(index int) bool {
	if index < 0 || !c.enter('[') {
		return false
	}
	for at := 0; ; at++ {
		more, readable := c.more()
		if !readable || !more {
			return false
		}
		if at == index {
			return true
		}
		if _, readable := c.value(); !readable {
			return false
		}
	}
}
