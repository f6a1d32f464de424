/**
 * An aggregate that only its own behaviours change, moved by a plan with a fan-out and a join.
 * `deno run examples/orders.ts`
 */

import {
  Aggregate,
  type Context,
  definitionJson,
  fn,
  NonRetryable,
  Outcome,
  Payload,
  PlanBuilder,
  Runner,
  step,
  type TaskFunction,
} from "@esteira/sdk/model";

interface Line {
  readonly product: string;
  readonly quantity: number;
  reserved?: boolean;
}

/** What can happen to an order. */
type Event = { readonly reserved: string };

/** An order: lines that are reserved one by one. */
class Order extends Aggregate<Event> {
  readonly kind = "order";

  private constructor(readonly id: string, public version: number, readonly lines: readonly Line[]) {
    super();
  }

  static read(value: unknown): Order {
    const { id, version, lines } = value as Order;
    if (typeof id !== "string" || !Array.isArray(lines)) throw new TypeError("not an order");
    return new Order(id, version, lines);
  }

  protected override apply({ reserved }: Event): void {
    for (const line of this.lines) if (line.product === reserved) line.reserved = true;
    this.version += 1;
  }

  /** The rule stands here and nowhere else. */
  reserve(product: string, quantityMax: number): void {
    const line = this.lines.find((line) => line.product === product);
    if (line === undefined) throw new NonRetryable("PRODUCT_UNKNOWN", product);
    if (line.quantity > quantityMax) throw new NonRetryable("QUANTITY_TOO_LARGE", `${line.quantity} of ${product}`);
    this.apply({ reserved: product });
  }

  toJSON(): unknown {
    return { id: this.id, version: this.version, lines: this.lines };
  }
}

/** Reserves all lines of an order. */
class Reserve implements TaskFunction {
  readonly spec = {
    name: "order.reserve",
    outputType: "single",
    version: "1",
    summary: "Reserves all lines of an order.",
  } as const;

  execute(cx: Context, input: Payload): Promise<Outcome> {
    const { quantity_max } = cx.config<{ quantity_max: number }>();
    const order = input.decode(Order.read);
    for (const { product } of order.lines) {
      order.reserve(product, quantity_max);
      cx.emit("order.line_reserved", order.id, Payload.encode(product));
    }
    return Promise.resolve(Outcome.json(order).withAggregate(order.reference()));
  }
}

const split = fn("order.split", "multiple", (_cx, input) => input.decode(Order.read).lines.map(Payload.encode));
const pick = fn("line.pick", "single", (_cx, input) => {
  const { product, quantity } = input.decode<Line>();
  return Payload.encode(`${quantity} x ${product}`);
});
const pack = fn("order.pack", "single", (_cx, input) => input);

const plan = new PlanBuilder()
  .step(step("reserve", "order.reserve").config('{"quantity_max":10}').next("split"))
  .step(step("split", "order.split").output("multiple").next("pick"))
  .step(step("pick", "line.pick").next("pack"))
  .step(step("pack", "order.pack").joinAll())
  .build();
const order = '{"id":"o-1","version":0,"lines":[{"product":"tea","quantity":2},{"product":"cup","quantity":4}]}';
const trace = await new Runner().function(new Reserve(), split, pick, pack).run(plan, Payload.json(order));
console.log(String(trace).trimEnd());
console.log("result  ", trace.results[0]?.asJson() ?? "none");
console.log("messages", trace.messages.length);
console.log("document", definitionJson(plan, "order.fulfil"));
