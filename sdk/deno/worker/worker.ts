/**
 * What a worker is made of.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { linkTo } from "../client/send.ts";
import { newId } from "../model/entropy.ts";
import { FUNCTIONS_MAX, LEASE_TTL_MAX_MS, LEASE_TTL_MIN_MS, REQUEST_ID_BYTES_MAX } from "../model/limits.ts";
import type { TaskFunction } from "../model/mod.ts";
import { functionOut } from "./convert.ts";
import { Dispatcher } from "./dispatch.ts";
import { WorkerError } from "./error.ts";
import { Heartbeats } from "./heartbeat.ts";
import { type Log, logToConsole } from "./log.ts";
import { Rpc } from "./rpc.ts";
import { Spool } from "./spool.ts";
import { Meters } from "./usage.ts";

/** How a {@link Worker} is set up. */
export interface WorkerOptions {
  /** The functions that it serves. At least one is needed; no two may have the same name. */
  readonly functions: Iterable<TaskFunction>;
  /** How many functions may run at once; one for each processor by default. */
  readonly slots?: number;
  /** The id under which the coordinator knows this worker; a new one for each process by default. */
  readonly workerId?: string;
  /** A name for people. */
  readonly displayName?: string;
  /** What code it runs, such as a commit; recorded with every attempt. */
  readonly buildId?: string;
  /** Free labels. */
  readonly labels?: Readonly<Record<string, string>>;
  /** Leases from these queues instead of those named like its functions. */
  readonly queues?: readonly string[];
  /** How long to hold each lease between two heartbeats; as the step says by default. */
  readonly leaseTtlMs?: number;
  /** How long running functions may go on after a shutdown was asked for; 30 s by default. */
  readonly drainGraceMs?: number;
  /** How long a cancelled function may go on before it is left alone; 10 s by default. */
  readonly cancelGraceMs?: number;
  /** How long the last reports may take to be delivered at the end; 10 s by default. */
  readonly deliveryGraceMs?: number;
  /** Sent as `authorization: Bearer <token>` with every call. */
  readonly token?: string;
  /** A folder for results that could not be delivered when the worker stops; a worker that starts sends them first. */
  readonly spool?: string;
  /** Takes the worker's log, and what functions log; lines on standard error by default. */
  readonly log?: Log;
}

/** A worker that is set up and not yet running. */
export class Worker {
  readonly #endpoint: string;
  readonly #options: WorkerOptions;
  readonly #functions = new Map<string, TaskFunction>();
  readonly #info: v1.WorkerInfo;

  /**
   * A worker of the coordinator at `endpoint`, for example `http://127.0.0.1:7440`. Checks everything and connects to
   * nothing yet; throws a {@link WorkerError}.
   */
  constructor(endpoint: string, options: WorkerOptions) {
    this.#endpoint = endpoint;
    this.#options = options;
    const { workerId = newId(), displayName = "", buildId = "", labels = {} } = options;
    for (const task of options.functions) this.#add(task);
    this.#info = create(v1.WorkerInfoSchema, {
      workerId,
      displayName,
      buildId,
      labels: { ...labels },
      sdk: "deno/0.1.0",
      host: hostname(),
      pid: Deno.pid,
      maxConcurrency: this.#slots,
      functions: [...this.#functions.values()].map(({ spec }) => functionOut(spec))
        .sort((a, b) => (a.name < b.name ? -1 : 1)),
    });
    this.#check();
  }

  /** The id under which the coordinator knows this worker. */
  get id(): string {
    return this.#info.workerId;
  }

  get #slots(): number {
    return this.#options.slots ?? (navigator.hardwareConcurrency || 1);
  }

  #add(task: TaskFunction): void {
    const { name } = task.spec;
    if (!/^[a-z][a-z0-9_.-]{0,62}$/.test(name)) {
      throw setup(`${JSON.stringify(name)} is not a function name: [a-z][a-z0-9_.-]{0,62}`);
    }
    if (this.#functions.has(name)) throw setup(`two functions are named ${JSON.stringify(name)}`);
    this.#functions.set(name, task);
  }

  #check(): void {
    const { leaseTtlMs, token } = this.#options;
    const count = this.#functions.size;
    if (count === 0 || count > FUNCTIONS_MAX) throw setup(`a worker has 1 to ${FUNCTIONS_MAX} functions, not ${count}`);
    if (!Number.isInteger(this.#slots) || this.#slots < 1) throw setup("a worker has at least one slot");
    if (!new RegExp(`^[!-~]{1,${REQUEST_ID_BYTES_MAX}}$`).test(this.id)) {
      throw setup(`a worker id has 1 to ${REQUEST_ID_BYTES_MAX} visible ASCII characters`);
    }
    if (leaseTtlMs !== undefined && !(leaseTtlMs >= LEASE_TTL_MIN_MS && leaseTtlMs <= LEASE_TTL_MAX_MS)) {
      throw setup(`a lease lasts ${LEASE_TTL_MIN_MS} to ${LEASE_TTL_MAX_MS} ms`);
    }
    try {
      linkTo(this.#endpoint, token);
    } catch (error) {
      throw setup(error instanceof Error ? error.message : String(error));
    }
  }

  /**
   * Serves until `shutdown` is fulfilled or the coordinator drains the worker; then finishes what runs within the grace,
   * gives back the rest, and returns. Throws a {@link WorkerError} when it stops by itself.
   */
  async run(shutdown: PromiseLike<unknown>): Promise<void> {
    const { token, log = logToConsole, queues = [], leaseTtlMs, drainGraceMs = 30_000 } = this.#options;
    const { cancelGraceMs = 10_000, deliveryGraceMs = 10_000 } = this.#options;
    const over = new AbortController();
    const folder = this.#options.spool;
    const spool = folder === undefined ? undefined : await openSpool(folder, this.#endpoint, log);
    let dispatcher: Dispatcher | undefined;
    const heartbeats = await Heartbeats.start(
      { endpoint: this.#endpoint, token, workerId: this.id },
      (directive) => dispatcher?.onDirective(directive),
      (why) => dispatcher?.broken(why),
      log,
    );
    try {
      const rpc = new Rpc(linkTo(this.#endpoint, token));
      const around = { rpc, heartbeats, meters: new Meters(), log, cancelGraceMs, over: over.signal };
      const fixed = { info: this.#info, functions: this.#functions, slots: this.#slots, queues, leaseTtlMs };
      dispatcher = new Dispatcher({ ...fixed, drainGraceMs, deliveryGraceMs, spool }, around);
      await dispatcher.run(shutdown);
    } finally {
      over.abort();
      heartbeats.stop();
    }
  }
}

async function openSpool(folder: string, target: string, log: Log): Promise<Spool> {
  try {
    return await Spool.open(folder, target, log);
  } catch (error) {
    throw new WorkerError("SETUP", `the spool cannot be opened: ${error instanceof Error ? error.message : error}`);
  }
}

function setup(why: string): WorkerError {
  return new WorkerError("SETUP", `the worker is not set up correctly: ${why}`);
}

/** "" where the permission to ask is not given. */
function hostname(): string {
  return Deno.permissions.querySync({ name: "sys", kind: "hostname" }).state === "granted" ? Deno.hostname() : "";
}
