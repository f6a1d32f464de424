/**
 * Payloads: bytes that are kept and hashed exactly as they were received.
 *
 * @module
 */

import { NonRetryable } from "./error.ts";
import { decodeJson } from "./json/decode.ts";
import { encodeJson } from "./json/encode.ts";

/** The body of a payload: JSON text, other bytes, or nothing at all, which is not the same as JSON `null`. */
export type Body =
  | { readonly kind: "json"; readonly text: string }
  | { readonly kind: "binary"; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly kind: "none" };

const NONE: Body = { kind: "none" };

/** A body with what the sender said about it. Never changes. */
export class Payload {
  /** The bytes. */
  readonly body: Body;
  /** "" means `application/json` for JSON and `application/octet-stream` for binary. */
  readonly contentType: string;
  /** Schema id that the producing function declared, or "". */
  readonly schema: string;

  /** A payload of this body. */
  constructor(body: Body, contentType = "", schema = "") {
    this.body = body;
    this.contentType = contentType;
    this.schema = schema;
  }

  /** A payload without data. */
  static none(): Payload {
    return new Payload(NONE);
  }

  /** JSON text, as it is. */
  static json(text: string): Payload {
    return new Payload({ kind: "json", text });
  }

  /** Bytes, as they are. */
  static binary(bytes: Uint8Array): Payload {
    return new Payload({ kind: "binary", bytes: new Uint8Array(bytes) });
  }

  /**
   * A JSON payload of a value: objects, arrays, texts, booleans, null, finite numbers and `bigint`. Anything else, NaN
   * among it, is NON_RETRYABLE `OUTPUT_INVALID`.
   */
  static encode(value: unknown): Payload {
    return Payload.json(encodeJson(value));
  }

  /**
   * The JSON as a value. An integer that a `number` cannot hold becomes a `bigint`; a number that would change in any
   * other way, and a body that is not JSON, is NON_RETRYABLE `INPUT_INVALID`. `read` may turn the value into the
   * function's own type; what it throws is `INPUT_INVALID` too.
   */
  decode<T = unknown>(read?: (value: unknown) => T): T {
    if (this.body.kind !== "json") throw NonRetryable.inputInvalid("the payload is not JSON");
    return decodeJson(this.body.text, NonRetryable.inputInvalid, read);
  }

  /** The body bytes: what is stored and hashed. */
  bytes(): Uint8Array<ArrayBuffer> {
    switch (this.body.kind) {
      case "json":
        return new TextEncoder().encode(this.body.text);
      case "binary":
        return this.body.bytes;
      case "none":
        return new Uint8Array(0);
    }
  }

  /** How many bytes the body has. */
  byteLength(): number {
    return this.body.kind === "json" ? utf8Length(this.body.text) : this.bytes().length;
  }

  /** The JSON text, unless the body is binary or absent. */
  asJson(): string | undefined {
    return this.body.kind === "json" ? this.body.text : undefined;
  }

  /** SHA-256 of the body, as the coordinator counts it: lower-case hexadecimal. */
  async digest(): Promise<string> {
    const hash = new Uint8Array(await crypto.subtle.digest("SHA-256", this.bytes()));
    return Array.from(hash, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
}

/** Bytes of a text in UTF-8, without making them. */
export function utf8Length(text: string): number {
  let bytes = text.length;
  for (let at = 0; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) continue;
    if (unit < 0x800) bytes += 1;
    else {
      bytes += 2;
      const pair = unit >= 0xd800 && unit < 0xdc00 && (text.charCodeAt(at + 1) & 0xfc00) === 0xdc00;
      // Two units, four bytes.
      if (pair) at += 1;
    }
  }
  return bytes;
}
