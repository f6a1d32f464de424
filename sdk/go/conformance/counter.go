package conformance

import (
	"math"

	"github.com/esteira/esteira/sdk/go/model"
)

// counter counts up to a limit. The order of the fields is the order in its JSON.
type counter struct {
	ID      *string `json:"id"`
	Version *int64  `json:"version"`
	Count   *int64  `json:"count"`
}

// added is what can happen to it.
type added struct{ amount int64 }

var _ model.Aggregate[added] = (*counter)(nil)

func (c *counter) AggregateKind() string   { return "counter" }
func (c *counter) AggregateID() string     { return *c.ID }
func (c *counter) AggregateVersion() int64 { return *c.Version }

func (c *counter) Apply(event added) {
	*c.Count += event.amount
	*c.Version++
}

// add: the rule stands here and nowhere else.
func (c *counter) add(amount, limit int64) error {
	if amount <= 0 {
		return model.NonRetryable("AMOUNT_INVALID", "%d is not positive", amount)
	}
	if *c.Count > math.MaxInt64-amount || *c.Count+amount > limit {
		return model.NonRetryable("LIMIT_REACHED", "%d and %d pass %d", *c.Count, amount, limit)
	}
	c.Apply(added{amount})
	return nil
}

type counterConfig struct {
	Add   *int64 `json:"add"`
	Limit *int64 `json:"limit"`
}

// counterFunction adds to the counter that it receives, and says so.
func counterFunction() model.Function {
	return model.Func("kit.counter", func(cx *model.Context, input model.Payload) (model.Outcome, error) {
		var config counterConfig
		if err := strictConfig(cx, &config); err != nil {
			return model.Outcome{}, err
		}
		if config.Add == nil {
			return model.Outcome{}, model.ConfigInvalid("`add` is missing")
		}
		limit := int64(math.MaxInt64)
		if config.Limit != nil {
			limit = *config.Limit
		}
		var moved counter
		text, isJSON := input.JSON()
		if err := strict(text, &moved); !isJSON || err != nil || moved.ID == nil || moved.Version == nil || moved.Count == nil {
			return model.Outcome{}, model.InputInvalid("a counter has `id`, `version` and `count`")
		}
		if err := moved.add(*config.Add, limit); err != nil {
			return model.Outcome{}, err
		}
		amount, err := model.Encode(*config.Add)
		if err != nil {
			return model.Outcome{}, err
		}
		cx.Emit("counter.added", moved.AggregateID(), amount)
		outcome, err := model.OutcomeJSON(&moved)
		return outcome.WithAggregate(model.Reference[added](&moved)), err
	})
}
