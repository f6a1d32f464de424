package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// PayloadKind says what a payload holds.
type PayloadKind uint8

const (
	// NoData is the absence of data; not the same as JSON null.
	NoData PayloadKind = iota
	// JSONData is JSON text.
	JSONData
	// BinaryData is anything else.
	BinaryData
)

// Payload is data on its way through a plan: bytes that are kept and hashed exactly as received. The zero value
// holds no data. Payloads are values: they can be compared with == and never change.
type Payload struct {
	kind PayloadKind
	body string
	// ContentType is "" for application/json of JSON and application/octet-stream of binary data.
	ContentType string
	// Schema is the id that the producing function declared, or "".
	Schema string
}

// JSON is a payload of JSON text, as it is.
func JSON(text string) Payload { return Payload{kind: JSONData, body: text} }

// Binary is a payload of a copy of these bytes.
func Binary(data []byte) Payload { return Payload{kind: BinaryData, body: string(data)} }

// Encode is a JSON payload of the value, without escapes that HTML alone would need.
func Encode(value any) (Payload, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return Payload{}, &Error{Code: CodeOutputInvalid, Message: err.Error(), cause: err}
	}
	return JSON(string(bytes.TrimSuffix(text.Bytes(), []byte("\n")))), nil
}

// Decode reads a JSON payload into a value of type T. It fails with INPUT_INVALID, not retryable, when the body
// is not JSON of that shape. A number that T cannot hold is an error, never another number; where T leaves the
// type open (any), numbers are [json.Number].
func Decode[T any](payload Payload) (T, error) {
	var value T
	err := payload.Decode(&value)
	return value, err
}

// Decode reads the payload's JSON into what the pointer points to; see the function [Decode].
func (p Payload) Decode(into any) error {
	text, isJSON := p.JSON()
	if !isJSON {
		return InputInvalid("the payload is not JSON")
	}
	if err := decodeText(text, into); err != nil {
		return InputInvalid("%w", err)
	}
	return nil
}

// Kind says what the payload holds.
func (p Payload) Kind() PayloadKind { return p.kind }

// JSON is the JSON text, exactly as received; false when the payload holds something else.
func (p Payload) JSON() (text string, isJSON bool) {
	if p.kind != JSONData {
		return "", false
	}
	return p.body, true
}

// Bytes is a copy of the body: what is stored and hashed.
func (p Payload) Bytes() []byte { return []byte(p.body) }

// Len is the size of the body in bytes.
func (p Payload) Len() int { return len(p.body) }

// SHA256 is the digest of the body.
func (p Payload) SHA256() [sha256.Size]byte { return sha256.Sum256([]byte(p.body)) }

// String is for people: the JSON text, or what else there is.
func (p Payload) String() string {
	switch p.kind {
	case JSONData:
		return p.body
	case BinaryData:
		return fmt.Sprintf("<%d bytes>", len(p.body))
	default:
		return "<no data>"
	}
}

// decodeText reads strict JSON. Its errors say what is wrong and where, and never the data itself.
func decodeText(text string, into any) error {
	if err := CheckJSON(text); err != nil {
		return atPlace("the text is not JSON", text, int64(err.Offset))
	}
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.UseNumber()
	err := decoder.Decode(into)
	var wrongType *json.UnmarshalTypeError
	switch {
	case err == nil || errors.Is(err, io.EOF):
		return err
	case errors.As(err, &wrongType):
		return atPlace("the JSON has another shape than expected", text, wrongType.Offset)
	default:
		return atPlace("the JSON has another shape than expected", text, decoder.InputOffset())
	}
}

func atPlace(what, text string, offset int64) error {
	before := text[:min(int(offset), len(text))]
	line, column := 1, 0
	for _, char := range []byte(before) {
		if char == '\n' {
			line, column = line+1, 0
		} else {
			column++
		}
	}
	return fmt.Errorf("%s (line %d column %d)", what, line, column)
}
