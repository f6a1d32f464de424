/**
 * One function in a plan of two steps, run in this process. `deno run examples/hello.ts`
 */

import { fn, Payload, PlanBuilder, Runner, step } from "@esteira/sdk/model";

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("expected a text");
  return value;
}

const hello = fn("hello", "single", (_cx, input) => Payload.encode(`hello, ${input.decode(text)}`));
const plan = new PlanBuilder().step(step("greet", "hello").next("again")).step(step("again", "hello")).build();
const trace = await new Runner().function(hello).run(plan, Payload.json('"world"'));
console.log(String(trace).trimEnd());
for (const result of trace.results) console.log(result.asJson());
