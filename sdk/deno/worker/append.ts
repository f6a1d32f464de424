/**
 * Hands in the items of a large MULTIPLE output, chunk by chunk, ahead of the report.
 *
 * @module
 */

import type { v1 } from "../client/mod.ts";
import { readError } from "../client/error.ts";
import type { WireOutcome } from "./outgoing.ts";
import { refused, type Report } from "./report.ts";
import type { Rpc } from "./rpc.ts";

/** Appends all chunks. Undefined when the lease is lost; otherwise what to report: the outcome, or why it is refused. */
export async function append(
  rpc: Rpc,
  leaseToken: string,
  { chunks, outcome }: Report,
  signal: AbortSignal,
): Promise<WireOutcome | undefined> {
  for (const [chunkIndex, items] of chunks.entries()) {
    try {
      await rpc.append({ leaseToken, chunkIndex, items: items as v1.Payload[] }, signal);
    } catch (thrown) {
      const { reason, message } = readError(thrown);
      if (reason === "LEASE_LOST") return undefined;
      return refused(reason, message);
    }
  }
  return outcome;
}
