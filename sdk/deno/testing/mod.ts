/**
 * Runs a function in a test, with no server: whatever a worker would tell it is set here, and whatever it says is kept.
 *
 * ```ts
 * import { fn, Payload } from "@esteira/sdk/model";
 * import { Harness } from "@esteira/sdk/testing";
 * const echo = fn("kit.echo", "single", (_cx, input) => input);
 * const execution = await new Harness().attempt(2).run(echo, Payload.json("7"));
 * execution.payloads(); // [Payload.json("7")]
 * ```
 *
 * @module
 */

export { Execution, Harness } from "./harness.ts";
