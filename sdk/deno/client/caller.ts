/**
 * One method for each RPC, all of the same form.
 *
 * @module
 */

import type { DescMessage, DescMethodUnary, MessageInitShape, MessageShape } from "@bufbuild/protobuf";
import type { Duration } from "@bufbuild/protobuf/wkt";
import { newId } from "../model/entropy.ts";
import { WAIT_DEFAULT_MS } from "../model/limits.ts";
import { ClientError } from "./error.ts";
import { type Call, type Link, send } from "./send.ts";
import { durationInMs } from "./wire.ts";

/** Sends the requests of one client. */
export class Caller {
  readonly link: Link;
  readonly #call: Call & { readonly patienceMs: number };

  constructor(link: Link, call: Call & { readonly patienceMs: number }) {
    this.link = link;
    this.#call = call;
  }

  /** Sends a request that is answered at once. */
  async read<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return (await send(this.link, method, request, this.#call)).value;
  }

  /** The same with a `request_id`, minted where the caller left it out, so that sending again has no second effect. */
  async write<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
  ): Promise<MessageShape<O>> {
    return await this.read(method, withId(request));
  }

  /** Sends a request that the coordinator may hold back for `wait`. */
  async waiting<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    wait: Duration | undefined,
  ): Promise<MessageShape<O>> {
    const waitMs = wait === undefined ? WAIT_DEFAULT_MS : durationInMs(wait) ?? 0;
    const { timeoutMs, patienceMs } = this.#call;
    const call = { timeoutMs: timeoutMs + waitMs, patienceMs: patienceMs + waitMs };
    return (await send(this.link, method, request, call)).value;
  }
}

/** The request with a `request_id`. */
export function withId<T>(request: T): T {
  const { requestId } = request as { requestId?: string };
  return requestId ? request : { ...request, requestId: newId() };
}

/** What an answer of the contract always has. */
export function present<T>(value: T | undefined): T {
  if (value === undefined) throw new ClientError("INTERNAL", "the answer does not have what was asked for");
  return value;
}
