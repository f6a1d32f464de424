/**
 * Serves one function to a coordinator until SIGTERM or Ctrl-C.
 * `deno run --allow-net --allow-read examples/worker.ts http://127.0.0.1:7440`
 */

import { fn, NonRetryable, Payload } from "@esteira/sdk/model";
import { terminated, Worker } from "@esteira/sdk/worker";

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("expected a text");
  return value;
}

const hello = fn("hello", "single", (cx, input) => {
  const name = input.decode(text);
  if (name === "") throw new NonRetryable("NAME_EMPTY", "somebody must be greeted");
  cx.log("info", `greeting in attempt ${cx.attempt}`);
  return Payload.encode(`hello, ${name}`);
}, { version: "1" });

const [endpoint = "http://127.0.0.1:7440"] = Deno.args;
await new Worker(endpoint, { functions: [hello], slots: 8 }).run(terminated());
