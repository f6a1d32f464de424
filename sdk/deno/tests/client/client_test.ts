/** Errors, pauses and payloads of the client; and that the same bytes are sent until there is an answer. */

import assert from "node:assert/strict";
import { create } from "@bufbuild/protobuf";
import { DurationSchema } from "@bufbuild/protobuf/wkt";
import { Code, ConnectError } from "@connectrpc/connect";
import { Client, ClientError, durationInMs, durationOut, payloadIn, payloadOut, v1 } from "../../client/mod.ts";
import { Backoff } from "../../client/backoff.ts";
import { readError } from "../../client/error.ts";
import { linkTo, pauseBeforeMs, send } from "../../client/send.ts";
import { Payload } from "../../model/mod.ts";
import { Fake, status } from "../worker/fake.ts";

Deno.test("every call of the contract has its method", () => {
  const { plans, jobs, outbox, admin, traces, audit } = new Client("http://127.0.0.1:1");
  const services = [
    [v1.PlanService, plans],
    [v1.JobService, jobs],
    [v1.OutboxService, outbox],
    [v1.AdminService, admin],
    [v1.TraceService, traces],
    [v1.AuditService, audit],
  ] as const;
  const missing = services.flatMap(([{ methods }, client]) =>
    methods.map(({ localName }) => localName).filter((name) => !(name in client))
  );
  assert.deepEqual(missing, []);
});

Deno.test("pauses double up to ten seconds", () => {
  const backoff = new Backoff();
  const pauses = Array.from({ length: 9 }, () => backoff.nextMs(1));
  assert.deepEqual(pauses, [100, 200, 400, 800, 1600, 3200, 6400, 10_000, 10_000]);
  assert.equal(backoff.nextMs(0), 0);
});

Deno.test("reason and pause are read from the details", () => {
  const error = readError(status(Code.ResourceExhausted, "OVERLOADED", 250));
  assert.deepEqual([error.code, error.reason, error.retryAfterMs], ["RESOURCE_EXHAUSTED", "OVERLOADED", 250]);
  assert.equal(pauseBeforeMs(error, new Backoff()), 250);
  assert.ok(error.message.startsWith("OVERLOADED: "));
});

Deno.test("a status without details is named by its code", () => {
  const error = readError(new ConnectError("gone", Code.Unavailable));
  assert.deepEqual([error.reason, error.message], ["", "UNAVAILABLE: gone"]);
});

Deno.test("only what may pass is sent again", () => {
  const again = (code: Code) => {
    const error = new ConnectError("", code, { "grpc-status": String(code) });
    return pauseBeforeMs(readError(error), new Backoff()) !== undefined;
  };
  for (const code of [Code.Unavailable, Code.DeadlineExceeded, Code.Canceled]) assert.ok(again(code));
  for (
    const code of [
      Code.InvalidArgument,
      Code.NotFound,
      Code.FailedPrecondition,
      Code.ResourceExhausted,
      Code.Internal,
      Code.Unauthenticated,
    ]
  ) {
    assert.ok(!again(code));
  }
  // No status at all: the connection broke.
  assert.ok(pauseBeforeMs(readError(new TypeError("connection reset")), new Backoff()) !== undefined);
});

Deno.test("the same bytes are sent until there is an answer", async () => {
  const fake = new Fake();
  const call = { timeoutMs: 200, patienceMs: undefined };
  const answered = send(linkTo(fake.endpoint, "secret"), v1.WorkerService.method.drainWorker, { workerId: "w" }, call);
  const first = (await fake.drains.next()).lose();
  const silent = await fake.drains.next();
  const third = (await fake.drains.next()).answer({ outstandingLeases: 3 });
  assert.deepEqual([silent.bytes, third.bytes], [first.bytes, first.bytes]);
  assert.equal((await answered).value.outstandingLeases, 3);
  silent.lose();
  await fake.gone();
});

Deno.test("patience has an end and a refusal is final", async () => {
  const fake = new Fake();
  const ask = (patienceMs: number) =>
    send(linkTo(fake.endpoint, undefined), v1.WorkerService.method.drainWorker, {}, { timeoutMs: 1_000, patienceMs })
      .then(() => undefined, (error: ClientError) => error.code);
  const impatient = ask(-1);
  (await fake.drains.next()).lose();
  assert.equal(await impatient, "UNAVAILABLE");
  const refused = ask(10_000);
  (await fake.drains.next()).refuse(status(Code.NotFound, "WORKER_NOT_FOUND"));
  assert.equal(await refused, "NOT_FOUND");
  await fake.gone();
});

Deno.test("an answer that broke off is asked for again", async () => {
  let sent = 0;
  const options = { port: 0, hostname: "127.0.0.1", onListen: () => {} };
  const server = Deno.serve(options, () => {
    sent++;
    // A frame that promises more than comes.
    const body = Uint8Array.of(0, 0, 0, 0, 9, 1);
    return new Response(body, { headers: { "content-type": "application/grpc-web+proto" } });
  });
  const call = { timeoutMs: 1_000, patienceMs: 400 };
  const link = linkTo(`http://127.0.0.1:${server.addr.port}`, undefined);
  const error = await send(link, v1.WorkerService.method.drainWorker, {}, call).catch((error) => error);
  assert.ok(error instanceof ClientError && error.isBroken && sent > 1, `${error} after ${sent}`);
  await server.shutdown();
});

Deno.test("an endpoint or token that cannot be used is said at once", () => {
  for (const endpoint of ["not a uri", "ftp://localhost", "http://localhost/?a=b"]) {
    assert.throws(() => new Client(endpoint), ClientError);
  }
  assert.throws(() => new Client("http://localhost:1", { token: "two\nlines" }), ClientError);
});

Deno.test("payloads keep their bytes", () => {
  const payloads = [
    Payload.json('{"n":9007199254740993,"t":"\\u0000"}'),
    Payload.json("null"),
    Payload.binary(Uint8Array.of(0, 159, 146, 150)),
    Payload.none(),
    new Payload({ kind: "binary", bytes: Uint8Array.of(1) }, "text/csv", "s/1"),
  ];
  for (const payload of payloads) assert.deepEqual(payloadIn(payloadOut(payload)), payload);
});

Deno.test("durations stay what they are", () => {
  for (const ms of [0, 0.000001, 1_500, 86_400_000 * 366]) assert.equal(durationInMs(durationOut(ms)), ms);
  assert.equal(durationInMs(create(DurationSchema, { seconds: -1n })), undefined);
  assert.equal(durationInMs(undefined), undefined);
});
