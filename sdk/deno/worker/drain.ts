/**
 * Where a worker stands on its way to its end: it serves; it drains, leasing nothing while what runs may finish; it
 * stops, having cancelled what runs; it delivers the last reports; it is over. Decided here, done by the loop.
 *
 * @module
 */

/** How long a parked poll may take to come back after the coordinator was told to end it. */
const POLL_GRACE_MS = 1_000;
/** How long functions that were cancelled and dropped may take to come back. */
const EVENT_GRACE_MS = 1_000;

type Phase =
  | { readonly kind: "serving" }
  | {
    readonly kind: "draining";
    /** The coordinator is being told. */
    readonly telling: boolean;
    readonly pollEndsMs: number | undefined;
    readonly graceEndsMs: number | undefined;
  }
  | { readonly kind: "stopping" | "delivering"; readonly endsMs: number }
  | { readonly kind: "over" };

/** What the loop must do now that the time of a phase is over. */
export type Push = "drop the poll" | "cancel what runs" | "give up what runs";

/** How long each phase may take. */
export interface Graces {
  readonly drainGraceMs: number;
  readonly cancelGraceMs: number;
  readonly deliveryGraceMs: number;
}

/** The phases of one worker. Times are in milliseconds on one clock. */
export class Phases {
  #phase: Phase = { kind: "serving" };
  readonly #graces: Graces;

  constructor(graces: Graces) {
    this.#graces = graces;
  }

  get isServing(): boolean {
    return this.#phase.kind === "serving";
  }

  get isOver(): boolean {
    return this.#phase.kind === "over";
  }

  /** Whether the loop has nothing left to wait for once it is idle. */
  mayEnd(): boolean {
    return this.#phase.kind !== "serving" && !(this.#phase.kind === "draining" && this.#phase.telling);
  }

  /** When the present phase needs a push. */
  endsMs(): number | undefined {
    switch (this.#phase.kind) {
      case "draining": {
        const ends = [this.#phase.pollEndsMs, this.#phase.graceEndsMs].filter((ms) => ms !== undefined);
        return ends.length === 0 ? undefined : Math.min(...ends);
      }
      case "stopping":
      case "delivering":
        return this.#phase.endsMs;
      default:
        return undefined;
    }
  }

  /** Stops leasing; false when that is so already, or too late. Without a grace the coordinator cancels what runs too long. */
  drain(nowMs: number, graceMs: number | undefined, telling: boolean): boolean {
    if (this.#phase.kind !== "serving" && this.#phase.kind !== "draining") return false;
    this.#phase = {
      kind: "draining",
      telling,
      pollEndsMs: telling ? undefined : nowMs + POLL_GRACE_MS,
      graceEndsMs: graceMs === undefined ? undefined : nowMs + graceMs,
    };
    return true;
  }

  /** The coordinator was told. */
  told(nowMs: number): void {
    if (this.#phase.kind !== "draining") return;
    this.#phase = { ...this.#phase, telling: false, pollEndsMs: nowMs + POLL_GRACE_MS };
  }

  /** Nothing runs and no poll is parked: what could not be delivered waits for its own grace, not for that of functions. */
  quiet(nowMs: number): void {
    if (this.#phase.kind !== "draining" || this.#phase.telling) return;
    this.#phase = { kind: "delivering", endsMs: nowMs + this.#graces.deliveryGraceMs };
  }

  /** Moves on from a phase whose time is over; says what must be done for it. */
  push(nowMs: number): Push[] {
    switch (this.#phase.kind) {
      case "draining": {
        const { pollEndsMs, graceEndsMs } = this.#phase;
        if (graceEndsMs !== undefined && graceEndsMs <= nowMs) {
          this.#phase = { kind: "stopping", endsMs: nowMs + this.#graces.cancelGraceMs + EVENT_GRACE_MS };
          return ["drop the poll", "cancel what runs"];
        }
        if (pollEndsMs === undefined || pollEndsMs > nowMs) return [];
        this.#phase = { ...this.#phase, pollEndsMs: undefined };
        return ["drop the poll"];
      }
      case "stopping":
        this.#phase = { kind: "delivering", endsMs: nowMs + this.#graces.deliveryGraceMs };
        return ["give up what runs"];
      case "delivering":
        this.end();
        return [];
      default:
        return [];
    }
  }

  /** It is over at once. */
  end(): void {
    this.#phase = { kind: "over" };
  }
}
