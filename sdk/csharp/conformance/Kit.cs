using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Model;

namespace Esteira.Conformance
{
    /// <summary>The functions that vectors and conformance tests run: the same in every SDK.</summary>
    public static class Kit
    {
        /// <summary>All of them.</summary>
        public static readonly IFunction[] Functions =
        {
            Function.Of("kit.raw", OutputType.Single, (cx, input) => Outcome.One(input)),
            Function.Of("kit.echo", OutputType.Single, (cx, input) => Outcome.Json(input.Decode())),
            Function.Of("kit.none", OutputType.None, (cx, input) => Outcome.None),
            Function.Of("kit.fan", OutputType.Multiple, (cx, input) => Outcome.Many(cx.Config(Fan))),
            Function.Of("kit.counter", OutputType.Single, Count),
            Function.Of("kit.ctx", OutputType.Single, (cx, input) => Outcome.One(Payload.Json(Told(cx)))),
            Script.Function,
        };

        private static IEnumerable<Payload> Fan(JsonValue config)
        {
            Shape.Members(config, "items", "count");
            JsonValue items, count;
            bool hasItems = config.TryGet("items", out items);
            if (hasItems == config.TryGet("count", out count)) throw new FormatException("either `items` or `count`");
            if (hasItems) return items.Items.Select(item => Payload.Json(item.AsText())).ToArray();
            return Enumerable.Range(0, Shape.Count(count)).Select(n => Payload.Json(n.ToString())).ToArray();
        }

        private static Outcome Count(Context cx, Payload input)
        {
            long limit = long.MaxValue;
            long add = cx.Config(config =>
            {
                JsonValue given;
                Shape.Members(config, "add", "limit");
                if (config.TryGet("limit", out given)) limit = given.AsInt64();
                return config["add"].AsInt64();
            });
            Counter counter = input.Decode(Counter.Read);
            counter.Add(add, limit);
            cx.Emit("counter.added", counter.Id, Payload.Encode(add));
            return Outcome.One(counter.Write()).WithAggregate(counter.Reference());
        }

        private static string Told(Context cx)
        {
            AggregateRef moved = cx.Aggregate;
            JsonValue headers = JsonValue.Object();
            foreach (string name in cx.Headers.Keys.OrderBy(name => name, StringComparer.Ordinal)) headers = headers.With(name, cx.Headers[name]);
            JsonValue fields = JsonValue.Object().With("step", cx.StepKey).With("attempt", cx.Attempt).With("account", cx.Account)
                .With("operator", cx.Operator.UserId)
                .With("aggregate", moved == null ? "" : moved.Kind + "/" + moved.Id + "@" + moved.Version).With("headers", headers);
            string config = cx.ConfigJson == "" ? "null" : cx.ConfigJson;
            string checkpoint = cx.LastCheckpoint == null ? "null" : cx.LastCheckpoint.JsonText ?? "null";
            // A configuration is told as it is written: it goes into the text, and not through a value.
            string begun = fields.ToJson();
            return begun.Substring(0, begun.Length - 1) + ",\"config\":" + config + ",\"checkpoint\":" + checkpoint + "}";
        }

        /// <summary>Counts up to a limit.</summary>
        private sealed class Counter : Aggregate<long>
        {
            private readonly string _id;
            private long _version;
            private long _count;

            private Counter(string id, long version, long count)
            {
                _id = id;
                _version = version;
                _count = count;
            }

            public override string Kind => "counter";

            public override string Id => _id;

            public override long Version => _version;

            internal static Counter Read(JsonValue value)
            {
                Shape.Members(value, "id", "version", "count");
                return new Counter(value["id"].AsText(), value["version"].AsInt64(), value["count"].AsInt64());
            }

            internal Payload Write()
            {
                return Payload.Encode(JsonValue.Object().With("id", _id).With("version", _version).With("count", _count));
            }

            /// <summary>The rule stands here and nowhere else.</summary>
            internal void Add(long amount, long limit)
            {
                if (amount <= 0) throw new NonRetryable("AMOUNT_INVALID", amount + " is not positive");
                bool isTooMuch = _count > long.MaxValue - amount || _count + amount > limit;
                if (isTooMuch) throw new NonRetryable("LIMIT_REACHED", _count + " and " + amount + " pass " + limit);
                Apply(amount);
            }

            protected override void Apply(long added)
            {
                _count += added;
                _version++;
            }
        }
    }

    /// <summary>Reads decoded JSON as a shape, and says what is wrong with it.</summary>
    internal static class Shape
    {
        /// <summary>An object that has no other members than these.</summary>
        internal static void Members(JsonValue value, params string[] names)
        {
            string unknown = value.Names.FirstOrDefault(name => !names.Contains(name));
            if (unknown != null) throw new FormatException("there is no `" + unknown + "`");
        }

        /// <summary>A whole number that counts something.</summary>
        internal static int Count(JsonValue value)
        {
            long count = value.AsInt64();
            if (count < 0 || count > int.MaxValue) throw new FormatException("expected a count");
            return (int)count;
        }
    }
}
