/**
 * The last resort for results that cannot be delivered: a folder with one file a report, in the format that every SDK
 * has. The file `<uuid7>.report` is one line of JSON, `{"format":"esteira.spool.v1","sha256":..,"bytes":..,"target":..,
 * "created":..}`, followed by the serialized `ReportTasksRequest` of that one task.
 *
 * @module
 */

import { create, fromBinary, toBinary } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { readError } from "../client/error.ts";
import { wallMs } from "../model/clock.ts";
import { newId } from "../model/entropy.ts";
import { Payload } from "../model/mod.ts";
import type { Log } from "./log.ts";
import type { Rpc } from "./rpc.ts";

const FORMAT = "esteira.spool.v1";
/** How long one file is tried before it is kept for later. */
const PATIENCE_MS = 10_000;
/** What a coordinator says of a report that it could not look at now. */
const NOT_NOW = ["STORE_UNAVAILABLE", "OVERLOADED"];
/** No other attempt will have another end. */
const FINAL = ["INVALID_ARGUMENT", "NOT_FOUND", "ALREADY_EXISTS", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE"];

/** One folder. Several workers may share it: a report that is sent twice is applied once. */
export class Spool {
  readonly #folder: string;
  readonly #target: string;
  readonly #log: Log;

  private constructor(folder: string, target: string, log: Log) {
    this.#folder = folder;
    this.#target = target;
    this.#log = log;
  }

  /** The spool in a folder, which is made when it is not there. */
  static async open(folder: string, target: string, log: Log): Promise<Spool> {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return new Spool(folder, target, log);
  }

  /** Keeps a report so that it is there after a crash of the machine: file, then name, then folder. */
  async keep(workerId: string, report: v1.TaskReport): Promise<void> {
    const body = toBinary(
      v1.ReportTasksRequestSchema,
      create(v1.ReportTasksRequestSchema, { workerId, reports: [report] }),
    );
    const header = {
      format: FORMAT,
      sha256: await Payload.binary(body).digest(),
      bytes: body.length,
      target: this.#target,
      created: new Date(wallMs()).toISOString(),
    };
    const name = `${this.#folder}/${newId()}.report`;
    const file = await Deno.open(`${name}.tmp`, { write: true, createNew: true, mode: 0o600 });
    try {
      const line = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
      await writeAll(file, line);
      await writeAll(file, body);
      await file.sync();
    } finally {
      file.close();
    }
    await Deno.rename(`${name}.tmp`, name);
    await syncFolder(this.#folder);
    this.#log("warn", "a result that could not be delivered is kept in the spool", { file: name });
  }

  /**
   * Sends what is kept, oldest first, and deletes what the coordinator has an answer for. When it cannot be reached the
   * rest stays for another time.
   */
  async deliver(rpc: Rpc, signal: AbortSignal): Promise<void> {
    const names: string[] = [];
    for await (const { name, isFile } of Deno.readDir(this.#folder)) {
      if (isFile && name.endsWith(".report")) names.push(`${this.#folder}/${name}`);
    }
    // Names rise with time.
    for (const name of names.sort()) {
      if (signal.aborted) return;
      const request = await this.#read(name);
      if (request === undefined) continue;
      if (!await this.#isSettled(name, request, rpc, signal)) return;
      await Deno.remove(name).catch(ignoreNotFound);
    }
  }

  /** The request in a file; one that is not whole is set aside. */
  async #read(name: string): Promise<v1.ReportTasksRequest | undefined> {
    const bytes = await Deno.readFile(name).catch(ignoreNotFound);
    // Another worker was faster.
    if (bytes === undefined) return undefined;
    try {
      const end = bytes.indexOf(0x0a);
      const header = JSON.parse(new TextDecoder().decode(bytes.subarray(0, Math.max(end, 0)))) as Record<
        string,
        unknown
      >;
      const body = bytes.subarray(end + 1);
      const whole = header.format === FORMAT && header.bytes === body.length &&
        header.sha256 === await Payload.binary(body).digest();
      if (whole) return fromBinary(v1.ReportTasksRequestSchema, body);
    } catch {
      // Not a header, or not a request.
    }
    this.#log("error", "a spooled result is damaged and put aside", { file: name });
    await Deno.rename(name, `${name}.corrupt`).catch(ignoreNotFound);
    return undefined;
  }

  async #isSettled(name: string, request: v1.ReportTasksRequest, rpc: Rpc, signal: AbortSignal): Promise<boolean> {
    try {
      const { value: { outcomes } } = await rpc.report(request, signal, PATIENCE_MS);
      const reasons = outcomes.map(({ errorReason }) => errorReason);
      const settled = reasons.length > 0 && !reasons.some((reason) => NOT_NOW.includes(reason));
      this.#log("info", settled ? "a spooled result is settled" : "a spooled result is kept", { file: name, reasons });
      return settled;
    } catch (thrown) {
      const { code, message } = readError(thrown);
      const settled = FINAL.includes(code);
      const text = settled ? "a spooled result was refused and is dropped" : "a spooled result is kept";
      this.#log("warn", text, { file: name, code, message });
      return settled;
    }
  }
}

async function writeAll(file: Deno.FsFile, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.length;) at += await file.write(bytes.subarray(at));
}

/** Makes a name that changed last; where folders cannot be opened, the system does so by itself. */
async function syncFolder(folder: string): Promise<void> {
  if (Deno.build.os === "windows") return;
  const opened = await Deno.open(folder, { read: true });
  try {
    await opened.sync();
  } finally {
    opened.close();
  }
}

function ignoreNotFound(error: unknown): undefined {
  if (error instanceof Deno.errors.NotFound) return undefined;
  throw error;
}
