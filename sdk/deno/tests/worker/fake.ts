/** A coordinator that answers what the test tells it to, on a port, in gRPC-web. */

import assert from "node:assert/strict";
import { create, type DescMessage, type MessageInitShape, type MessageShape, toBinary } from "@bufbuild/protobuf";
import { BinaryWriter, WireType } from "@bufbuild/protobuf/wire";
import { Code, ConnectError, createConnectRouter } from "@connectrpc/connect";
import { universalServerRequestFromFetch, universalServerResponseToFetch } from "@connectrpc/connect/protocol";
import { v1 } from "../../client/mod.ts";
import { durationOut } from "../../client/wire.ts";

/** Longer than anything takes that works. */
const PATIENCE_MS = 20_000;

/** One call that waits for its answer. */
export class Call<Q extends DescMessage, A extends DescMessage> {
  readonly #reply = Promise.withResolvers<MessageInitShape<A>>();
  readonly #schema: Q;

  constructor(readonly request: MessageShape<Q>, schema: Q) {
    this.#schema = schema;
  }

  get reply(): Promise<MessageInitShape<A>> {
    return this.#reply.promise;
  }

  /** The request as bytes. */
  get bytes(): Uint8Array {
    return toBinary(this.#schema, this.request);
  }

  answer(answer: MessageInitShape<A>): this {
    this.#reply.resolve(answer);
    return this;
  }

  refuse(error: ConnectError): this {
    this.#reply.reject(error);
    return this;
  }

  /** The reply gets lost on its way. */
  lose(): this {
    return this.refuse(new ConnectError("lost", Code.Unavailable));
  }
}

/** The calls of one RPC, in the order of their arrival. */
export class Calls<Q extends DescMessage, A extends DescMessage> {
  readonly #waiting: Call<Q, A>[] = [];
  #taker: ((call: Call<Q, A>) => void) | undefined;
  /** What a call is answered with that no test will take any more. */
  answerAll: ((request: MessageShape<Q>) => MessageInitShape<A>) | undefined;
  readonly #schema: Q;

  constructor(schema: Q) {
    this.#schema = schema;
  }

  /** The coordinator's side. */
  readonly take = (request: MessageShape<Q>): Promise<MessageInitShape<A>> => {
    const call = new Call<Q, A>(request, this.#schema);
    if (this.answerAll !== undefined) call.answer(this.answerAll(request));
    else if (this.#taker === undefined) this.#waiting.push(call);
    else {
      this.#taker(call);
      this.#taker = undefined;
    }
    return call.reply;
  };

  async next(): Promise<Call<Q, A>> {
    const waiting = this.#waiting.shift();
    if (waiting !== undefined) return waiting;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`no ${this.#schema.name} in time`)), PATIENCE_MS);
    });
    const call = new Promise<Call<Q, A>>((resolve) => this.#taker = resolve);
    return await Promise.race([call, late]).finally(() => clearTimeout(timer));
  }

  /** Nothing has arrived and is not taken yet. */
  assertNone(): void {
    assert.deepEqual(this.#waiting.map(({ request }) => request), []);
  }

  /** Answers whatever waits and whatever comes. */
  close(answer: (request: MessageShape<Q>) => MessageInitShape<A>): void {
    this.answerAll = answer;
    for (const call of this.#waiting.splice(0)) call.answer(answer(call.request));
  }
}

/** The coordinator's side of the worker's calls. */
export class Fake {
  readonly registers = new Calls<typeof v1.RegisterWorkerRequestSchema, typeof v1.RegisterWorkerResponseSchema>(
    v1.RegisterWorkerRequestSchema,
  );
  readonly polls = new Calls<typeof v1.LeaseTasksRequestSchema, typeof v1.LeaseTasksResponseSchema>(
    v1.LeaseTasksRequestSchema,
  );
  readonly reports = new Calls<typeof v1.ReportTasksRequestSchema, typeof v1.ReportTasksResponseSchema>(
    v1.ReportTasksRequestSchema,
  );
  readonly beats = new Calls<typeof v1.HeartbeatLeasesRequestSchema, typeof v1.HeartbeatLeasesResponseSchema>(
    v1.HeartbeatLeasesRequestSchema,
  );
  readonly appends = new Calls<typeof v1.AppendOutputsRequestSchema, typeof v1.AppendOutputsResponseSchema>(
    v1.AppendOutputsRequestSchema,
  );
  readonly drains = new Calls<typeof v1.DrainWorkerRequestSchema, typeof v1.DrainWorkerResponseSchema>(
    v1.DrainWorkerRequestSchema,
  );
  readonly #stop = new AbortController();
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor() {
    const router = createConnectRouter();
    router.service(v1.WorkerService, {
      registerWorker: this.registers.take,
      leaseTasks: this.polls.take,
      reportTasks: this.reports.take,
      heartbeatLeases: this.beats.take,
      appendOutputs: this.appends.take,
      drainWorker: this.drains.take,
    });
    const handlers = new Map(router.handlers.map((handler) => [handler.requestPath, handler]));
    const options = { port: 0, hostname: "127.0.0.1", signal: this.#stop.signal, onListen: () => {} };
    this.#server = Deno.serve(options, async (request) => {
      const handler = handlers.get(new URL(request.url).pathname);
      if (handler === undefined) return new Response(null, { status: 404 });
      return universalServerResponseToFetch(await handler(universalServerRequestFromFetch(request, {})));
    });
  }

  get endpoint(): string {
    return `http://127.0.0.1:${this.#server.addr.port}`;
  }

  /** Lets the worker register. */
  async register(): Promise<v1.RegisterWorkerRequest> {
    return (await this.registers.next()).answer({ protocol: 1 }).request;
  }

  /** Answers the next poll with these leases. */
  async lease(...leases: v1.TaskLease[]): Promise<v1.LeaseTasksRequest> {
    return (await this.polls.next()).answer({ leases }).request;
  }

  /** Accepts the next report, and leases with it. */
  async accept(...leases: v1.TaskLease[]): Promise<v1.ReportTasksRequest> {
    const call = await this.reports.next();
    const outcomes = call.request.reports.map(({ leaseToken }) => applied(leaseToken));
    const lease = call.request.lease === undefined ? {} : { lease: create(v1.LeaseTasksResponseSchema, { leases }) };
    return call.answer({ outcomes, ...lease }).request;
  }

  /** Renews the leases of the next heartbeat with this verdict. */
  async beat(status: v1.LeaseStatus, reason = ""): Promise<v1.HeartbeatLeasesRequest> {
    const call = await this.beats.next();
    const verdicts = call.request.beats.map(({ leaseToken }) =>
      create(v1.LeaseVerdictSchema, { leaseToken, status, reason })
    );
    return call.answer({ verdicts }).request;
  }

  /** Lets a worker go, whatever it still wants. */
  release(): void {
    this.registers.close(() => ({ protocol: 1 }));
    this.polls.close(() => ({ directive: v1.WorkerDirective.DRAIN }));
    this.reports.close(({ reports }) => ({ outcomes: reports.map(({ leaseToken }) => applied(leaseToken)) }));
    this.beats.close(({ beats }) => ({
      verdicts: beats.map(({ leaseToken }) =>
        create(v1.LeaseVerdictSchema, { leaseToken, status: v1.LeaseStatus.ACTIVE })
      ),
    }));
    this.appends.close(() => ({}));
    this.drains.close(() => ({}));
  }

  /** The coordinator is gone. */
  async gone(): Promise<void> {
    this.#stop.abort();
    await this.#server.finished;
  }
}

