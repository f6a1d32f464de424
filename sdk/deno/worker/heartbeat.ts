/**
 * The worker's end of its heartbeat thread.
 *
 * @module
 */

import { Cancellation, type Payload } from "../model/mod.ts";
import { type FromThread, isLost, readReason, sharedFlags, type ToThread } from "./beats.ts";
import { WorkerError } from "./error.ts";
import type { Log } from "./log.ts";

interface Held {
  readonly cancellation: Cancellation;
  readonly shared: Int32Array<SharedArrayBuffer>;
}

/** Keeps the leases of a worker. */
export class Heartbeats {
  readonly #thread: Worker;
  readonly #held = new Map<string, Held>();

  private constructor(
    thread: Worker,
    onDirective: (directive: number) => void,
    onBroken: (why: string) => void,
    log: Log,
  ) {
    this.#thread = thread;
    thread.onmessage = ({ data }: MessageEvent<FromThread>) => {
      if (data.kind === "cancel") this.#held.get(data.token)?.cancellation.cancel(data.reason);
      if (data.kind === "directive") onDirective(data.directive);
      if (data.kind === "log") log(data.level, data.message, data.fields);
    };
    thread.onerror = (event) => {
      event.preventDefault();
      onBroken(event.message);
    };
  }

  /** Starts the thread, and waits until it is there. */
  static async start(
    link: { readonly endpoint: string; readonly token: string | undefined; readonly workerId: string },
    onDirective: (directive: number) => void,
    onBroken: (why: string) => void,
    log: Log,
  ): Promise<Heartbeats> {
    const thread = new Worker(new URL("./heartbeat_main.ts", import.meta.url), {
      type: "module",
      name: "esteira-heartbeat",
    });
    await new Promise<void>((resolve, reject) => {
      thread.onmessage = () => resolve();
      thread.onerror = (event) => {
        event.preventDefault();
        reject(new WorkerError("HEARTBEAT", `the heartbeat thread did not start: ${event.message}`));
      };
    });
    const heartbeats = new Heartbeats(thread, onDirective, onBroken, log);
    heartbeats.#tell({ kind: "begin", ...link });
    return heartbeats;
  }

  #tell(message: ToThread): void {
    this.#thread.postMessage(message);
  }

  /** Begins to keep a lease; its cancellation is seen at once, also by code that never awaits. */
  hold(token: string, ttlMs: number, sentMs: number): Cancellation {
    const shared = sharedFlags();
    const cancellation = new Cancellation(() => readReason(shared));
    this.#held.set(token, { cancellation, shared });
    this.#tell({ kind: "hold", token, ttlMs, sentMs, shared });
    return cancellation;
  }

  /** The function has ended: true when the lease is still held and a report makes sense. */
  end(token: string): boolean {
    this.#tell({ kind: "end", token });
    return this.holds(token);
  }

  /** Whether the lease is held as far as is known. */
  holds(token: string): boolean {
    const held = this.#held.get(token);
    return held !== undefined && !isLost(held.shared);
  }

  /** Stops keeping a lease. */
  forget(token: string): void {
    this.#held.delete(token);
    this.#tell({ kind: "forget", token });
  }

  /** Sends a checkpoint with the next beat, which comes soon. */
  checkpoint(token: string, { body, contentType, schema }: Payload): void {
    this.#tell({ kind: "checkpoint", token, body, types: [contentType, schema] });
  }

  /** Ends the thread. */
  stop(): void {
    this.#thread.terminate();
  }
}
