// Command hello runs one function in a plan of two steps, in this process.
//
//	go run ./examples/hello
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/esteira/esteira/sdk/go/expr"
	"github.com/esteira/esteira/sdk/go/model"
)

func main() {
	hello := model.Func("hello", func(_ *model.Context, name string) (string, error) {
		return "hello, " + name, nil
	})
	plan := model.NewPlan().
		Step(model.NewStep("greet", "hello").Then("again")).
		Step(model.NewStep("again", "hello")).
		Build()
	trace, err := expr.NewRunner().Function(hello).Run(context.Background(), plan, model.JSON(`"world"`))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(trace)
	for _, result := range trace.Results {
		fmt.Println(result)
	}
}