export function applied(leaseToken: string): v1.ReportOutcome {
  return create(v1.ReportOutcomeSchema, { leaseToken, durability: v1.Durability.COMMITTED });
}

export function refused(leaseToken: string, errorReason: string): v1.ReportOutcome {
  return create(v1.ReportOutcomeSchema, { leaseToken, errorReason, errorMessage: "because" });
}

/** A lease of 30 s for `functionName` on the JSON `input`. */
export function lease(
  leaseToken: string,
  functionName: string,
  input: string,
  more: MessageInitShape<typeof v1.TaskLeaseSchema> = {},
): v1.TaskLease {
  return create(v1.TaskLeaseSchema, {
    leaseToken,
    taskId: "01932c07-209b-7e9a-8b2c-ffeeddccbbab",
    jobId: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa",
    stepKey: "only",
    functionName,
    attempt: 1,
    fence: 1n,
    idempotencyKey: "key",
    packet: { data: json(input) },
    outputType: v1.OutputType.SINGLE,
    leaseTtl: durationOut(30_000),
    ...more as Record<string, unknown>,
  });
}

/** What a lease of another time has. */
export function forMs(ms: number): { leaseTtl: ReturnType<typeof durationOut> } {
  return { leaseTtl: durationOut(ms) };
}

export function json(text: string): v1.Payload {
  return create(v1.PayloadSchema, { body: { case: "json", value: text } });
}

/** A status with the contract's reason, and perhaps a pause, in its details. */
export function status(code: Code, reason: string, pauseMs?: number): ConnectError {
  const error = new ConnectError("", code);
  const info = new BinaryWriter().tag(1, WireType.LengthDelimited).string(reason).finish();
  const details: { type: string; value: Uint8Array }[] = [{ type: "google.rpc.ErrorInfo", value: info }];
  if (pauseMs !== undefined) {
    const writer = new BinaryWriter().tag(1, WireType.LengthDelimited).fork();
    writer.tag(2, WireType.Varint).int32(pauseMs * 1_000_000);
    details.push({ type: "google.rpc.RetryInfo", value: writer.join().finish() });
  }
  // Incoming details are passed on as they are.
  (error as { details: unknown }).details = details;
  return error;
}
