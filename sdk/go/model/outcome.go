package model

// Outcome is a finished execution: the output, and what else the function has to say about it. The zero value is
// not one; make it with [OutcomeNone], [OutcomeOne], [OutcomeMany] or [OutcomeJSON].
type Outcome struct {
	// OutputType must agree with the step.
	OutputType OutputType
	// Payloads are the data in order: none, one, or any number. No items at all end the branch as SKIPPED.
	Payloads []Payload
	// AggregateAfter is the aggregate after its behaviours ran, if the function moved one.
	AggregateAfter *AggregateRef
	// Verdicts are what the function's own checks said; recorded with the task.
	Verdicts []Verdict
}

// OutcomeNone is nothing produced.
func OutcomeNone() Outcome { return Outcome{OutputType: None} }

// OutcomeOne is one payload.
func OutcomeOne(payload Payload) Outcome {
	return Outcome{OutputType: Single, Payloads: []Payload{payload}}
}

// OutcomeMany is any number of payloads.
func OutcomeMany(payloads []Payload) Outcome {
	return Outcome{OutputType: Multiple, Payloads: payloads}
}

// OutcomeJSON is one payload with the JSON of the value.
func OutcomeJSON(value any) (Outcome, error) {
	payload, err := Encode(value)
	return OutcomeOne(payload), err
}

// WithAggregate says how the aggregate stands now.
func (o Outcome) WithAggregate(after AggregateRef) Outcome {
	o.AggregateAfter = &after
	return o
}

// WithVerdict adds a verdict.
func (o Outcome) WithVerdict(verdict Verdict) Outcome {
	o.Verdicts = append(o.Verdicts[:len(o.Verdicts):len(o.Verdicts)], verdict)
	return o
}

// Check answers why a step of this output type cannot take the outcome, or nil: it has another type, or a payload
// or the list is larger than these limits.
func (o Outcome) Check(expected OutputType, payloadBytesMax, itemsMax int) error {
	count := len(o.Payloads)
	if o.OutputType != expected || o.OutputType == Single && count != 1 || o.OutputType == None && count != 0 {
		return NonRetryable(CodeOutputTypeMismatch,
			"the step's output is `%s`, the function's is `%s` with %d payloads", expected, o.OutputType, count)
	}
	if count > itemsMax {
		return TooLarge("items", count, itemsMax)
	}
	for _, payload := range o.Payloads {
		if payload.Len() > payloadBytesMax {
			return TooLarge("bytes in one payload", payload.Len(), payloadBytesMax)
		}
	}
	return nil
}

// TooLarge is a RESULT_TOO_LARGE error: more than the contract allows.
func TooLarge(what string, count, most int) *Error {
	return NonRetryable(CodeResultTooLarge, "%d %s, and %d is the most", count, what, most)
}
