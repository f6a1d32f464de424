/**
 * How many tasks may still start: the count that keeps a worker from leasing what it cannot run.
 *
 * @module
 */

/** Each slot is free, runs a function, or is promised to a request that is under way. */
export class Slots {
  readonly #total: number;
  #running = 0;
  #polled = 0;
  #reported = 0;

  constructor(total: number) {
    this.#total = total;
  }

  /** Slots that are neither used nor promised. */
  get free(): number {
    return Math.max(0, this.#total - this.#running - this.#polled - this.#reported);
  }

  /** Promises up to `most` free slots to the poll; says how many. */
  promiseToPoll(most: number): number {
    return this.#polled = Math.min(this.free, most);
  }

  /** Promises up to `most` free slots to the report; says how many. */
  promiseToReport(most: number): number {
    return this.#reported = Math.min(this.free, most);
  }

  /** The poll was answered: what it did not use is free. */
  pollAnswered(): void {
    this.#polled = 0;
  }

  /** The report was answered: what it did not use is free. */
  reportAnswered(): void {
    this.#reported = 0;
  }

  /** Uses a free slot; false when there is none. */
  start(): boolean {
    if (this.free === 0) return false;
    this.#running++;
    return true;
  }

  /** A function ended. */
  end(): void {
    this.#running = Math.max(0, this.#running - 1);
  }
}
