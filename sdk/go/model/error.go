package model

import (
	"errors"
	"fmt"
	"runtime"
	"time"
)

// Stable codes of failures that the author of a function did not name.
const (
	// CodeUnhandled is a panic, or an error that is not an [*Error].
	CodeUnhandled = "UNHANDLED"
	// CodeInputInvalid is an input that cannot be decoded.
	CodeInputInvalid = "INPUT_INVALID"
	// CodeConfigInvalid is a configuration that cannot be decoded.
	CodeConfigInvalid = "CONFIG_INVALID"
	// CodeOutputInvalid is a value that JSON cannot hold.
	CodeOutputInvalid = "OUTPUT_INVALID"
	// CodeResultTooLarge is a result that is larger than the contract allows.
	CodeResultTooLarge = "RESULT_TOO_LARGE"
	// CodeOutputTypeMismatch is an output that does not agree with the step's output type.
	CodeOutputTypeMismatch = "OUTPUT_TYPE_MISMATCH"
)

// Error is why a function failed, and whether another attempt can help. Any other error that a function returns
// counts as retryable with code UNHANDLED; one that wraps an *Error (fmt.Errorf with %w) keeps its code.
type Error struct {
	// Code is a stable UPPER_SNAKE code; retry rules and failure edges match it exactly.
	Code string
	// Message is for a person; it may hold data and is treated like data.
	Message string
	// Retryable says whether another attempt may succeed.
	Retryable bool
	// After is the least pause before the next attempt; it counts for a retryable error only. Nil when none is asked for.
	After *time.Duration

	cause error
}

// Retryable is an error after which another attempt may succeed. The message is built as by [fmt.Errorf]; an
// error given for %w is unwrapped by errors.Is and errors.As.
func Retryable(code, format string, args ...any) *Error {
	failure := newError(code, format, args)
	failure.Retryable = true
	return failure
}

// NonRetryable is an error after which no attempt will succeed with this input.
func NonRetryable(code, format string, args ...any) *Error { return newError(code, format, args) }

// InputInvalid says that the input cannot be decoded.
func InputInvalid(format string, args ...any) *Error {
	return newError(CodeInputInvalid, format, args)
}

// ConfigInvalid says that the step's configuration cannot be decoded.
func ConfigInvalid(format string, args ...any) *Error {
	return newError(CodeConfigInvalid, format, args)
}

func newError(code, format string, args []any) *Error {
	built := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: built.Error(), cause: errors.Unwrap(built)}
}

// WithAfter asks for a pause before the next attempt; no effect on an error that is not retryable.
func (e *Error) WithAfter(pause time.Duration) *Error {
	after := *e
	if after.Retryable {
		after.After = &pause
	}
	return &after
}

// Error is the code and the message.
func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Unwrap is the error that the message was built from with %w.
func (e *Error) Unwrap() error { return e.cause }

// Is reports whether the target is an *Error with the same code, so that
// errors.Is(err, &model.Error{Code: "BUSY"}) holds for every error of that code.
func (e *Error) Is(target error) bool {
	other, isError := target.(*Error)
	return isError && other.Code == e.Code && (other.Message == "" || other.Message == e.Message)
}

// AsError is the error that any error counts as.
func AsError(err error) *Error {
	var known *Error
	if !errors.As(err, &known) {
		return &Error{Code: CodeUnhandled, Message: err.Error(), Retryable: true, cause: err}
	}
	if same, isError := err.(*Error); isError {
		return same
	}
	wrapped := *known
	wrapped.Message, wrapped.cause = err.Error(), err
	return &wrapped
}

// Failure is what is reported, with its texts cut to the contract's limits. A code of another form than
// [A-Z][A-Z0-9_]{0,63} becomes UNHANDLED and moves into the message.
func (e *Error) Failure(source string) *Failure {
	failure := &Failure{Kind: FailureNonRetryable, Code: e.Code, Message: e.Message, Source: source}
	if e.Retryable {
		failure.Kind, failure.RetryAfter = FailureRetryable, e.After
	}
	if !formCode.fits(e.Code) {
		failure.Code, failure.Message = CodeUnhandled, e.Code+": "+e.Message
	}
	var panicked *panicError
	if errors.As(e.cause, &panicked) {
		failure.StackTrace = panicked.stack
	}
	failure.Truncate()
	return failure
}

// Truncate cuts the texts of a failure to 4 KiB and 16 KiB, on a code point boundary.
func (f *Failure) Truncate() {
	f.Message = cutText(f.Message, FailureMessageBytesMax)
	f.StackTrace = cutText(f.StackTrace, FailureStackBytesMax)
}

// panicError is a panic as the error that it counts as.
type panicError struct {
	text  string
	stack string
}

func (p *panicError) Error() string { return p.text }

func newPanicError(thrown any) *Error {
	stack := make([]byte, FailureStackBytesMax)
	stack = stack[:runtime.Stack(stack, false)]
	text := fmt.Sprint(thrown)
	return &Error{Code: CodeUnhandled, Message: text, Retryable: true, cause: &panicError{text, string(stack)}}
}
