// Package conformance holds the functions that the shared vectors and the conformance tests run: the same in every SDK.
// They show what a runner or a worker did with them: bytes, numbers, contexts, failures. tests/vectors/README.md says
// what each of them does. They use nothing but the SDK's public surface.
package conformance

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/esteira/esteira/sdk/go/model"
)

// Functions are all functions of the kit.
func Functions() []model.Function {
	return []model.Function{raw(), echo(), none(), fan(), counterFunction(), ctx(), script()}
}

// raw returns its input as it is.
func raw() model.Function {
	return model.Func("kit.raw", func(_ *model.Context, input model.Payload) (model.Payload, error) { return input, nil })
}

// echo decodes its input and encodes it again. Where the type of a value is open, numbers keep their text: every number
// stays what it is.
func echo() model.Function {
	return model.Func("kit.echo", func(_ *model.Context, input any) (any, error) { return input, nil })
}

// none produces nothing.
func none() model.Function {
	return model.FuncNone("kit.none", func(*model.Context, model.Payload) error { return nil })
}

// fanConfig has one of the two.
type fanConfig struct {
	// Items are JSON texts, each an item as it is.
	Items *[]string `json:"items"`
	// Count: the integers from 0 up to this one.
	Count *uint32 `json:"count"`
}

// fan produces the items that its configuration names, whatever its input is.
func fan() model.Function {
	return model.FuncMultiple("kit.fan", func(cx *model.Context, _ model.Payload) ([]model.Payload, error) {
		var config fanConfig
		if err := strictConfig(cx, &config); err != nil {
			return nil, err
		}
		items := []model.Payload{}
		switch {
		case config.Items != nil && config.Count == nil:
			for _, text := range *config.Items {
				items = append(items, model.JSON(text))
			}
		case config.Items == nil && config.Count != nil:
			for n := range *config.Count {
				items = append(items, model.JSON(fmt.Sprint(n)))
			}
		default:
			return nil, model.ConfigInvalid("either `items` or `count`")
		}
		return items, nil
	})
}

// ctx tells its context as JSON; the configuration and the checkpoint stand in it as they are.
func ctx() model.Function {
	return model.Func("kit.ctx", func(cx *model.Context, _ model.Payload) (model.Payload, error) {
		aggregate := ""
		if moved, found := cx.Aggregate(); found {
			aggregate = moved.String()
		}
		headers := cx.Headers()
		if headers == nil {
			headers = map[string]string{}
		}
		config, checkpoint := "null", "null"
		if cx.ConfigJSON() != "" {
			config = cx.ConfigJSON()
		}
		if last, found := cx.LastCheckpoint(); found {
			if text, isJSON := last.JSON(); isJSON {
				checkpoint = text
			}
		}
		var text bytes.Buffer
		for _, member := range []struct {
			name  string
			value any
		}{
			{"step", cx.StepKey()}, {"attempt", cx.Attempt()}, {"account", cx.Account()}, {"operator", cx.Operator().UserID},
			{"aggregate", aggregate}, {"headers", headers},
		} {
			encoded, err := model.Encode(member.value)
			if err != nil {
				return model.Payload{}, err
			}
			fmt.Fprintf(&text, `"%s":%s,`, member.name, encoded)
		}
		return model.JSON(fmt.Sprintf(`{%s"config":%s,"checkpoint":%s}`, text.String(), config, checkpoint)), nil
	})
}

// strictConfig reads the whole configuration; what it does not know is refused.
func strictConfig(cx *model.Context, into any) error {
	text := cx.ConfigJSON()
	if text == "" {
		text = "{}"
	}
	if err := strict(text, into); err != nil {
		return model.ConfigInvalid("%w", err)
	}
	return nil
}

func strict(text string, into any) error {
	decoder := json.NewDecoder(bytes.NewReader([]byte(text)))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("data after the JSON value")
	}
	return nil
}
