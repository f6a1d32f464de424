// Command orders moves an aggregate, which only its own behaviours change, through a plan with a fan-out and a join.
//
//	go run ./examples/orders
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/esteira/esteira/sdk/go/expr"
	"github.com/esteira/esteira/sdk/go/model"
)

// Order has lines that are reserved one by one.
type Order struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Lines   []Line `json:"lines"`
}

// Line is so much of one product.
type Line struct {
	Product  string `json:"product"`
	Quantity int    `json:"quantity"`
	Reserved bool   `json:"reserved"`
}

// Reserved is what can happen to an order.
type Reserved struct{ Product string }

var _ model.Aggregate[Reserved] = (*Order)(nil)

// AggregateKind is order.
func (o *Order) AggregateKind() string { return "order" }

// AggregateID is the order's own id.
func (o *Order) AggregateID() string { return o.ID }

// AggregateVersion counts what happened to the order.
func (o *Order) AggregateVersion() int64 { return o.Version }

// Apply is the only place that changes an order.
func (o *Order) Apply(event Reserved) {
	for i := range o.Lines {
		if o.Lines[i].Product == event.Product {
			o.Lines[i].Reserved = true
		}
	}
	o.Version++
}

// Reserve reserves a product. The rule stands here and nowhere else.
func (o *Order) Reserve(product string, quantityMax int) error {
	for _, line := range o.Lines {
		if line.Product != product {
			continue
		}
		if line.Quantity > quantityMax {
			return model.NonRetryable("QUANTITY_TOO_LARGE", "%d of %s", line.Quantity, product)
		}
		o.Apply(Reserved{product})
		return nil
	}
	return model.NonRetryable("PRODUCT_UNKNOWN", "%s", product)
}

// reserveConfig is the configuration of order.reserve.
type reserveConfig struct {
	QuantityMax int `json:"quantity_max"`
}

// reserve reserves all lines of an order.
func reserve(cx *model.Context, order Order) (model.Outcome, error) {
	config, err := model.Config[reserveConfig](cx)
	if err != nil {
		return model.Outcome{}, err
	}
	for _, line := range order.Lines {
		if err := order.Reserve(line.Product, config.QuantityMax); err != nil {
			return model.Outcome{}, err
		}
		product, err := model.Encode(line.Product)
		if err != nil {
			return model.Outcome{}, err
		}
		cx.Emit("order.line_reserved", order.ID, product)
	}
	outcome, err := model.OutcomeJSON(order)
	return outcome.WithAggregate(model.Reference[Reserved](&order)), err
}

func main() {
	functions := []model.Function{
		model.Func("order.reserve", reserve, model.WithVersion("1"), model.WithSummary("Reserves all lines of an order.")),
		model.FuncMultiple("order.split", func(_ *model.Context, order Order) ([]Line, error) { return order.Lines, nil }),
		model.Func("line.pick", func(_ *model.Context, line Line) (string, error) {
			return fmt.Sprintf("%d x %s", line.Quantity, line.Product), nil
		}),
		model.Func("order.pack", func(_ *model.Context, picked []string) ([]string, error) { return picked, nil }),
	}
	plan := model.NewPlan().
		Step(model.NewStep("reserve", "order.reserve").Config(`{"quantity_max":10}`).Then("split")).
		Step(model.NewStep("split", "order.split").Output(model.Multiple).Then("pick")).
		Step(model.NewStep("pick", "line.pick").Then("pack")).
		Step(model.NewStep("pack", "order.pack").JoinAll()).
		Build()
	order := model.JSON(`{"id":"o-1","version":0,"lines":[{"product":"tea","quantity":2},{"product":"cup","quantity":4}]}`)
	trace, err := expr.NewRunner().Function(functions...).Run(context.Background(), plan, order)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(trace)
	fmt.Println("result  ", trace.Results[0])
	fmt.Println("messages", len(trace.Messages))
	fmt.Println("document", model.DefinitionJSON(plan, "order.fulfil"))
}
