import { deepStrictEqual } from "node:assert";
import { Payload } from "@esteira/sdk/model";
import { Harness } from "@esteira/sdk/testing";
import { greet } from "./function.ts";

Deno.test("it greets", async () => {
  const execution = await new Harness().run(greet, Payload.json('"world"'));
  deepStrictEqual(execution.payloads(), [Payload.json('"hello, world"')]);
});

Deno.test("nobody to greet is refused", async () => {
  const execution = await new Harness().run(greet, Payload.json('""'));
  deepStrictEqual(execution.error?.code, "NAME_EMPTY");
});
