/** JSON text: checked strictly, decoded without changing a number, encoded without dropping anything. */

import assert from "node:assert/strict";
import { checkJson, Context, FIRST_INVOCATION, NonRetryable, Payload } from "../../model/mod.ts";
import { Cancellation, fromBase64, JsonError, toBase64 } from "../../model/mod.ts";

function refusal(run: () => unknown): NonRetryable {
  try {
    run();
  } catch (error) {
    if (error instanceof NonRetryable) return error;
    throw error;
  }
  throw new assert.AssertionError({ message: "it was accepted" });
}

function order(value: unknown): { id: number | bigint } {
  const { id } = value as { id: unknown };
  if (typeof id !== "number" && typeof id !== "bigint") throw new TypeError("`id` is not a number");
  return { id };
}

Deno.test("a payload decodes or is INPUT_INVALID", () => {
  assert.deepEqual(Payload.json('{"id":9007199254740993}').decode(order), { id: 9007199254740993n });
  for (
    const bad of [Payload.json("{"), Payload.json('{"id":"x"}'), Payload.binary(new Uint8Array(2)), Payload.none()]
  ) {
    assert.equal(refusal(() => bad.decode(order)).code, "INPUT_INVALID");
  }
});

Deno.test("no number changes in silence", () => {
  const same = [
    "0",
    "-1",
    "1.5",
    "9007199254740991",
    "9007199254740993",
    "-123456789012345678901234567890",
    "1e2",
    "0.1",
    "1E400",
    "1e-400",
    "0.10",
    "1.0",
    "-0.0",
    "1e21",
    "100000000000000000000000.0",
    "0.30000000000000004",
    "0.300000000000000041",
    "3.141592653589793238",
    "9007199254740993.0",
    "5e-324",
    "1.7976931348623157e308",
  ];
  const lost = ["1E400", "1e-400", "0.300000000000000041", "3.141592653589793238", "9007199254740993.0"];
  for (const text of same) {
    const payload = Payload.json(`{"n":[${text}]}`);
    if (lost.includes(text)) assert.equal(refusal(() => payload.decode()).code, "INPUT_INVALID", text);
    else {
      const { n: [value] } = payload.decode() as { n: (number | bigint)[] };
      assert.equal(Number(value), Number(text), text);
      if (typeof value === "bigint") assert.equal(String(value), text);
    }
  }
  // Digits inside a text are no number.
  const text = '{"s":"12345678901234567890.5e5","__proto__":{"a":[true,false,null,"\\u0000"]}}';
  const value = Payload.json(text).decode() as Record<string, unknown>;
  assert.equal(JSON.stringify(value), text);
  assert.ok(Object.hasOwn(value, "__proto__"));
});

Deno.test("a value is encoded exactly or OUTPUT_INVALID", () => {
  const value = {
    big: 9007199254740993n,
    list: [1, -0, 1.5, 'é\u0000"', null, true],
    left: undefined,
    at: new Date(0),
  };
  const text = '{"big":9007199254740993,"list":[1,0,1.5,"é\\u0000\\"",null,true],"at":"1970-01-01T00:00:00.000Z"}';
  assert.equal(Payload.encode(value).asJson(), text);
  const circle: unknown[] = [];
  circle.push(circle);
  for (const bad of [NaN, Infinity, [undefined], () => {}, Symbol("s"), new Map(), new Uint8Array(1), circle]) {
    assert.equal(refusal(() => Payload.encode(bad)).code, "OUTPUT_INVALID");
  }
});

Deno.test("an absent configuration reads as an empty object", () => {
  const config = (configJson: string) => new Context({ ...FIRST_INVOCATION, configJson }, new Cancellation());
  assert.deepEqual(config("").config(), {});
  assert.deepEqual(config('{"n":1}').config(), { n: 1 });
  assert.equal(refusal(() => config("{").config()).code, "CONFIG_INVALID");
  assert.equal(refusal(() => config("{}").config(order)).code, "CONFIG_INVALID");
});

Deno.test("acceptable JSON is what the coordinator accepts", () => {
  for (
    const good of ["0", " [1, 2.5e-3] ", '{"a":{"a":1},"b":"\\ud83d\\ude00😀"}', '"\\u0000"', "[]", "-0", "1e99999"]
  ) {
    checkJson(good);
  }
  const problem = (text: string) => {
    try {
      checkJson(text);
    } catch (error) {
      if (error instanceof JsonError) return error.message;
    }
    return "accepted";
  };
  const cases = {
    "": "the JSON text ends too early at byte 0",
    "01": "malformed number at byte 0",
    "[1.]": "malformed number at byte 1, at /0",
    "nul": "the JSON text ends too early at byte 3",
    "{a:1}": "unexpected character at byte 1",
    '{"é":[tru]}': "unexpected character at byte 10, at /é/0",
    '{"a":1,"\\u0061":2}': "duplicate object key at byte 7, at /a",
    '"\\ud800"': "malformed escape in a string at byte 1",
    '"\\x"': "malformed escape in a string at byte 1",
    '"a\nb"': "raw control character in a string at byte 2",
    "1 1": "data after the JSON value at byte 2",
    "NaN": "unexpected character at byte 0",
    '"\ud800"': "unexpected character at byte 1",
  };
  for (const [text, expected] of Object.entries(cases)) assert.equal(problem(text), expected, text);
  assert.equal(problem("[".repeat(64) + "]".repeat(64)), "accepted");
  assert.ok(problem("[".repeat(65) + "]".repeat(65)).startsWith("nested too deeply"));
});

Deno.test("the examples of RFC 4648", () => {
  const cases = { "": "", f: "Zg==", fo: "Zm8=", foo: "Zm9v", foob: "Zm9vYg==", fooba: "Zm9vYmE=", foobar: "Zm9vYmFy" };
  for (const [text, expected] of Object.entries(cases)) {
    const bytes = new TextEncoder().encode(text);
    assert.equal(toBase64(bytes), expected);
    assert.deepEqual(fromBase64(expected), bytes);
  }
  assert.throws(() => fromBase64("Zg="), TypeError);
});
