/**
 * Runs a whole plan in this process, with no server.
 *
 * The runner takes the decisions of the coordinator's engine, so the same plan on the same data gives the same
 * {@link Trace} here and there. Nothing is persisted. Tasks run one after the other, in the order in which they became
 * ready, so that a trace is the same in every run.
 *
 * @module
 */

import { IGNORE, type Observer } from "../context.ts";
import { type Evaluate, NO_EXPRESSIONS } from "../evaluate.ts";
import type { TaskFunction } from "../function.ts";
import { NOBODY, type Packet } from "../packet.ts";
import { Payload } from "../payload.ts";
import type { Plan } from "../plan.ts";
import type { Trace } from "../trace.ts";
import { Drive } from "./drive.ts";
import { compileLibrary } from "./library.ts";
import { realPace, skippingPace } from "./pace.ts";
import { refusalOfStart } from "./refusal.ts";
import { RunError } from "./run_error.ts";

/** What a run starts with. A payload alone is a start on nobody's behalf. */
export interface Start {
  /** The data; nothing when it is left out. */
  readonly data?: Payload;
  /** On whose behalf. */
  readonly actor?: Packet["actor"];
  /** The aggregate to move. */
  readonly aggregate?: Packet["aggregate"];
  /** Copied to every packet of the job. */
  readonly headers?: Packet["headers"];
  /** Free labels; conditions can read them. */
  readonly labels?: Readonly<Record<string, string>>;
  /** What the data is for; `DEVTEST` unless it is set. */
  readonly dataClass?: "PRODUCTION" | "QA" | "DEVTEST";
}

/** Runs plans in this process. Never changes; each method answers another one. */
export class Runner {
  readonly #functions: ReadonlyMap<string, TaskFunction>;
  readonly #plans: ReadonlyMap<string, Plan>;
  readonly #evaluate: Evaluate;
  readonly #observer: Observer;
  readonly #skips: boolean;

  /** A runner of these. Conditions, policies and `$cel` need an evaluator: `new Evaluator()` of `@esteira/sdk/expr`. */
  constructor(
    parts: {
      readonly functions?: Iterable<TaskFunction>;
      readonly plans?: ReadonlyMap<string, Plan>;
      readonly evaluate?: Evaluate;
      readonly observer?: Observer;
      readonly skipWaits?: boolean;
    } = {},
  ) {
    this.#functions = new Map(Array.from(parts.functions ?? [], (task) => [task.spec.name, task]));
    this.#plans = new Map(parts.plans ?? []);
    this.#evaluate = parts.evaluate ?? NO_EXPRESSIONS;
    this.#observer = parts.observer ?? IGNORE;
    this.#skips = parts.skipWaits ?? false;
  }

  #with(change: ConstructorParameters<typeof Runner>[0]): Runner {
    const mine = {
      functions: this.#functions.values(),
      plans: this.#plans,
      evaluate: this.#evaluate,
      observer: this.#observer,
      skipWaits: this.#skips,
    };
    return new Runner({ ...mine, ...change });
  }

  /** Adds functions; one of the same name takes the place of the earlier one. */
  function(...functions: TaskFunction[]): Runner {
    return this.#with({ functions: [...this.#functions.values(), ...functions] });
  }

  /** Adds a plan that other plans can run as a step. */
  plan(name: string, plan: Plan): Runner {
    return this.#with({ plans: new Map([...this.#plans, [name, plan]]) });
  }

  /** Sees what functions log and save while they run. */
  observer(observer: Observer): Runner {
    return this.#with({ observer });
  }

  /**
   * Does not wait: pauses before retries and `wait` steps pass at once on a clock of the runner's own, and execution
   * time-outs never come. For tests.
   */
  skipWaits(): Runner {
    return this.#with({ skipWaits: true });
  }

  /** Runs a plan to its end; throws a {@link RunError} when that cannot be. */
  async run(plan: Plan, start: Start | Payload): Promise<Trace> {
    const { data = Payload.none(), actor = NOBODY, aggregate, headers = {}, labels = {}, dataClass = "DEVTEST" } =
      start instanceof Payload ? { data: start } : start;
    const packet = { actor, data, headers, ...(aggregate === undefined ? {} : { aggregate }) };
    const refused = refusalOfStart(packet, labels);
    if (refused !== undefined) throw new RunError("INPUT_INVALID", `the input is not acceptable: ${refused}`);
    const library = compileLibrary(plan, this.#plans, this.#functions, this.#evaluate);
    const drive = new Drive({
      library,
      functions: this.#functions,
      evaluate: this.#evaluate,
      observer: this.#observer,
      pace: this.#skips ? skippingPace() : realPace(),
    });
    return await drive.run({ packet, labels, dataClass });
  }
}
