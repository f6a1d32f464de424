/**
 * The thread that renews leases. It has an event loop and connections of its own, so that no function can starve it.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { v1 } from "../client/mod.ts";
import { readError } from "../client/error.ts";
import { linkTo } from "../client/send.ts";
import { durationInMs, payloadOut } from "../client/wire.ts";
import { instantMs, sleep } from "../model/clock.ts";
import { fraction } from "../model/entropy.ts";
import { type CancelReason, Payload } from "../model/mod.ts";
import { type FromThread, type ToThread, writeReason } from "./beats.ts";
import { type Beat, Leases, type Verdict } from "./leases.ts";
import { CONTRACT_LIMITS } from "./limits.ts";
import { Rpc } from "./rpc.ts";

/** The thread's end of the channel. */
export interface Channel {
  postMessage(message: FromThread): void;
  onmessage: ((event: MessageEvent<ToThread>) => void) | null;
}

/** Keeps the leases that it is told to keep. */
export class Beater {
  readonly #channel: Channel;
  readonly #leases = new Leases();
  #wake = new AbortController();

  constructor(channel: Channel) {
    this.#channel = channel;
    channel.onmessage = ({ data }) => this.#told(data);
    channel.postMessage({ kind: "ready" });
  }

  #told(message: ToThread): void {
    switch (message.kind) {
      case "begin":
        void this.#beat(new Rpc(linkTo(message.endpoint, message.token)), message.workerId);
        return;
      case "hold": {
        const { token, ttlMs, sentMs, shared } = message;
        const cancel = (reason: CancelReason) => {
          writeReason(shared, reason);
          this.#channel.postMessage({ kind: "cancel", token, reason });
        };
        this.#leases.hold(token, ttlMs, sentMs, cancel, fraction());
        break;
      }
      case "end":
        this.#leases.end(message.token);
        return;
      case "forget":
        this.#leases.forget(message.token);
        return;
      case "checkpoint":
        this.#leases.checkpoint(message.token, new Payload(message.body, ...message.types), instantMs());
        break;
    }
    this.#wake.abort();
  }

  async #beat(rpc: Rpc, workerId: string): Promise<never> {
    const { leasesPerCall, messageBytes } = CONTRACT_LIMITS;
    for (;;) {
      const nowMs = instantMs();
      this.#leases.expire(nowMs);
      const beats = this.#leases.due(nowMs, leasesPerCall, messageBytes);
      if (beats.length > 0) {
        await this.#send(rpc, workerId, beats, this.#leases.patienceMs(nowMs));
        continue;
      }
      const wakeMs = this.#leases.wakeMs();
      this.#wake = new AbortController();
      // Nothing held: until something is.
      await sleep(wakeMs === undefined ? Infinity : wakeMs - nowMs, this.#wake.signal);
    }
  }

  async #send(rpc: Rpc, workerId: string, beats: readonly Beat[], patienceMs: number): Promise<void> {
    const request = {
      workerId,
      beats: beats.map(({ token, checkpoint }) =>
        create(v1.LeaseBeatSchema, {
          leaseToken: token,
          ...(checkpoint === undefined ? {} : { checkpoint: payloadOut(checkpoint) }),
        })
      ),
    };
    // While the answer is on its way, leases can still run out.
    const over = new AbortController();
    const watching = this.#watch(over.signal);
    try {
      const { value, sentMs } = await rpc.heartbeat(request, patienceMs);
      this.#leases.answered(beats, readVerdicts(beats, value.verdicts), sentMs, fraction());
      if (value.directive !== v1.WorkerDirective.UNSPECIFIED) {
        this.#channel.postMessage({ kind: "directive", directive: value.directive });
      }
    } catch (thrown) {
      const { code, message } = readError(thrown);
      // A checkpoint that is refused must not cost the leases that travel with it.
      const refused = code === "INVALID_ARGUMENT";
      const text = refused ? "checkpoints refused and dropped" : "heartbeat not answered";
      this.#channel.postMessage({
        kind: "log",
        level: refused ? "warn" : "debug",
        message: text,
        fields: { code, message },
      });
      this.#leases.unanswered(beats, instantMs(), fraction(), !refused);
    } finally {
      over.abort();
      await watching;
    }
  }

  async #watch(over: AbortSignal): Promise<void> {
    while (!over.aborted) {
      await sleep(50, over);
      this.#leases.expire(instantMs());
    }
  }
}

/** The verdict on each beat, at the beat's place; undefined where the coordinator said nothing that can be used. */
export function readVerdicts(
  beats: readonly Beat[],
  verdicts: readonly v1.LeaseVerdict[],
): (Verdict | undefined)[] {
  const byToken = new Map(verdicts.map((verdict) => [verdict.leaseToken, verdict]));
  return beats.map(({ token }) => {
    const verdict = byToken.get(token);
    const ttlMs = durationInMs(verdict?.leaseTtl);
    const held = ttlMs === undefined ? {} : { ttlMs };
    switch (verdict?.status) {
      case v1.LeaseStatus.ACTIVE:
        return held;
      case v1.LeaseStatus.CANCEL_REQUESTED:
        return { ...held, reason: verdict.reason === "DRAIN" ? "DRAIN" : "JOB" };
      case v1.LeaseStatus.LOST:
        return "lost";
      default:
        return undefined;
    }
  });
}
