package model

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What the coordinator would not take of a report: the worker then reports a failure in its place, and so does the
// runner. And what it would not take of a start: nothing runs then. The rules are those of the edge (TaskReport in
// worker.proto, StartJobRequest in job.proto); the first that is broken decides the code.
const (
	emitMax          = 1_000
	verdictsMax      = 100
	headersMax       = 32
	headerBytesMax   = 8 << 10
	labelsMax        = 32
	labelCharsMax    = 256
	topicBytesMax    = 127
	idCharsMax       = 128
	textCharsMax     = 256
	reasonCharsMax   = 1 << 10
	retryAfterMax    = day
	codeFieldInvalid = "FIELD_INVALID"
)

// refuseSuccess is the failure in the place of a success that the coordinator would not take; nil when it would. own is
// what the task moves.
func refuseSuccess(outcome Outcome, said Said, own *AggregateRef) *Failure {
	for _, output := range outcome.Payloads {
		if refused := refusePayload(output, "output"); refused != nil {
			return refused
		}
	}
	after := outcome.AggregateAfter
	if after != nil {
		if refused := refuseAggregate(after, "aggregate_after"); refused != nil {
			return refused
		}
	}
	if len(said.Emits) > emitMax {
		return refuseField("emit", "has too many elements")
	}
	if len(outcome.Verdicts) > verdictsMax {
		return refuseField("verdicts", "has too many elements")
	}
	for _, emit := range said.Emits {
		if refused := refuseEmit(emit); refused != nil {
			return refused
		}
	}
	for _, verdict := range outcome.Verdicts {
		if refused := refuseVerdict(verdict); refused != nil {
			return refused
		}
	}
	if own != nil && after != nil && (own.Kind != after.Kind || own.ID != after.ID) {
		return refuseField("aggregate_after", "names another aggregate than the task's")
	}
	return nil
}

// refuseFailure is the failure as it is taken, with the checkpoint that comes with it; or the one in its place.
func refuseFailure(given *Failure, checkpoint *Payload) (*Failure, *Payload) {
	if given.RetryAfter != nil && *given.RetryAfter > retryAfterMax {
		return refuseField("retry_after", "is more than 24 hours"), nil
	}
	if checkpoint != nil {
		if refused := refusePayload(*checkpoint, "checkpoint"); refused != nil {
			return refused, nil
		}
	}
	// Not every database can hold a NUL.
	given.Message = strings.ReplaceAll(given.Message, "\x00", "\ufffd")
	given.Truncate()
	return given, checkpoint
}

// refuseStart is what is wrong with what a run starts with; nil when the coordinator would take it.
func refuseStart(start Start) *Failure {
	if !isLine(start.Actor.OnBehalfOf, idCharsMax) {
		return refuseField("packet.actor.on_behalf_of", "is too long, or holds a control character")
	}
	if start.Aggregate != nil {
		if refused := refuseAggregate(start.Aggregate, "packet.aggregate"); refused != nil {
			return refused
		}
	}
	if refused := refusePayload(start.Data, "packet.data"); refused != nil {
		return refused
	}
	if refused := refuseHeaders(start.Headers, "packet.headers"); refused != nil {
		return refused
	}
	if len(start.Labels) > labelsMax {
		return refuseField("labels", "has too many elements")
	}
	for name, value := range start.Labels {
		if !isName(name, nameBytesMax) || !isLine(value, labelCharsMax) {
			return refuseField("labels", "has a name or value without its form")
		}
	}
	return nil
}

func refuse(code, field, why string) *Failure {
	return &Failure{Kind: FailureNonRetryable, Code: code, Message: field + ": " + why, Source: "worker"}
}

func refuseField(field, why string) *Failure { return refuse(codeFieldInvalid, field, why) }

func refusePayload(payload Payload, field string) *Failure {
	if payload.Len() > PayloadBytesMax {
		return refuse("PAYLOAD_TOO_LARGE", field, fmt.Sprintf("has %d bytes", payload.Len()))
	}
	if text, isJSON := payload.JSON(); isJSON {
		if problem := CheckJSON(text); problem != nil {
			return refuse("JSON_INVALID", field, problem.Error())
		}
	}
	if !isLine(payload.ContentType, idCharsMax) || !isLine(payload.Schema, textCharsMax) {
		return refuseField(field, "has a content type or schema without its form")
	}
	return nil
}

func refuseAggregate(named *AggregateRef, field string) *Failure {
	switch {
	case !isName(named.Kind, nameBytesMax):
		return refuseField(field+".type", "is not a name of its form")
	case named.ID == "" || named.Version < 0:
		return refuseField(field, "has no id, or a version below 0")
	case !isLine(named.ID, textCharsMax):
		return refuseField(field+".id", "is too long, or holds a control character")
	}
	return nil
}

func refuseEmit(emit Emit) *Failure {
	if !isName(emit.Topic, topicBytesMax) {
		return refuseField("emit.topic", "is not a name of its form")
	}
	if !isLine(emit.Key, textCharsMax) {
		return refuseField("emit.key", "is too long, or holds a control character")
	}
	if refused := refusePayload(emit.Payload, "emit.payload"); refused != nil {
		return refused
	}
	return refuseHeaders(emit.Headers, "emit.headers")
}

func refuseHeaders(headers map[string]string, field string) *Failure {
	bytes := 0
	for name, value := range headers {
		bytes += len(name) + len(value)
		isHeader := name != "" && len(name) <= nameBytesMax && strings.Trim(name, nameChars) == "" &&
			strings.IndexByte("_.-", name[0]) < 0
		if !isHeader || strings.ContainsFunc(value, unicode.IsControl) {
			return refuseField(field, "has a name or value without its form")
		}
	}
	if len(headers) > headersMax || bytes > headerBytesMax {
		return refuseField(field, "has too many elements or takes too many bytes")
	}
	return nil
}

func refuseVerdict(verdict Verdict) *Failure {
	switch {
	case verdict.Policy == "":
		return refuseField("verdicts.policy", "is required")
	case !isLine(verdict.Policy, idCharsMax):
		return refuseField("verdicts.policy", "is too long, or holds a control character")
	case !isLine(verdict.Version, versionCharsMax):
		return refuseField("verdicts.version", "is too long, or holds a control character")
	case utf8.RuneCountInString(verdict.Detail) > reasonCharsMax || strings.Contains(verdict.Detail, "\x00"):
		return refuseField("verdicts.detail", "is too long, or holds a NUL")
	}
	return nil
}

const nameChars = "abcdefghijklmnopqrstuvwxyz0123456789_.-"

// isName is [a-z][a-z0-9_.-]*.
func isName(text string, bytesMax int) bool {
	return text != "" && len(text) <= bytesMax && 'a' <= text[0] && text[0] <= 'z' && strings.Trim(text, nameChars) == ""
}

// isLine is one line, of so many characters at most.
func isLine(text string, charsMax int) bool {
	return utf8.RuneCountInString(text) <= charsMax && !strings.ContainsFunc(text, unicode.IsControl)
}
