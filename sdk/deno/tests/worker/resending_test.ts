/** What was lost is sent again, byte for byte (INV-REPLAY, INV-POLL). */

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { Code } from "@connectrpc/connect";
import { v1 } from "../../client/mod.ts";
import { fn } from "../../model/mod.ts";
import { applied, lease, status } from "./fake.ts";
import { start } from "./started.ts";

const echo = fn("echo", "single", (_, input) => input);

Deno.test("a lost poll is sent again with the same request id", async () => {
  await using started = await start(2, echo);
  const { fake } = started;
  const first = (await fake.polls.next()).lose();
  const second = (await fake.polls.next()).answer({ leases: [lease("a", "echo", "1")] });
  assert.deepEqual(second.bytes, first.bytes);
  assert.notEqual(first.request.requestId, "");
  assert.deepEqual([first.request.workerId, first.request.maxLeases, first.request.functionNames], ["w1", 2, ["echo"]]);
  await fake.accept();
  const third = (await fake.polls.next()).lose();
  assert.notEqual(third.request.requestId, second.request.requestId);
});

Deno.test("a lost report is sent again and the answer to the first counts", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  await fake.lease(lease("a", "echo", '{"n":9007199254740993}'));
  const first = (await fake.reports.next()).lose();
  const again = await fake.reports.next();
  assert.deepEqual(again.bytes, first.bytes);
  again.answer({ outcomes: [{ ...applied("a"), alreadyApplied: true }] });
  // Settled: the slot is free and nothing is reported again.
  assert.equal((await fake.polls.next()).lose().request.maxLeases, 1);
  fake.reports.assertNone();
});

Deno.test("a worker registers again when it is asked to", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  (await fake.polls.next()).answer({ directive: v1.WorkerDirective.REGISTER });
  const { worker } = await fake.register();
  assert.deepEqual([worker?.workerId, worker?.functions[0]?.name, worker?.maxConcurrency], ["w1", "echo", 1]);
  const { version } = JSON.parse(Deno.readTextFileSync(new URL("../../deno.json", import.meta.url)));
  assert.equal(worker?.sdk, `deno/${version}`);
});

Deno.test("a reused request id is replaced and a forbidden function ends the worker", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  const first = (await fake.polls.next()).refuse(status(Code.FailedPrecondition, "REQUEST_ID_REUSED"));
  const second = (await fake.polls.next()).refuse(status(Code.PermissionDenied, "FUNCTION_NOT_ALLOWED"));
  assert.notEqual(first.request.requestId, second.request.requestId);
  const error = await started.ended;
  assert.equal(error?.code, "REFUSED");
  assert.ok(error.message.includes("FUNCTION_NOT_ALLOWED"), error.message);
});

Deno.test("an overloaded coordinator is obeyed", async () => {
  await using started = await start(1, echo);
  const { fake } = started;
  const first = (await fake.polls.next()).refuse(status(Code.ResourceExhausted, "OVERLOADED", 30));
  const begun = performance.now();
  const second = await fake.polls.next();
  assert.ok(performance.now() - begun >= 29);
  assert.deepEqual(second.bytes, first.bytes);
  second.answer(create(v1.LeaseTasksResponseSchema));
});
