/** `model`, `client`, `testing` and `expr` run in a browser: nothing in them is Deno's, and the DOM's types are enough. */

import assert from "node:assert/strict";

const SDK = new URL("../", import.meta.url);
const ENTRIES = ["model", "client", "testing", "expr"];

/** The modules of this SDK that an entry point reaches, and everything else that it imports. */
async function reached(entry: string): Promise<{ own: URL[]; others: string[] }> {
  const args = [
    "info",
    "--json",
    "--frozen",
    "--config",
    new URL("deno.json", SDK).pathname,
    new URL(`${entry}/mod.ts`, SDK).pathname,
  ];
  const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  const { modules } = JSON.parse(new TextDecoder().decode(stdout)) as { modules: { specifier: string }[] };
  const all = modules.map(({ specifier }) => specifier);
  const isOwn = (specifier: string) => specifier.startsWith(SDK.href);
  return { own: all.filter(isOwn).map((specifier) => new URL(specifier)), others: all.filter((it) => !isOwn(it)) };
}

Deno.test("the model depends on nothing", async () => {
  const { own, others } = await reached("model");
  assert.ok(own.length > 30);
  assert.deepEqual(others, []);
  assert.ok(own.every(({ pathname }) => pathname.includes("/sdk/deno/model/")));
  assert.deepEqual((await reached("testing")).others, []);
});

Deno.test("nothing that a browser runs is Deno's", async () => {
  for (const entry of ENTRIES) {
    const { own, others } = await reached(entry);
    for (const module of own) {
      assert.ok(!/\bDeno\s*[.[?]|["']node:/.test(Deno.readTextFileSync(module)), module.pathname);
    }
    assert.deepEqual(others.filter((specifier) => specifier.startsWith("node:")), []);
  }
});

Deno.test("the types of a browser are enough", async () => {
  const { imports } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", SDK)));
  const config = await Deno.makeTempFile({ dir: SDK.pathname, prefix: "browser_", suffix: ".json" });
  try {
    const compilerOptions = { strict: true, noUncheckedIndexedAccess: true, lib: ["dom", "dom.iterable", "esnext"] };
    await Deno.writeTextFile(
      config,
      JSON.stringify({ imports, compilerOptions, lock: new URL("deno.lock", SDK).pathname }),
    );
    const args = [
      "check",
      "--frozen",
      "--config",
      config,
      ...ENTRIES.map((entry) => new URL(`${entry}/mod.ts`, SDK).pathname),
    ];
    const { code, stderr } = await new Deno.Command(Deno.execPath(), { args }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  } finally {
    await Deno.remove(config);
  }
});

Deno.test("the lock file names no registry", () => {
  assert.ok(!/https?:|registry/.test(Deno.readTextFileSync(new URL("deno.lock", SDK))));
});
