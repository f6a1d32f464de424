namespace Esteira.Model
{
    /// <summary>
    /// A data object whose state only its own behaviours change.
    ///
    /// A behaviour is a method that checks its rule and, if it holds, hands an event to <see cref="Apply"/>; nothing else
    /// writes a field. Loading and saving is not its business: a function receives it in its input and returns it in its
    /// output.
    /// </summary>
    public abstract class Aggregate<TEvent>
    {
        /// <summary>Kind of aggregate, for example `order`.</summary>
        public abstract string Kind { get; }

        /// <summary>Identity within its kind.</summary>
        public abstract string Id { get; }

        /// <summary>Counts the events that were applied.</summary>
        public abstract long Version { get; }

        /// <summary>Changes the state: the only place that does. Never fails: the behaviour checked before.</summary>
        protected abstract void Apply(TEvent happened);

        /// <summary>What the coordinator is told about it.</summary>
        public AggregateRef Reference()
        {
            return new AggregateRef(Kind, Id, Version);
        }
    }
}
