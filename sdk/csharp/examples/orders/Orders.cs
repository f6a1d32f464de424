using System;
using System.Collections.Generic;
using System.Linq;
using Esteira.Model;

/// <summary>Moves an aggregate, which only its own behaviours change, through a plan with a fan-out and a join.</summary>
internal static class Orders
{
    /// <summary>So much of one product.</summary>
    private sealed class Line
    {
        internal string Product;
        internal long Quantity;
        internal bool IsReserved;

        internal static Line Read(JsonValue value)
        {
            JsonValue reserved;
            bool isReserved = value.TryGet("reserved", out reserved) && reserved.AsBoolean();
            return new Line { Product = value["product"].AsText(), Quantity = value["quantity"].AsInt64(), IsReserved = isReserved };
        }

        internal JsonValue Write()
        {
            return JsonValue.Object().With("product", Product).With("quantity", Quantity).With("reserved", IsReserved);
        }
    }

    /// <summary>An order whose lines are reserved one by one; the event is the product that was.</summary>
    private sealed class Order : Aggregate<string>
    {
        private readonly string _id;
        private readonly Line[] _lines;
        private long _version;

        private Order(string id, long version, Line[] lines)
        {
            _id = id;
            _version = version;
            _lines = lines;
        }

        public override string Kind => "order";

        public override string Id => _id;

        public override long Version => _version;

        internal IEnumerable<Line> Lines => _lines;

        internal static Order Read(JsonValue value)
        {
            return new Order(value["id"].AsText(), value["version"].AsInt64(), value["lines"].Items.Select(Line.Read).ToArray());
        }

        internal JsonValue Write()
        {
            JsonValue lines = JsonValue.Array(_lines.Select(line => line.Write()));
            return JsonValue.Object().With("id", _id).With("version", _version).With("lines", lines);
        }

        /// <summary>Reserves a product. The rule stands here and nowhere else.</summary>
        internal void Reserve(string product, long quantityMax)
        {
            Line line = _lines.FirstOrDefault(one => one.Product == product);
            if (line == null) throw new NonRetryable("PRODUCT_UNKNOWN", product);
            if (line.Quantity > quantityMax) throw new NonRetryable("QUANTITY_TOO_LARGE", line.Quantity + " of " + product);
            Apply(product);
        }

        protected override void Apply(string reserved)
        {
            foreach (Line line in _lines.Where(one => one.Product == reserved)) line.IsReserved = true;
            _version++;
        }
    }

    private static Outcome Reserve(Context cx, Payload input)
    {
        long quantityMax = cx.Config(config => config["quantity_max"].AsInt64());
        Order order = input.Decode(Order.Read);
        foreach (Line line in order.Lines)
        {
            order.Reserve(line.Product, quantityMax);
            cx.Emit("order.line_reserved", order.Id, Payload.Encode(line.Product));
        }
        return Outcome.Json(order.Write()).WithAggregate(order.Reference());
    }

    private static void Main()
    {
        IFunction[] functions =
        {
            Function.Of("order.reserve", OutputType.Single, Reserve),
            Function.Of("order.split", OutputType.Multiple, (cx, input) =>
                Outcome.Many(input.Decode(Order.Read).Lines.Select(line => Payload.Encode(line.Write())))),
            Function.Of("line.pick", OutputType.Single, (cx, input) =>
            {
                Line line = input.Decode(Line.Read);
                return Outcome.Json(line.Quantity + " x " + line.Product);
            }),
            Function.Of("order.pack", OutputType.Single, (cx, picked) => Outcome.One(picked)),
        };
        Plan plan = new PlanBuilder()
            .Step(StepBuilder.Of("reserve", "order.reserve").Config("{\"quantity_max\":10}").Then("split"))
            .Step(StepBuilder.Of("split", "order.split").Output(OutputType.Multiple).Then("pick"))
            .Step(StepBuilder.Of("pick", "line.pick").Then("pack"))
            .Step(StepBuilder.Of("pack", "order.pack").JoinAll())
            .Build();
        const string Text = "{\"id\":\"o-1\",\"version\":0,\"lines\":[{\"product\":\"tea\",\"quantity\":2},{\"product\":\"cup\",\"quantity\":4}]}";
        Trace trace = new Runner().Function(functions).RunAsync(plan, Payload.Json(Text)).GetAwaiter().GetResult();
        Console.Write(trace);
        Console.WriteLine("result   " + trace.Results[0].JsonText);
        Console.WriteLine("messages " + trace.Messages.Count);
        Console.WriteLine("document " + plan.DefinitionJson("order.fulfil"));
    }
}
