/** Results that could not be delivered are kept and sent by the next worker. */

import assert from "node:assert/strict";
import { fromBinary } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { v1 } from "../../client/mod.ts";
import { fn, Payload } from "../../model/mod.ts";
import { applied, Fake, lease, refused, status } from "./fake.ts";
import { start, Started } from "./started.ts";

const echo = fn("echo", "single", (_, input) => input);

function files(folder: string): string[] {
  return Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
}

/** Runs a worker whose result cannot be delivered, up to its end. */
async function undelivered(spool: string | undefined): Promise<Started> {
  const started = await start(1, echo, { deliveryGraceMs: 50, ...(spool === undefined ? {} : { spool }) });
  await started.fake.lease(lease("token-1", "echo", '{"n":9007199254740993}'));
  await started.fake.reports.next();
  // The coordinator is gone for good.
  await started.fake.gone();
  started.stop();
  return started;
}

/** Starts the next worker; what it reports first came out of the spool. */
async function next(spool: string): Promise<Started> {
  return await start(1, echo, { spool });
}

async function within(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a result that cannot be delivered is kept and sent first by the next worker", () =>
  within(async (folder) => {
    assert.equal(await (await undelivered(folder)).ended, undefined);
    const [name, ...more] = files(folder);
    assert.ok(/^[0-9a-f-]{36}\.report$/.test(name!) && more.length === 0);
    const bytes = Deno.readFileSync(`${folder}/${name}`);
    const end = bytes.indexOf(10);
    const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, end)));
    const body = bytes.slice(end + 1);
    assert.deepEqual(Object.keys(header), ["format", "sha256", "bytes", "target", "created"]);
    assert.deepEqual([header.format, header.bytes], ["esteira.spool.v1", body.length]);
    assert.equal(header.sha256, await Payload.binary(body).digest());
    assert.ok(header.target.startsWith("http://127.0.0.1:") && !Number.isNaN(Date.parse(header.created)));
    const { workerId, reports: [report] } = fromBinary(v1.ReportTasksRequestSchema, body);
    assert.deepEqual([workerId, report?.leaseToken, report?.outcome.case], ["w1", "token-1", "completed"]);

    await using started = await next(folder);
    const call = await started.fake.reports.next();
    started.fake.polls.assertNone();
    assert.deepEqual(call.bytes, new Uint8Array(body));
    call.answer({ outcomes: [{ ...applied("token-1"), alreadyApplied: true }] });
    (await started.fake.polls.next()).lose();
    assert.deepEqual(files(folder), []);
  }));

Deno.test("a spooled result is dropped with a final verdict and kept without one", () =>
  within(async (folder) => {
    await (await undelivered(folder)).ended;
    {
      await using started = await next(folder);
      (await started.fake.reports.next()).answer({ outcomes: [refused("token-1", "STORE_UNAVAILABLE")] });
      (await started.fake.polls.next()).lose();
      assert.equal(files(folder).length, 1);
    }
    {
      await using started = await next(folder);
      (await started.fake.reports.next()).answer({ outcomes: [refused("token-1", "LEASE_LOST")] });
      (await started.fake.polls.next()).lose();
      assert.equal(files(folder).length, 0);
    }
    await (await undelivered(folder)).ended;
    await using started = await next(folder);
    (await started.fake.reports.next()).refuse(status(Code.NotFound, "JOB_NOT_FOUND"));
    (await started.fake.polls.next()).lose();
    assert.equal(files(folder).length, 0);
  }));

Deno.test("a damaged spool file is put aside", () =>
  within(async (folder) => {
    await (await undelivered(folder)).ended;
    const name = `${folder}/${files(folder)[0]}`;
    const bytes = Deno.readFileSync(name);
    bytes[bytes.length - 1]! ^= 1;
    Deno.writeFileSync(name, bytes);
    Deno.writeTextFileSync(`${folder}/00000000-0000-7000-8000-000000000000.report`, "not a header");
    await using started = await next(folder);
    (await started.fake.polls.next()).lose();
    started.fake.reports.assertNone();
    assert.deepEqual(files(folder).map((name) => name.endsWith(".report.corrupt")), [true, true]);
    assert.equal(started.logs.filter((line) => line.includes("damaged")).length, 2);
  }));

Deno.test("a capsule that is wanted is sent and only then", async () => {
  await using started = await start(1, echo);
  const capsule = new TextEncoder().encode("sealed");
  await started.fake.lease(lease("a", "echo", "1", { capsule }));
  const first = await started.fake.reports.next();
  const [plain] = first.request.reports;
  assert.equal(plain!.capsule.length, 0);
  first.answer({ outcomes: [{ ...refused("a", "STORE_UNAVAILABLE"), capsuleWanted: true }] });
  const second = await started.fake.reports.next();
  const [again] = second.request.reports;
  assert.deepEqual(again, { ...plain, capsule });
  second.answer({ outcomes: [applied("a")] });
  (await started.fake.polls.next()).lose();
});

Deno.test("a kept report has its capsule", () =>
  within(async (folder) => {
    const started = await start(1, echo, { deliveryGraceMs: 50, spool: folder });
    const capsule = new TextEncoder().encode("sealed");
    await started.fake.lease(lease("a", "echo", "1", { capsule }));
    await started.fake.reports.next();
    await started.fake.gone();
    started.stop();
    await started.ended;
    const bytes = Deno.readFileSync(`${folder}/${files(folder)[0]}`);
    const { reports: [kept] } = fromBinary(v1.ReportTasksRequestSchema, bytes.slice(bytes.indexOf(10) + 1));
    assert.deepEqual(kept?.capsule, capsule);
  }));

Deno.test("without a spool an undelivered result is an error", async () => {
  const error = await (await undelivered(undefined)).ended;
  assert.deepEqual([error?.code, error?.message.slice(0, 9)], ["UNDELIVERED", "1 results"]);
});

Deno.test("a spool that cannot be opened is said at once", async () => {
  const fake = new Fake();
  const started = new Started();
  started.run(1, echo, { spool: "/proc/none" });
  assert.equal((await started.ended)?.code, "SETUP");
  await Promise.all([fake.gone(), started.fake.gone()]);
});
