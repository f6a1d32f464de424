/** A scope with everything that there can be; the same data as in the coordinator's own tests of expressions. */

import { Payload, type Scope } from "../../model/mod.ts";

export const INPUT =
  `{"n":9007199254740993,"one":1,"big":18446744073709551615,"f":1.5,"s":"x","yes":true,"nothing":null,
  "list":[3,1,2],"empty":[],"map":{"b":2,"a":1},"e-mail":"a@b.c","nested":{"deep":{"er":"found"}},
  "leads":[{"name":"Ana","score":70,"tags":["hot"]},{"name":"Bea","score":30,"tags":[]},{"name":"Caio"}],
  "esc\\"aped\\u0000":"tab\\there","when":"2026-07-01T10:30:00Z"}`;

export function scopeOf(input: string, more: Partial<Scope> = {}): Scope {
  return {
    input: Payload.json(input),
    itemPath: [],
    steps: new Map(),
    job: { id: "0190b3f2-0000-7000-8000-000000000000", labels: { team: "sales" }, dataClass: "QA" },
    configJson: "",
    ...more,
  };
}

export function fullScope(): Scope {
  const bare = scopeOf(INPUT);
  return {
    ...bare,
    output: Payload.json('{"n":2,"ok":true}'),
    itemPath: [0, 3],
    steps: new Map([
      ["fetch", Payload.json('{"rows":7}')],
      ["bin", Payload.binary(Uint8Array.of(0, 255))],
      ["silent", Payload.none()],
    ]),
    job: { ...bare.job, input: Payload.json('{"campaign":"july"}') },
    configJson: '{"limit":10}',
  };
}
