/**
 * Sends one request until there is an answer: the same bytes each time.
 *
 * @module
 */

import type {
  DescMessage,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import type { Transport } from "@connectrpc/connect";
import { createGrpcWebTransport } from "@connectrpc/connect-web";
import { instantMs, sleep } from "../model/clock.ts";
import { fraction } from "../model/entropy.ts";
import { Backoff } from "./backoff.ts";
import { ClientError, readError } from "./error.ts";

/** Where the coordinator is, and the caller's credentials. `fetch` keeps the connections. */
export interface Link {
  readonly transport: Transport;
  readonly header: Headers;
}

/** Parses the address and the token; opens nothing yet. Throws a {@link ClientError}. */
export function linkTo(endpoint: string, token: string | undefined): Link {
  const header = new Headers();
  try {
    const { protocol, pathname, search } = new URL(endpoint);
    if (!/^https?:$/.test(protocol) || search !== "") {
      throw new TypeError("expected http://host:port or https://host:port");
    }
    if (token !== undefined) header.set("authorization", `Bearer ${token}`);
    const baseUrl = endpoint.slice(0, endpoint.length - (pathname.endsWith("/") && endpoint.endsWith("/") ? 1 : 0));
    return { transport: createGrpcWebTransport({ baseUrl }), header };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new ClientError("ENDPOINT", `the endpoint or the token cannot be used: ${why}`, { cause: error });
  }
}

/** How one kind of call is made. */
export interface Call {
  /** A single sending without an answer for this long is given up. */
  readonly timeoutMs: number;
  /** All sendings together; undefined = until there is an answer. */
  readonly patienceMs: number | undefined;
}

/** An answer and when the request that it answers was sent: leases are counted from then. */
export interface Answer<T> {
  readonly value: T;
  readonly sentMs: number;
}

/** Sends the request, and sends it again while that can help; throws a {@link ClientError}. */
export async function send<I extends DescMessage, O extends DescMessage>(
  link: Link,
  method: DescMethodUnary<I, O>,
  request: MessageInitShape<I>,
  call: Call,
  signal?: AbortSignal,
): Promise<Answer<MessageShape<O>>> {
  const message = create(method.input, request);
  // It travels as a whole number.
  const timeoutMs = Math.ceil(call.timeoutMs);
  const begunMs = instantMs();
  const backoff = new Backoff();
  for (;;) {
    const sentMs = instantMs();
    try {
      const answer = await link.transport.unary(
        method,
        signal,
        timeoutMs,
        link.header,
        message as MessageInitShape<I>,
      );
      return { value: answer.message, sentMs };
    } catch (thrown) {
      const error = readError(thrown);
      const pauseMs = signal?.aborted ? undefined : pauseBeforeMs(error, backoff);
      if (pauseMs === undefined) throw error;
      if (call.patienceMs !== undefined && instantMs() - begunMs + pauseMs > call.patienceMs) throw error;
      await sleep(pauseMs, signal);
    }
  }
}

/** Opens a stream, which is not sent again when it breaks. */
export async function* stream<I extends DescMessage, O extends DescMessage>(
  link: Link,
  method: DescMethodServerStreaming<I, O>,
  request: MessageInitShape<I>,
  signal: AbortSignal | undefined,
): AsyncGenerator<MessageShape<O>> {
  async function* once(): AsyncGenerator<MessageInitShape<I>> {
    yield request;
  }
  try {
    const { message } = await link.transport.stream(method, signal, undefined, link.header, once());
    yield* message;
  } catch (thrown) {
    throw readError(thrown);
  }
}

/** How long to wait before the same bytes are sent again; undefined when that is of no use. */
export function pauseBeforeMs(error: ClientError, backoff: Backoff): number | undefined {
  switch (error.code) {
    case "UNAVAILABLE":
    case "DEADLINE_EXCEEDED":
    // The coordinator's word for a deadline that passed on its side.
    case "CANCELED":
      return Math.max(backoff.nextMs(fraction()), error.retryAfterMs ?? 0);
    case "RESOURCE_EXHAUSTED":
      return error.retryAfterMs;
    default:
      return error.isBroken ? backoff.nextMs(fraction()) : undefined;
  }
}
