// A complete esteira worker on the generated stubs alone: leases tasks, runs `deno.count`, reports.
// Deno speaks gRPC-web over its own `fetch`.
import { create } from "@bufbuild/protobuf";
import { Code, ConnectError, createClient } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { FailureKind } from "esteira/v1/types_pb.ts";
import type { TaskLease, TaskReport } from "esteira/v1/worker_pb.ts";
import { TaskReportSchema, WorkerDirective, WorkerService } from "esteira/v1/worker_pb.ts";

/** How often each word occurs. */
function count(words: string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return Object.fromEntries(counts);
}

const address = Deno.args[0] ?? Deno.env.get("ESTEIRA_SERVER") ?? "127.0.0.1:7440";
const baseUrl = address.startsWith("http") ? address : `http://${address}`;
const client = createClient(WorkerService, createGrpcWebTransport({ baseUrl }));
const workerId = `deno-${crypto.randomUUID()}`;
let stopping = false;

/** Sends the same bytes until there is an answer; nothing when it gave up first. */
async function call<A>(rpc: () => Promise<A>, giveUp = () => false): Promise<A | undefined> {
  for (let pause = 100;; pause = Math.min(2 * pause, 10_000)) {
    try {
      return await rpc();
    } catch (error) {
      // A `fetch` that does not get through throws a TypeError, which Connect wraps as `Unknown`.
      const { code, cause } = ConnectError.from(error);
      const again = code === Code.Unavailable || code === Code.DeadlineExceeded || cause instanceof TypeError;
      if (!again) throw error;
    }
    if (giveUp()) return undefined;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * pause));
  }
}

/** Runs the function of a lease, and makes the report of it. */
function run({ leaseToken, packet }: TaskLease): TaskReport {
  try {
    const body = packet?.data?.body;
    const json = JSON.stringify(count(JSON.parse(body?.case === "json" ? body.value : "null")));
    const output = { case: "single", value: { body: { case: "json", value: json } } } as const;
    return create(TaskReportSchema, { leaseToken, outcome: { case: "completed", value: { output } } });
  } catch (error) { // not what the function takes: no other attempt will do better
    const failure = { kind: FailureKind.NON_RETRYABLE, code: "INPUT_INVALID", message: String(error) };
    return create(TaskReportSchema, { leaseToken, outcome: { case: "failed", value: { failure } } });
  }
}

function stop() {
  // The coordinator then ends the parked poll: nothing is leased to a worker that is gone.
  stopping = true;
  call(() => client.drainWorker({ workerId, reason: "SIGTERM" }, { timeoutMs: 2_000 }), () => true);
}
Deno.addSignalListener("SIGTERM", stop);
Deno.addSignalListener("SIGINT", stop);

while (!stopping) {
  const request = { workerId, requestId: crypto.randomUUID(), functionNames: ["deno.count"] };
  const answer = await call(() => client.leaseTasks(request, { timeoutMs: 30_000 }), () => stopping); // it waits 20 s
  for (const lease of answer?.leases ?? []) {
    const reports = [run(lease)];
    await call(() => client.reportTasks({ workerId, reports }, { timeoutMs: 10_000 }));
  }
  if (answer?.directive === WorkerDirective.DRAIN) break;
}
Deno.exit();
