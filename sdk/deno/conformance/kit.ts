/** The functions that vectors and conformance tests run: the same in every SDK. */

import { Aggregate, fn, NonRetryable, Outcome, Payload, type TaskFunction } from "@esteira/sdk/model";
import { script } from "./script.ts";
import { count, list, members, text, whole } from "./shape.ts";

const raw = fn("kit.raw", "single", (_cx, input) => input);
const echo = fn("kit.echo", "single", (_cx, input) => Payload.encode(input.decode()));
const none = fn("kit.none", "none", () => {});

const fan = fn("kit.fan", "multiple", (cx) =>
  cx.config((value) => {
    const config = members(value, ["items", "count"]);
    if ((config.items === undefined) === (config.count === undefined)) throw new TypeError("either `items` or `count`");
    if (config.items !== undefined) return list(config.items).map((item) => Payload.json(text(item)));
    return Array.from({ length: count(config.count) }, (_, n) => Payload.json(String(n)));
  }));

/** Counts up to a limit. The order of the fields is the order in its JSON. */
class Counter extends Aggregate<bigint> {
  readonly kind = "counter";

  constructor(readonly id: string, public version: bigint, public count: bigint) {
    super();
  }

  static read(value: unknown): Counter {
    const { id, version, count } = members(value, ["id", "version", "count"]);
    return new Counter(text(id), whole(version), whole(count));
  }

  protected override apply(added: bigint): void {
    this.count += added;
    this.version += 1n;
  }

  /** The rule stands here and nowhere else. */
  add(amount: bigint, limit: bigint): void {
    if (amount <= 0n) throw new NonRetryable("AMOUNT_INVALID", `${amount} is not positive`);
    if (this.count + amount > limit) {
      throw new NonRetryable("LIMIT_REACHED", `${this.count} and ${amount} pass ${limit}`);
    }
    this.apply(amount);
  }
}

const counter = fn("kit.counter", "single", (cx, input) => {
  const { add, limit } = cx.config((value) => {
    const config = members(value, ["add", "limit"]);
    return { add: whole(config.add), limit: config.limit === undefined ? 2n ** 63n - 1n : whole(config.limit) };
  });
  const counter = input.decode(Counter.read);
  counter.add(add, limit);
  cx.emit("counter.added", counter.id, Payload.encode(add));
  const { id, version, count } = counter;
  return Outcome.json({ id, version, count }).withAggregate(counter.reference());
});

const ctx = fn("kit.ctx", "single", (cx) => {
  const { kind, id, version } = cx.aggregate ?? {};
  const headers = Object.entries(cx.headers).sort(([a], [b]) => (a < b ? -1 : 1));
  const fields: [string, string][] = [
    ["step", JSON.stringify(cx.stepKey)],
    ["attempt", String(cx.attempt)],
    ["account", JSON.stringify(cx.account)],
    ["operator", JSON.stringify(cx.operator.userId)],
    ["aggregate", JSON.stringify(kind === undefined ? "" : `${kind}/${id}@${version}`)],
    ["headers", `{${headers.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`],
    ["config", cx.configJson === "" ? "null" : cx.configJson],
    ["checkpoint", cx.lastCheckpoint?.asJson() ?? "null"],
  ];
  return Payload.json(`{${fields.map(([name, json]) => `"${name}":${json}`).join(",")}}`);
});

/** All functions of the kit. */
export const KIT: readonly TaskFunction[] = [raw, echo, none, fan, counter, ctx, script];
