/**
 * One function in a plan of two steps, run in this process. `deno run examples/hello.ts`
 */

import { fn, Payload, PlanBuilder, Runner, step } from "@esteira/sdk/model";

const hello = fn("hello", "single", (_cx, input) => Payload.encode(`hello, ${input.decode(String)}`));
const plan = new PlanBuilder().step(step("greet", "hello").next("again")).step(step("again", "hello")).build();
const trace = await new Runner().function(hello).run(plan, Payload.json('"world"'));
console.log(String(trace).trimEnd());
for (const result of trace.results) console.log(result.asJson());
