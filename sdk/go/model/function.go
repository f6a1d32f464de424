package model

import "errors"

// FunctionSpec is what a function says about itself when its worker registers.
type FunctionSpec struct {
	// Name is the one that plans use: [a-z][a-z0-9_.-]{0,62}, for example order.reserve.
	Name string
	// Version is the author's version text; recorded with every attempt. "" when the author counts none.
	Version string
	// OutputType is what it produces; must agree with the step that runs it.
	OutputType OutputType
	// Summary says what it does, in one sentence of at most 256 characters.
	Summary string
}

// Function is a named, versioned, stateless unit of code with one entry. It does exactly one thing and persists
// nothing.
//
// Execute may be called many times at once, and again for the same task: an attempt can be repeated after a lost
// lease. Hand [Context.IdempotencyKey] to outside services, and return soon after the context is done. A panic
// counts as a retryable [*Error] with code UNHANDLED.
type Function interface {
	// Spec must give the same answer every time.
	Spec() FunctionSpec
	// Execute runs it once on one input.
	Execute(cx *Context, input Payload) (Outcome, error)
}

// FunctionOption says more about a function made by [Func], [FuncMultiple], [FuncNone] or [NewFunction].
type FunctionOption func(*FunctionSpec)

// WithVersion sets the version text.
func WithVersion(version string) FunctionOption {
	return func(spec *FunctionSpec) { spec.Version = version }
}

// WithSummary sets the catalogue line.
func WithSummary(summary string) FunctionOption {
	return func(spec *FunctionSpec) { spec.Summary = summary }
}

// Func makes a function that produces one payload. The input is decoded as by [Decode] and the output encoded as
// by [Encode]; a [Payload] on either side is passed as it is, and an [Outcome] may say more than the data.
func Func[In, Out any](name string, run func(cx *Context, input In) (Out, error), options ...FunctionOption) Function {
	return NewFunction(name, Single, func(cx *Context, payload Payload) (Outcome, error) {
		input, err := decodeInput[In](payload)
		if err != nil {
			return Outcome{}, err
		}
		output, err := run(cx, input)
		if err != nil {
			return Outcome{}, err
		}
		if outcome, isOutcome := any(output).(Outcome); isOutcome {
			return outcome, nil
		}
		encoded, err := encodeOutput(output)
		return OutcomeOne(encoded), err
	}, options...)
}

// FuncMultiple makes a function that produces any number of payloads: one task an item in the next steps.
func FuncMultiple[In, Item any](name string, run func(cx *Context, input In) ([]Item, error), options ...FunctionOption) Function {
	return NewFunction(name, Multiple, func(cx *Context, payload Payload) (Outcome, error) {
		input, err := decodeInput[In](payload)
		if err != nil {
			return Outcome{}, err
		}
		items, err := run(cx, input)
		if err != nil {
			return Outcome{}, err
		}
		payloads := make([]Payload, len(items))
		for i, item := range items {
			if payloads[i], err = encodeOutput(item); err != nil {
				return Outcome{}, err
			}
		}
		return OutcomeMany(payloads), nil
	}, options...)
}

// FuncNone makes a function that produces nothing: the next step receives this step's input.
func FuncNone[In any](name string, run func(cx *Context, input In) error, options ...FunctionOption) Function {
	return NewFunction(name, None, func(cx *Context, payload Payload) (Outcome, error) {
		input, err := decodeInput[In](payload)
		if err != nil {
			return Outcome{}, err
		}
		return OutcomeNone(), run(cx, input)
	}, options...)
}

// NewFunction makes a function that sees payloads as they are.
func NewFunction(name string, outputType OutputType, run func(cx *Context, input Payload) (Outcome, error), options ...FunctionOption) Function {
	spec := FunctionSpec{Name: name, OutputType: outputType}
	for _, option := range options {
		option(&spec)
	}
	return &function{spec, run}
}

type function struct {
	spec FunctionSpec
	run  func(cx *Context, input Payload) (Outcome, error)
}

func (f *function) Spec() FunctionSpec { return f.spec }

func (f *function) Execute(cx *Context, input Payload) (Outcome, error) { return f.run(cx, input) }

func decodeInput[In any](payload Payload) (In, error) {
	if same, isPayload := any(payload).(In); isPayload {
		if _, wantsPayload := any(*new(In)).(Payload); wantsPayload {
			return same, nil
		}
	}
	return Decode[In](payload)
}

func encodeOutput(output any) (Payload, error) {
	if payload, isPayload := output.(Payload); isPayload {
		return payload, nil
	}
	return Encode(output)
}

// Call runs a function once, for whoever calls [Function.Execute]: a panic is an error, and so is an output of
// another type or size than the step can take. A function that fails answers a [*Error].
func Call(function Function, cx *Context, input Payload) (outcome Outcome, err error) {
	returned := false
	defer func() {
		if returned {
			return
		}
		if thrown := recover(); thrown != nil {
			err = newPanicError(thrown)
			return
		}
		err = AsError(errors.New("the function ended its goroutine"))
	}()
	outcome, err = function.Execute(cx, input)
	returned = true
	if err != nil {
		return Outcome{}, AsError(err)
	}
	return outcome, nil
}
