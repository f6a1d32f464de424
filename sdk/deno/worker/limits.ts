/**
 * The limits that the coordinator announced, or those of the contract where it did not.
 *
 * @module
 */

import type { v1 } from "../client/mod.ts";
import { durationInMs } from "../client/wire.ts";
import {
  APPEND_ITEMS_MAX,
  BATCH_MAX,
  FAN_OUT_ITEMS_MAX,
  MESSAGE_BYTES_MAX,
  PAYLOAD_BYTES_MAX,
  WAIT_MAX_MS,
} from "../model/limits.ts";

/** Left free in every message for what frames the part that was measured. */
const MESSAGE_SLACK_BYTES = 64 << 10;

export interface Limits {
  /** Of the measured part of a message. */
  readonly messageBytes: number;
  readonly payloadBytes: number;
  readonly appendItems: number;
  readonly fanOutItems: number;
  readonly leasesPerCall: number;
  readonly reportsPerCall: number;
  readonly waitMs: number;
}

/** Those of the contract. */
export const CONTRACT_LIMITS: Limits = {
  messageBytes: MESSAGE_BYTES_MAX - MESSAGE_SLACK_BYTES,
  payloadBytes: PAYLOAD_BYTES_MAX,
  appendItems: APPEND_ITEMS_MAX,
  fanOutItems: FAN_OUT_ITEMS_MAX,
  leasesPerCall: BATCH_MAX,
  reportsPerCall: BATCH_MAX,
  waitMs: WAIT_MAX_MS,
};

/** Those that were announced. */
export function announced(limits: v1.Limits | undefined): Limits {
  if (limits === undefined) return CONTRACT_LIMITS;
  const or = (value: number, otherwise: number) => (value > 0 ? value : otherwise);
  return {
    messageBytes: Math.max(0, or(limits.maxMessageBytes, MESSAGE_BYTES_MAX) - MESSAGE_SLACK_BYTES),
    payloadBytes: or(limits.maxInlinePayloadBytes, PAYLOAD_BYTES_MAX),
    appendItems: or(limits.maxOutputsPerAppend, APPEND_ITEMS_MAX),
    fanOutItems: or(limits.maxFanOutItems, FAN_OUT_ITEMS_MAX),
    leasesPerCall: or(limits.maxLeasesPerCall, BATCH_MAX),
    reportsPerCall: or(limits.maxReportsPerCall, BATCH_MAX),
    waitMs: durationInMs(limits.maxWait) || WAIT_MAX_MS,
  };
}
