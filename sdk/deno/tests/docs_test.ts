/** Every snippet of the README and every example runs, as it stands. */

import assert from "node:assert/strict";
import { Fake, lease } from "./worker/fake.ts";

const SDK = new URL("../", import.meta.url);

function snippets(): { section: string; code: string }[] {
  const sections = Deno.readTextFileSync(new URL("README.md", SDK)).split(/^## /m).slice(1);
  return sections.flatMap((text) => {
    const section = text.slice(0, text.indexOf("\n"));
    return Array.from(text.matchAll(/^```ts\n([^]*?)^```$/gm), ([, code = ""]) => ({ section, code }));
  });
}

function spawn(script: string, args: readonly string[], cwd: string): Deno.ChildProcess {
  const command = [
    "run",
    "--quiet",
    "--cached-only",
    "--frozen",
    "--check",
    "--config",
    new URL("deno.json", SDK).pathname,
  ];
  const allowed = ["--allow-net", "--allow-read", "--allow-write=.", "--allow-env"];
  const all = [...command, ...allowed, script, ...args];
  return new Deno.Command(Deno.execPath(), { args: all, cwd, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
}

async function runs(script: string): Promise<string> {
  const folder = await Deno.makeTempDir();
  const { code, stdout, stderr } = await spawn(script, [], folder).output();
  await Deno.remove(folder, { recursive: true });
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** A worker serves one task of the scripted coordinator, and ends when it is asked to. */
async function serves(script: string): Promise<void> {
  const fake = new Fake();
  const folder = await Deno.makeTempDir();
  const child = spawn(script, [fake.endpoint], folder);
  const output = child.output();
  await fake.register();
  await fake.lease(lease("a", "hello", '"world"'));
  const { reports: [report] } = await fake.accept();
  assert.equal(report?.outcome.case, "completed");
  fake.release();
  child.kill("SIGTERM");
  const { code, stderr } = await output;
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  await fake.gone();
  await Deno.remove(folder, { recursive: true });
}

Deno.test("every snippet of the README runs", async (t) => {
  const all = snippets();
  assert.deepEqual(all.map(({ section }) => section), ["A function", "A plan, embedded", "A worker", "Testing"]);
  for (const { section, code } of all) {
    await t.step(section, async () => {
      const script = await Deno.makeTempFile({
        dir: new URL("tests/", SDK).pathname,
        prefix: "snippet_",
        suffix: ".ts",
      });
      try {
        await Deno.writeTextFile(script, code);
        await (code.includes("new Worker(") ? serves(script) : runs(script));
      } finally {
        await Deno.remove(script);
      }
    });
  }
});

/** Copies what is published of the SDK. */
function copy(from: URL, to: string): void {
  Deno.mkdirSync(to, { recursive: true });
  for (const { name, isDirectory } of Deno.readDirSync(from)) {
    if (name === "tests") continue;
    if (isDirectory) copy(new URL(`${name}/`, from), `${to}/${name}`);
    else Deno.copyFileSync(new URL(name, from), `${to}/${name}`);
  }
}

Deno.test("a project that is set up as the README says finds every entry point", async () => {
  const [, config = ""] = /^```json\n([^]*?)^```$/m.exec(Deno.readTextFileSync(new URL("README.md", SDK))) ?? [];
  const folder = await Deno.makeTempDir();
  copy(SDK, `${folder}/esteira/sdk/deno`);
  await Deno.writeTextFile(`${folder}/deno.json`, config);
  const entries = Object.keys(JSON.parse(Deno.readTextFileSync(new URL("deno.json", SDK))).exports);
  const imports = entries.map((entry) => `import "@esteira/sdk/${entry.slice(2)}";\n`).join("");
  await Deno.writeTextFile(`${folder}/main.ts`, imports);
  const args = ["run", "--quiet", "--cached-only", "--allow-env", "main.ts"];
  const { code, stderr } = await new Deno.Command(Deno.execPath(), { args, cwd: folder }).output();
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  await Deno.remove(folder, { recursive: true });
});

Deno.test("the examples run", async () => {
  const example = (name: string) => new URL(`examples/${name}.ts`, SDK).pathname;
  assert.ok((await runs(example("hello"))).endsWith('"hello, hello, world"\n'));
  const orders = await runs(example("orders"));
  assert.ok(orders.includes('result   ["2 x tea","4 x cup"]\nmessages 2\n'), orders);
  await serves(example("worker"));
});

Deno.test("the README has the sections of the SDK for Rust", () => {
  const sections = (path: URL) => Deno.readTextFileSync(path).match(/^## .*$/gm);
  assert.deepEqual(sections(new URL("README.md", SDK)), sections(new URL("../rust/README.md", SDK)));
});
