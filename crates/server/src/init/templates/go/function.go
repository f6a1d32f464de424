package main

import "github.com/esteira/esteira/sdk/go/model"

// greet greets whom its input names.
var greet = model.Func("{{name}}", func(_ *model.Context, name string) (string, error) {
	if name == "" {
		return "", model.NonRetryable("NAME_EMPTY", "nobody to greet")
	}
	return "hello, " + name, nil
})
