/** The conformance worker against the real coordinator, kill -9 included: the trace is that of an embedded run. */

import assert from "node:assert/strict";
import { Client, ClientError, payloadIn, v1 } from "../../client/mod.ts";
import { KIT } from "../../conformance/kit.ts";
import { Evaluator } from "../../expr/mod.ts";
import {
  condition,
  definitionJson,
  type Failure,
  fn,
  Payload,
  type Plan,
  PlanBuilder,
  Runner,
  step,
  type Trace,
} from "../../model/mod.ts";
import { Worker } from "../../worker/mod.ts";
import { Server } from "./server.ts";

/** One task, without what differs between two runs. */
interface Row {
  readonly step: string;
  readonly item: string;
  readonly state: string;
  readonly attempts: number;
  readonly input: Payload;
  readonly outputs: readonly Payload[];
  readonly verdicts: readonly string[];
  readonly failure: readonly (string | undefined)[];
}

const script = (attempts: unknown) => JSON.stringify({ attempts });

/** A failure that is tried again, a fan-out, work that takes a while, a condition, a join. */
const PLAN: Plan = new PlanBuilder()
  .policy("numbers", "1", "type(value) == int")
  .step(
    step("flaky", "kit.script").retry({ initialBackoffMs: 10 }).next("fan")
      .config(
        script([[{ fail: { code: "BUSY", message: "later", retryable: true } }], [{ return: "9007199254740993" }]]),
      ),
  )
  .step(step("fan", "kit.fan").output("multiple").config('{"items":["1","20","9007199254740993"]}').next("slow"))
  .step(
    step("slow", "kit.script").with({ leaseTtlMs: 1_000 }).outputPolicy("numbers").next("which")
      .config(
        script([[{ checkpoint: "1" }, { emit: { topic: "t", key: "k", json: "1" } }, { sleep_ms: 1_500 }, {
          return_input: true,
        }]]),
      ),
  )
  .step(condition("which").firstMatch().nextIf("large", "output > 10").next("small"))
  .step(step("large", "kit.echo").input('{"n":{"$ref":"/input"},"at":{"$ref":"/item/index"}}').next("all"))
  .step(step("small", "kit.raw").next("all"))
  .step(step("all", "kit.raw").joinAll())
  .build();

function failureRow(failure: Pick<Failure, "code" | "message"> | v1.Failure | undefined): (string | undefined)[] {
  return [failure?.code, failure?.message];
}

function sorted(rows: Row[]): Row[] {
  return rows.sort((a, b) => (`${a.step} ${a.item}` < `${b.step} ${b.item}` ? -1 : 1));
}

function embeddedRows(trace: Trace): Row[] {
  return sorted(trace.tasks.map((task) => ({
    step: task.stepKey,
    item: task.itemPath.join("."),
    state: task.state,
    attempts: task.attempts,
    input: task.input ?? Payload.none(),
    outputs: task.outputs,
    verdicts: task.verdicts.map(({ policy, passed, detail }) => `${policy} ${passed} ${detail}`),
    failure: failureRow(task.failure),
  })));
}

function distributedRows(tasks: readonly v1.Task[]): Row[] {
  return sorted(tasks.map((task) => ({
    step: task.stepKey,
    item: task.itemPath.join("."),
    state: v1.TaskState[task.state]!,
    // A lost lease is an attempt of its own, and costs none of the plan's.
    attempts: task.attempts.filter(({ failure }) => failure?.kind !== v1.FailureKind.LEASE_EXPIRED).length,
    input: payloadIn(task.input?.data),
    outputs: task.outputs.map((output) => payloadIn(output)),
    verdicts: task.verdicts.map(({ policy, passed, detail }) => `${policy} ${passed} ${detail}`),
    failure: failureRow(task.failure),
  })));
}

function spawnWorker(endpoint: string): Deno.ChildProcess {
  const main = new URL("../../conformance/conformance_worker.ts", import.meta.url).pathname;
  const args = ["run", "-A", "--no-check", main, "--server", endpoint, "--slots", "2"];
  return new Deno.Command(Deno.execPath(), { args, stdin: "null", stdout: "null", stderr: "null" }).spawn();
}

async function tasksOf(client: Client, jobId: string): Promise<v1.Task[]> {
  return (await client.jobs.listTasks({ jobId, pageSize: 500 })).tasks;
}

