/**
 * The loop of a worker: one owner of all its state; requests and functions run beside it and come back as calls of its
 * methods, one at a time, since there is one event loop.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { type ClientError, readError } from "../client/error.ts";
import type { Answer } from "../client/send.ts";
import { durationOut } from "../client/wire.ts";
import { instantMs, sleep } from "../model/clock.ts";
import { newId } from "../model/entropy.ts";
import { WAIT_DEFAULT_MS } from "../model/limits.ts";
import type { Cancellation, TaskFunction } from "../model/mod.ts";
import { attempt, type Surroundings } from "./attempt.ts";
import { leaseIn } from "./convert.ts";
import { Phases } from "./drain.ts";
import { WorkerError } from "./error.ts";
import { announced, CONTRACT_LIMITS, type Limits } from "./limits.ts";
import { type Letter, Outgoing, result, withCapsule, withoutResult } from "./outgoing.ts";
import { refused, released } from "./report.ts";
import { blame, isFinal, settle } from "./settle.ts";
import { Slots } from "./slots.ts";
import type { Spool } from "./spool.ts";

/** Pause after an answer that a worker cannot make sense of, before it asks anew. */
const PAUSE_MS = 1_000;
/** An empty answer that came sooner is followed by a pause of this length. */
const EARLY_MS = 200;

/** What a worker is made of, checked. */
export interface Setup {
  readonly info: v1.WorkerInfo;
  readonly functions: ReadonlyMap<string, TaskFunction>;
  readonly slots: number;
  readonly queues: readonly string[];
  readonly leaseTtlMs: number | undefined;
  readonly drainGraceMs: number;
  readonly deliveryGraceMs: number;
  readonly spool: Spool | undefined;
}

/** All state of a worker that runs. */
export class Dispatcher {
  readonly #setup: Setup;
  readonly #around: Surroundings;
  readonly #slots: Slots;
  readonly #outgoing = new Outgoing();
  readonly #running = new Map<string, Cancellation>();
  readonly #ended = Promise.withResolvers<void>();
  #limits: Limits = CONTRACT_LIMITS;
  #registered = false;
  /** The spool is sent before anything is leased. */
  #spooling = false;
  /** The poll that is parked; at most one. */
  #poll: AbortController | undefined;
  /** The report call that is under way; at most one. */
  #reporting: readonly Letter[] | undefined;
  #pollPauseMs = 0;
  #reportPauseMs = 0;
  /** Report calls in a row that failed without saying why. */
  #unsure = 0;
  readonly #phases: Phases;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Why the worker stops by itself. */
  #failure: WorkerError | undefined;

  constructor(setup: Setup, around: Surroundings) {
    this.#setup = setup;
    this.#around = around;
    this.#slots = new Slots(setup.slots);
    const { drainGraceMs, deliveryGraceMs } = setup;
    this.#phases = new Phases({ drainGraceMs, deliveryGraceMs, cancelGraceMs: around.cancelGraceMs });
  }

