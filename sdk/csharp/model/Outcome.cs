using System.Collections.Generic;
using System.Linq;

namespace Esteira.Model
{
    /// <summary>What a policy, or a function's own check, said about an input or output.</summary>
    public sealed class Verdict
    {
        /// <summary>Of these.</summary>
        public Verdict(string policy, string version, bool passed, string detail)
        {
            Policy = policy;
            Version = version;
            Passed = passed;
            Detail = detail;
        }

        /// <summary>The policy's name.</summary>
        public string Policy { get; }
        /// <summary>Its version.</summary>
        public string Version { get; }
        /// <summary>Whether the rule held.</summary>
        public bool Passed { get; }
        /// <summary>For a person.</summary>
        public string Detail { get; }
    }

    /// <summary>A finished execution: the output, and what else the function has to say about it. Never changes.</summary>
    public sealed class Outcome
    {
        private Outcome(
            OutputType output,
            IReadOnlyList<Payload> payloads,
            AggregateRef aggregateAfter,
            IReadOnlyList<Verdict> verdicts)
        {
            Output = output;
            Payloads = payloads;
            AggregateAfter = aggregateAfter;
            Verdicts = verdicts;
        }

        /// <summary>Nothing produced: the next step receives this step's input.</summary>
        public static readonly Outcome None = new Outcome(OutputType.None, new Payload[0], null, new Verdict[0]);

        /// <summary>What was produced.</summary>
        public OutputType Output { get; }
        /// <summary>The payloads in order; empty when nothing was produced.</summary>
        public IReadOnlyList<Payload> Payloads { get; }
        /// <summary>The aggregate after its behaviours ran, if the function moved one.</summary>
        public AggregateRef AggregateAfter { get; }
        /// <summary>What the function's own checks said; recorded with the task.</summary>
        public IReadOnlyList<Verdict> Verdicts { get; }

        /// <summary>One payload.</summary>
        public static Outcome One(Payload payload)
        {
            return new Outcome(OutputType.Single, new[] { payload }, null, new Verdict[0]);
        }

        /// <summary>Any number of payloads: one task an item in the next steps, where none at all ends the branch as SKIPPED.</summary>
        public static Outcome Many(IEnumerable<Payload> payloads)
        {
            return new Outcome(OutputType.Multiple, payloads.ToArray(), null, new Verdict[0]);
        }

        /// <summary>One payload with the JSON of the value.</summary>
        public static Outcome Json(JsonValue value)
        {
            return One(Payload.Encode(value));
        }

        /// <summary>The same outcome, saying how the aggregate stands now.</summary>
        public Outcome WithAggregate(AggregateRef aggregateAfter)
        {
            return new Outcome(Output, Payloads, aggregateAfter, Verdicts);
        }

        /// <summary>The same outcome with one more verdict.</summary>
        public Outcome WithVerdict(Verdict verdict)
        {
            return new Outcome(Output, Payloads, AggregateAfter, Verdicts.Concat(new[] { verdict }).ToArray());
        }

        /// <summary>The same outcome, if the step can take it: it has the expected type, and no payload and no list is too large.</summary>
        internal Outcome Checked(OutputType expected, int payloadBytesMax, int itemsMax)
        {
            if (Output != expected)
            {
                string message = "the step's output is `" + Words.Of(expected) + "`, the function's is `" + Words.Of(Output) + "`";
                throw new NonRetryable(ErrorCodes.OutputTypeMismatch, message);
            }
            if (Payloads.Count > itemsMax) throw FunctionError.TooLarge("items", Payloads.Count, itemsMax);
            foreach (Payload payload in Payloads)
            {
                int bytes = payload.ByteLength();
                if (bytes > payloadBytesMax) throw FunctionError.TooLarge("bytes in one payload", bytes, payloadBytesMax);
            }
            return this;
        }
    }
}