Deno.test("a plan outlives its worker and leaves the trace of an embedded run", async () => {
  await using server = await Server.start();
  const client = new Client(server.endpoint);
  await client.plans.publish("live", definitionJson(PLAN, "live"));
  const first = spawnWorker(server.endpoint);
  const { jobId } = await client.jobs.start("live", Payload.json('{ "n": 1.0 }'));
  // Killed while it works on two of the three items.
  for (;;) {
    const leased = (await tasksOf(client, jobId)).filter((task) =>
      task.stepKey === "slow" && task.state === v1.TaskState.LEASED
    );
    if (leased.length === 2) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  first.kill("SIGKILL");
  await first.status;
  const second = spawnWorker(server.endpoint);
  const job = await client.jobs.wait(jobId);
  const tasks = await tasksOf(client, jobId);
  second.kill("SIGTERM");
  assert.equal((await second.status).code, 0);

  const runner = new Runner({ functions: KIT, evaluate: new Evaluator(), skipWaits: true });
  const trace = await runner.run(PLAN, {
    data: Payload.json('{ "n": 1.0 }'),
    actor: { userId: "dev", accountId: "", onBehalfOf: "" },
  });
  assert.equal(v1.JobState[job.state], trace.state);
  assert.deepEqual(job.results.map((result) => payloadIn(result)), trace.results);
  assert.deepEqual(distributedRows(tasks), embeddedRows(trace));
  const lost = tasks.flatMap(({ attempts }) => attempts).filter(({ failure }) =>
    failure?.kind === v1.FailureKind.LEASE_EXPIRED
  );
  assert.equal(lost.length, 2, "two leases were lost");
  const used = tasks.flatMap(({ attempts }) => attempts).at(-1)?.usage;
  assert.ok((used?.peakRssBytes ?? 0n) > 0n);
});

Deno.test("a job is traced and verified", async () => {
  await using server = await Server.start();
  const client = new Client(server.endpoint);
  await client.plans.publish("echo", definitionJson(new PlanBuilder().step(step("only", "kit.raw")).build(), "echo"));
  const worker = new Worker(server.endpoint, { functions: KIT, slots: 1, log: () => {} });
  const stop = Promise.withResolvers<void>();
  const running = worker.run(stop.promise);
  const payload = Payload.json('{"n":9007199254740993}');
  const { jobId } = await client.jobs.run("echo", payload);
  stop.resolve();
  await running;
  const { trace } = await client.traces.traceJob({ jobId });
  assert.deepEqual(trace?.steps.map(({ stepKey }) => stepKey), ["only"]);
  const { verification: chain } = await client.audit.verifyJob({ jobId });
  assert.deepEqual([chain?.checked, chain?.failed], [3n, 0n]);
  const sha256 = new Uint8Array((await payload.digest()).match(/../g)!.map((byte) => parseInt(byte, 16)));
  const { artifacts } = await client.traces.traceArtifact({ sha256 });
  assert.ok(artifacts[0]?.uses.some((use) => use.jobId === jobId));
  const verdict = async (content: Uint8Array) => {
    const artifact = { jobId, body: { case: "sha256" as const, value: sha256 } };
    return (await client.audit.verifyArtifact({ artifact, content, plan: "echo" })).verification?.verdict;
  };
  const bytes = new TextEncoder().encode('{"n":9007199254740993}');
  assert.ok([v1.Verdict.VALID, v1.Verdict.VALID_NOT_ANCHORED].includes(await verdict(bytes) ?? 0));
  assert.equal(await verdict(Uint8Array.of(...bytes, 32)), v1.Verdict.MISMATCH_CONTENT);
});

Deno.test("the coordinator's refusals have their reasons", async () => {
  await using server = await Server.start();
  const client = new Client(server.endpoint);
  const reason = (call: Promise<unknown>) =>
    call.then(() => "", (error) => (error instanceof ClientError ? error.reason : String(error)));
  assert.equal(await reason(client.jobs.start("nobody", Payload.none())), "PLAN_NOT_FOUND");
  assert.equal(await reason(client.jobs.getJob({ jobId: "01932c07-209b-7e9a-8b2c-ffeeddccbbaa" })), "JOB_NOT_FOUND");
  const error = await client.plans.publish("bad", '{"name":"bad","steps":[]}').catch((error) => error);
  assert.ok(error instanceof ClientError);
  assert.deepEqual([error.reason, error.planIssues[0]?.path], ["PLAN_INVALID", "/steps"]);
  const { limits } = await client.admin.getSystemInfo({});
  assert.equal(limits?.maxLeasesPerCall, 100);
});

Deno.test("a large fan out travels by chunks and a worker in this process serves it", async () => {
  await using server = await Server.start();
  const client = new Client(server.endpoint);
  const count = fn("count", "multiple", () => Array.from({ length: 2_500 }, (_, n) => Payload.encode(n)));
  const worker = new Worker(server.endpoint, { functions: [count, ...KIT], slots: 4, log: () => {} });
  const plan = new PlanBuilder().step(step("count", "count").output("multiple").next("all"))
    .step(step("all", "kit.raw").joinAll()).build();
  await client.plans.publish("fan", definitionJson(plan, "fan"));
  const stop = Promise.withResolvers<void>();
  const running = worker.run(stop.promise);
  const job = await client.jobs.run("fan", Payload.json("null"));
  stop.resolve();
  await running;
  const numbers = Array.from({ length: 2_500 }, (_, n) => n);
  assert.deepEqual(job.results.map((result) => payloadIn(result).decode()), [numbers]);
});

Deno.test("a worker outlives its coordinator", async () => {
  await using server = await Server.start();
  const client = new Client(server.endpoint);
  const gate = Promise.withResolvers<void>();
  const begun = Promise.withResolvers<void>();
  const gated = fn("gated", "single", async (_, input) => {
    begun.resolve();
    await gate.promise;
    return input;
  });
  const worker = new Worker(server.endpoint, { functions: [gated], slots: 1, log: () => {} });
  await client.plans.publish("gated", definitionJson(new PlanBuilder().step(step("a", "gated")).build(), "gated"));
  const stop = Promise.withResolvers<void>();
  const running = worker.run(stop.promise);
  const { jobId } = await client.jobs.start("gated", Payload.json("9007199254740993"));
  await begun.promise;
  await server.kill9();
  // The function ends while nobody is there to hear of it.
  gate.resolve();
  await server.restart();
  const job = await client.jobs.wait(jobId);
  assert.deepEqual(job.results.map((result) => payloadIn(result)), [Payload.json("9007199254740993")]);
  const { tasks: [task] } = await client.jobs.listTasks({ jobId });
  assert.equal(task?.attempts.length, 1, "the result was kept and sent again");
  stop.resolve();
  await running;
});