  /** Until the worker is drained. */
  async run(shutdown: PromiseLike<unknown>): Promise<void> {
    void this.#register();
    void this.#sendSpool();
    shutdown.then(() => this.#beginDrain(this.#setup.drainGraceMs), () => this.#beginDrain(this.#setup.drainGraceMs));
    await this.#ended.promise;
    clearTimeout(this.#timer);
    await this.#finish();
  }

  /** The heartbeat thread broke: nothing keeps the leases any more. */
  broken(why: string): void {
    this.#failure ??= new WorkerError("HEARTBEAT", `the heartbeat thread broke: ${why}`);
    for (const cancellation of this.#running.values()) cancellation.cancel("LEASE_LOST");
    this.#phases.end();
    this.#pump();
  }

  /** What the coordinator asks for, whatever the answer that it came with. */
  onDirective(directive: number): void {
    if (!this.#phases.isServing) return;
    if (directive === v1.WorkerDirective.DRAIN) this.#beginDrain(undefined);
    // Registering ends a drain, so a worker that drains does not.
    if (directive === v1.WorkerDirective.REGISTER) void this.#register();
  }

  // --- requests ------------------------------------------------------------------------------------

  /** After each event: sends what can be sent, and looks whether there is nothing left to wait for. */
  #pump(): void {
    this.#sendReports();
    this.#sendPoll();
    const quiet = this.#running.size === 0 && this.#poll === undefined;
    const idle = quiet && this.#outgoing.isEmpty && this.#reporting === undefined;
    if (this.#phases.isOver || (idle && this.#phases.mayEnd())) return this.#ended.resolve();
    if (quiet) this.#phases.quiet(instantMs());
    clearTimeout(this.#timer);
    const endsMs = this.#phases.endsMs();
    if (endsMs !== undefined) this.#timer = setTimeout(() => this.#onDeadline(), Math.max(0, endsMs - instantMs()));
  }

  async #register(): Promise<void> {
    for (;;) {
      try {
        const { value } = await this.#around.rpc.register(
          { worker: this.#setup.info, minProtocol: 1, maxProtocol: 1 },
          this.#around.over,
        );
        this.#limits = announced(value.limits);
        this.#registered = true;
        return this.#pump();
      } catch (thrown) {
        const error = readError(thrown);
        if (this.#around.over.aborted) return;
        if (isFinal(error)) return this.#fail(error);
        this.#around.log("warn", "registration failed", { code: error.code, message: error.message });
        await sleep(PAUSE_MS, this.#around.over);
      }
    }
  }

  async #sendSpool(): Promise<void> {
    if (this.#setup.spool === undefined) return;
    this.#spooling = true;
    try {
      await this.#setup.spool.deliver(this.#around.rpc, this.#around.over);
    } catch (error) {
      this.#around.log("error", "the spool cannot be read", {
        message: error instanceof Error ? error.message : error,
      });
    }
    this.#spooling = false;
    this.#pump();
  }

  /** Parks a poll for all free slots, unless one is parked or a report is about to ask for them. */
  #sendPoll(): void {
    const may = this.#registered && !this.#spooling && this.#phases.isServing && this.#poll === undefined &&
      this.#reporting === undefined && this.#outgoing.isEmpty;
    if (!may || this.#slots.free === 0) return;
    const waitMs = Math.min(WAIT_DEFAULT_MS, this.#limits.waitMs);
    const leases = this.#slots.promiseToPoll(this.#limits.leasesPerCall);
    const request = { ...this.#leaseRequest(leases), wait: durationOut(waitMs) };
    const poll = this.#poll = new AbortController();
    const pauseMs = this.#pollPauseMs;
    this.#pollPauseMs = 0;
    void (async () => {
      if (pauseMs > 0) await sleep(pauseMs, poll.signal);
      const answer = await this.#around.rpc.lease(request, waitMs, poll.signal).catch(readError);
      // A lease that is in an answer which nobody waits for returns by itself.
      if (this.#poll !== poll) return;
      this.#poll = undefined;
      this.#slots.pollAnswered();
      this.#onPolled(answer);
    })();
  }

  #leaseRequest(maxLeases: number): MessageInitShape<typeof v1.LeaseTasksRequestSchema> {
    const { info, queues, leaseTtlMs } = this.#setup;
    return {
      workerId: info.workerId,
      requestId: newId(),
      functionNames: info.functions.map(({ name }) => name),
      queues: [...queues],
      maxLeases,
      ...(leaseTtlMs === undefined ? {} : { leaseTtl: durationOut(leaseTtlMs) }),
    };
  }

  #onPolled(answer: Answer<v1.LeaseTasksResponse> | ClientError): void {
    if (!(answer instanceof Error)) {
      if (answer.value.leases.length === 0 && instantMs() - answer.sentMs < EARLY_MS) this.#pollPauseMs = EARLY_MS;
      this.#onLeased(answer.value, answer.sentMs);
      return this.#pump();
    }
    if (isFinal(answer)) return this.#fail(answer);
    this.#around.log("warn", "poll failed", { code: answer.code, message: answer.message });
    this.#pollPauseMs = PAUSE_MS;
    this.#pump();
  }

  /** Sends what waits, and asks for tasks for the slots that are free, all in one call. */
  #sendReports(): void {
    if (this.#reporting !== undefined || this.#outgoing.isEmpty || this.#phases.isOver) return;
    const letters = this.#outgoing.take(this.#limits, ({ kept, report: { leaseToken } }) => {
      const wanted = !kept || this.#around.heartbeats.holds(leaseToken);
      if (!wanted) this.#around.heartbeats.forget(leaseToken);
      return wanted;
    });
    if (letters.length === 0) return;
    const leases = this.#phases.isServing ? this.#slots.promiseToReport(this.#limits.leasesPerCall) : 0;
    const request = {
      workerId: this.#setup.info.workerId,
      reports: letters.map(({ report }) => report),
      ...(leases > 0 ? { lease: this.#leaseRequest(leases) } : {}),
    };
    this.#reporting = letters;
    const pauseMs = this.#reportPauseMs;
    this.#reportPauseMs = 0;
    void (async () => {
      if (pauseMs > 0) await sleep(pauseMs, this.#around.over);
      const answer = await this.#around.rpc.report(request, this.#around.over).catch(readError);
      if (this.#reporting !== letters || this.#phases.isOver) return;
      this.#reporting = undefined;
      this.#slots.reportAnswered();
      if (answer instanceof Error) this.#onReportRefused(letters, answer);
      else this.#onReported(letters, answer);
      this.#pump();
    })();
  }

  #onReported(letters: readonly Letter[], { value, sentMs }: Answer<v1.ReportTasksResponse>): void {
    this.#unsure = 0;
    const { done, again, pause } = settle(letters, value.outcomes, this.#around.log);
    for (const { report } of done) this.#around.heartbeats.forget(report.leaseToken);
    for (const letter of again) this.#outgoing.push(letter);
    if (pause) this.#reportPauseMs = PAUSE_MS;
    if (value.lease !== undefined) this.#onLeased(value.lease, sentMs);
  }

  #onReportRefused(letters: readonly Letter[], error: ClientError): void {
    const { log, heartbeats } = this.#around;
    log("warn", "report refused", { code: error.code, message: error.message, reports: letters.length });
    const verdict = blame(letters, error, this.#unsure, log);
    this.#unsure = verdict.unsure;
    for (const { report } of verdict.done) heartbeats.forget(report.leaseToken);
    this.#outgoing.putBack(verdict.again);
    for (const letter of verdict.replaced) this.#outgoing.push(letter);
    if (verdict.pause) this.#reportPauseMs = PAUSE_MS;
    if (verdict.fatal) this.#fail(error);
  }

  // --- tasks ---------------------------------------------------------------------------------------

  #onLeased({ leases, directive }: v1.LeaseTasksResponse, sentMs: number): void {
    for (const lease of leases) this.#start(lease, sentMs);
    this.onDirective(directive);
  }

  #start(wire: v1.TaskLease, sentMs: number): void {
    const token = wire.leaseToken;
    if (this.#running.has(token)) return;
    const giveBack = (reason: string) => this.#outgoing.push(withoutResult(token, released(reason)));
    if (!this.#phases.isServing) return giveBack("the worker shuts down");
    const task = this.#setup.functions.get(wire.functionName);
    if (task === undefined) return giveBack("the worker does not have this function");
    const lease = leaseIn(wire);
    if (typeof lease === "string") return this.#outgoing.push(withoutResult(token, refused("LEASE_UNREADABLE", lease)));
    if (!this.#slots.start()) return giveBack("the worker has no free slot");
    const cancellation = this.#around.heartbeats.hold(token, lease.ttlMs, sentMs);
    this.#running.set(token, cancellation);
    // All leases of an answer are kept before the first function begins: it may block the event loop.
    queueMicrotask(async () => {
      const report = await attempt(this.#around, task, lease, cancellation, this.#limits);
      // Not there: given up while it ended.
      if (!this.#running.delete(token)) return;
      this.#slots.end();
      if (report === undefined) this.#around.heartbeats.forget(token);
      else this.#outgoing.push(result(report, lease.capsule));
      this.#pump();
    });
  }

  // --- the end -------------------------------------------------------------------------------------

  /**
   * Stops leasing. With a grace the worker decided so by itself and tells the coordinator; without one the coordinator
   * decided, and will cancel what runs too long.
   */
  #beginDrain(graceMs: number | undefined): void {
    const telling = graceMs !== undefined && this.#registered;
    if (!this.#phases.drain(instantMs(), graceMs, telling)) return;
    this.#around.log("info", "worker drains", { running: this.#running.size });
    if (telling) void this.#tellDrain(graceMs);
    this.#pump();
  }

  async #tellDrain(graceMs: number): Promise<void> {
    const { workerId } = this.#setup.info;
    const request = { workerId, grace: durationOut(graceMs), reason: "the worker shuts down" };
    await this.#around.rpc.drain(request, this.#around.over).catch((thrown) => {
      const { code, message } = readError(thrown);
      this.#around.log("warn", "drain not answered", { code, message });
    });
    this.#phases.told(instantMs());
    this.#pump();
  }

  /** The coordinator refused the worker: finish what runs, then say why. */
  #fail(error: ClientError): void {
    this.#around.log("error", "refused by the coordinator", { code: error.code, message: error.message });
    this.#failure ??= new WorkerError("REFUSED", `the coordinator refused the worker: ${error.message}`, {
      cause: error,
    });
    if (this.#phases.isServing) this.#phases.drain(instantMs(), this.#setup.drainGraceMs, false);
    this.#pump();
  }

  /** The time of the present phase is over. */
  #onDeadline(): void {
    for (const push of this.#phases.push(instantMs())) {
      if (push === "drop the poll") this.#dropPoll();
      if (push === "cancel what runs") { for (const running of this.#running.values()) running.cancel("DRAIN"); }
      if (push === "give up what runs") this.#giveUpRunning();
    }
    this.#pump();
  }

  #dropPoll(): void {
    this.#poll?.abort();
    this.#poll = undefined;
    this.#slots.pollAnswered();
  }

  /** Functions cannot be stopped from outside, but their tasks can be given back. */
  #giveUpRunning(): void {
    for (const token of this.#running.keys()) {
      this.#slots.end();
      this.#around.heartbeats.forget(token);
      this.#outgoing.push(withoutResult(token, released("the worker shuts down")));
    }
    this.#running.clear();
  }

  /** How it went. What was not delivered goes into the spool. */
  async #finish(): Promise<void> {
    const { spool, info } = this.#setup;
    const undelivered = [...this.#reporting?.filter(({ kept }) => kept) ?? [], ...this.#outgoing.results()];
    if (spool !== undefined) {
      for (const letter of undelivered) await spool.keep(info.workerId, withCapsule(letter).report);
    }
    if (this.#failure !== undefined) throw this.#failure;
    if (undelivered.length > 0 && spool === undefined) {
      const message = `${undelivered.length} results could not be delivered before the worker had to stop`;
      throw new WorkerError("UNDELIVERED", message);
    }
  }
}
