/** Walks all files of `tests/vectors`, or of the folder that ESTEIRA_VECTORS names; a missing folder is an error. */

import assert from "node:assert/strict";
import { Payload } from "../../model/mod.ts";
import { REPO } from "../support/repo.ts";
import { type Case, KINDS } from "./run.ts";

const named = Deno.env.get("ESTEIRA_VECTORS");
const folder = named === undefined ? new URL("tests/vectors/", REPO) : new URL(`file://${named.replace(/\/?$/, "/")}`);
const files = [...Deno.readDirSync(folder)].map(({ name }) => name).filter((name) => name.endsWith(".json")).sort();
assert.ok(files.length > 0, `there are no vectors in ${folder.pathname}`);

/** The first place where two values differ, as a JSON Pointer, and what stands there; undefined when they are equal. */
function difference(expected: unknown, found: unknown, path = ""): string | undefined {
  const both = [expected, found];
  if (both.every((value) => typeof value === "object" && value !== null)) {
    const [a, b] = both as [Record<string, unknown>, Record<string, unknown>];
    for (const key of new Set([...Object.keys(a), ...Object.keys(b)])) {
      const inner = difference(a[key], b[key], `${path}/${key}`);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }
  if (expected === found || (typeof found === "bigint" && String(expected) === String(found))) return undefined;
  const text = (value: unknown) => (typeof value === "bigint" ? String(value) : JSON.stringify(value));
  return `${path}: expected ${text(expected)}, found ${text(found)}`;
}

for (const file of files) {
  Deno.test(`vectors of ${file}`, async (t) => {
    const { cases } = Payload.json(Deno.readTextFileSync(new URL(file, folder))).decode() as { cases: Case[] };
    assert.ok(cases.length > 0, `${file} has no cases`);
    for (const given of cases) {
      await t.step(given.name, async () => {
        const run = KINDS[given.kind];
        assert.ok(run !== undefined, `${file}: ${given.name}: unknown kind ${given.kind}`);
        const differs = difference(given.expected, await run(given));
        assert.equal(differs, undefined, `${file}: ${given.name}: ${differs}`);
      });
    }
  });
}
