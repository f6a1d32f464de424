/**
 * What an attempt used.
 *
 * Deno tells the CPU time of the process, not of a piece of code. While one function runs, all of it is that function's;
 * while several do, each gets an equal share. The heartbeat thread and the worker's own work are in it. The peak memory is
 * the process's.
 *
 * @module
 */

import process from "node:process";
import { create } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { durationOut } from "../client/wire.ts";
import { instantMs } from "../model/clock.ts";

/** One attempt while it runs. */
export interface Meter {
  readonly begunMs: number;
  cpuMs: number;
}

/** Shares the CPU time of the process among the attempts that run. */
export class Meters {
  readonly #running = new Set<Meter>();
  #seenMs = cpuMs();

  /** An attempt begins. */
  start(): Meter {
    this.#share();
    const meter = { begunMs: instantMs(), cpuMs: 0 };
    this.#running.add(meter);
    return meter;
  }

  /** An attempt ended. */
  end(meter: Meter): v1.ResourceUsage {
    this.#share();
    this.#running.delete(meter);
    return create(v1.ResourceUsageSchema, {
      cpuTime: durationOut(meter.cpuMs),
      wallTime: durationOut(instantMs() - meter.begunMs),
      peakRssBytes: peakRssBytes(),
    });
  }

  #share(): void {
    const nowMs = cpuMs();
    const share = Math.max(0, nowMs - this.#seenMs) / Math.max(1, this.#running.size);
    for (const meter of this.#running) meter.cpuMs += share;
    this.#seenMs = nowMs;
  }
}

function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

function peakRssBytes(): bigint {
  return BigInt(Math.trunc(process.resourceUsage().maxRSS)) * 1_024n;
}
