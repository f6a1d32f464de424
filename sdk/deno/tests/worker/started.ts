/** A worker that runs beside the test. */

import type { TaskFunction } from "../../model/mod.ts";
import { Worker, type WorkerError, type WorkerOptions } from "../../worker/mod.ts";
import { Fake } from "./fake.ts";

export class Started {
  readonly fake = new Fake();
  readonly logs: string[] = [];
  readonly #stop = Promise.withResolvers<void>();
  /** The error that the worker ended with, or undefined for a clean end. */
  ended: Promise<WorkerError | undefined> = Promise.resolve(undefined);

  /** Asks the worker to end. */
  stop(): void {
    this.#stop.resolve();
  }

  run(slots: number, task: TaskFunction, more: Partial<WorkerOptions>): void {
    const log = (level: string, message: string) => void this.logs.push(`${level} ${message}`);
    const worker = new Worker(this.fake.endpoint, { functions: [task], slots, workerId: "w1", log, ...more });
    this.ended = worker.run(this.#stop.promise).then(() => undefined, (error) => error);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.fake.release();
    this.stop();
    await this.ended;
    await this.fake.gone();
  }
}

/** Starts a worker with one function, and lets it register. */
export async function start(
  slots: number,
  task: TaskFunction,
  more: Partial<WorkerOptions> = {},
): Promise<Started> {
  const started = new Started();
  started.run(slots, task, more);
  await started.fake.register();
  return started;
}

/** A gate that is shut; each permit lets one through. */
export class Gate {
  #permits = 0;
  readonly #waiting: (() => void)[] = [];

  pass(): Promise<void> {
    if (this.#permits > 0) {
      this.#permits--;
      return Promise.resolve();
    }
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  open(permits = 1): void {
    for (let left = permits; left > 0; left--) {
      const next = this.#waiting.shift();
      if (next === undefined) this.#permits++;
      else next();
    }
  }
}

/** What functions say to a test. */
export class Said<T> {
  readonly #heard: T[] = [];
  #listener: ((said: T) => void) | undefined;

  readonly say = (said: T): void => {
    if (this.#listener === undefined) this.#heard.push(said);
    else {
      this.#listener(said);
      this.#listener = undefined;
    }
  };

  hear(): Promise<T> {
    return this.#heard.length > 0
      ? Promise.resolve(this.#heard.shift()!)
      : new Promise((resolve) => this.#listener = resolve);
  }
}
