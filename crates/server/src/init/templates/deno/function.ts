import { fn, NonRetryable, Payload } from "@esteira/sdk/model";

function text(value: unknown): string {
  if (typeof value !== "string") throw new TypeError("expected a text");
  return value;
}

/** Greets whom its input names. */
export const greet = fn("{{name}}", "single", (_cx, input) => {
  const name = input.decode(text);
  if (!name) throw new NonRetryable("NAME_EMPTY", "nobody to greet");
  return Payload.encode(`hello, ${name}`);
});
