/**
 * Between values of the model and messages of the contract.
 *
 * @module
 */

import { create } from "@bufbuild/protobuf";
import { type Duration, DurationSchema } from "@bufbuild/protobuf/wkt";
import { type Payload as WirePayload, PayloadSchema } from "../gen/esteira/v1/types_pb.ts";
import { Payload } from "../model/mod.ts";

/** A payload as it came over the wire; nothing when it is absent. */
export function payloadIn(payload: WirePayload | undefined): Payload {
  const body = payload?.body;
  const type = [payload?.contentType ?? "", payload?.schema ?? ""] as const;
  if (body?.case === "json") return new Payload({ kind: "json", text: body.value }, ...type);
  if (body?.case === "binary") return new Payload({ kind: "binary", bytes: new Uint8Array(body.value) }, ...type);
  return new Payload({ kind: "none" }, ...type);
}

/** A payload as it goes over the wire; the digest is the coordinator's business. */
export function payloadOut({ body, contentType, schema }: Payload): WirePayload {
  const wire = body.kind === "json"
    ? { case: "json" as const, value: body.text }
    : body.kind === "binary"
    ? { case: "binary" as const, value: body.bytes }
    : { case: undefined };
  return create(PayloadSchema, { body: wire, contentType, schema });
}

/** A duration as it came over the wire, in milliseconds; undefined when it is absent or negative. */
export function durationInMs(duration: Duration | undefined): number | undefined {
  if (duration === undefined || duration.seconds < 0n || duration.nanos < 0) return undefined;
  return Number(duration.seconds) * 1_000 + duration.nanos / 1_000_000;
}

/** A duration as it goes over the wire. */
export function durationOut(ms: number): Duration {
  const seconds = Math.floor(ms / 1_000);
  return create(DurationSchema, { seconds: BigInt(seconds), nanos: Math.round((ms - seconds * 1_000) * 1_000_000) });
}
