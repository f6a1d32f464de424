package model

// Aggregate is the one data object that a plan moves; only its own behaviours change its state.
//
// A behaviour is a method that checks its rule and, if it holds, hands an event to Apply; nothing else writes a
// field. Loading and saving is not its business: a function receives it in its input and returns it in its output.
type Aggregate[Event any] interface {
	// AggregateKind is the kind of aggregate, for example order.
	AggregateKind() string
	// AggregateID is the identity within its kind.
	AggregateID() string
	// AggregateVersion counts the events that were applied.
	AggregateVersion() int64
	// Apply changes the state: the only place that does. It never fails: the behaviour checked before.
	Apply(event Event)
}

// Reference is what the coordinator is told about an aggregate.
func Reference[Event any](aggregate Aggregate[Event]) AggregateRef {
	return AggregateRef{
		Kind: aggregate.AggregateKind(), ID: aggregate.AggregateID(), Version: aggregate.AggregateVersion(),
	}
}
