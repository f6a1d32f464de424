/**
 * Committed messages that wait to be delivered.
 *
 * @module
 */

import type { MessageInitShape } from "@bufbuild/protobuf";
import { create } from "@bufbuild/protobuf";
import {
  type AckOutboxRequestSchema,
  type AckOutboxResponse,
  type ExtendOutboxRequestSchema,
  type ExtendOutboxResponse,
  LeaseOutboxRequestSchema,
  type LeaseOutboxResponse,
  type ListOutboxMessagesRequestSchema,
  type ListOutboxMessagesResponse,
  type NackOutboxRequestSchema,
  type NackOutboxResponse,
  OutboxService,
  type UnparkOutboxRequestSchema,
  type UnparkOutboxResponse,
} from "../gen/esteira/v1/outbox_pb.ts";
import { type Caller, withId } from "./caller.ts";

/** Calls `OutboxService`; each method is the RPC of that name, documented in `outbox.proto`. */
export class OutboxClient {
  readonly #caller: Caller;

  /** Made by the client. */
  constructor(caller: Caller) {
    this.#caller = caller;
  }

  /** Renews leases whose messages are not delivered yet. */
  async extendOutbox(request: MessageInitShape<typeof ExtendOutboxRequestSchema>): Promise<ExtendOutboxResponse> {
    return await this.#caller.read(OutboxService.method.extendOutbox, request);
  }

  /** Says that the messages of a lease up to a sequence number are delivered. */
  async ackOutbox(request: MessageInitShape<typeof AckOutboxRequestSchema>): Promise<AckOutboxResponse> {
    return await this.#caller.read(OutboxService.method.ackOutbox, request);
  }

  /** Says that a message of a lease could not be delivered, and ends the lease. */
  async nackOutbox(request: MessageInitShape<typeof NackOutboxRequestSchema>): Promise<NackOutboxResponse> {
    return await this.#caller.read(OutboxService.method.nackOutbox, request);
  }

  /** Releases a parked key. */
  async unparkOutbox(request: MessageInitShape<typeof UnparkOutboxRequestSchema>): Promise<UnparkOutboxResponse> {
    return await this.#caller.read(OutboxService.method.unparkOutbox, request);
  }

  /** Lists messages that are not delivered. */
  async listOutboxMessages(
    request: MessageInitShape<typeof ListOutboxMessagesRequestSchema>,
  ): Promise<ListOutboxMessagesResponse> {
    return await this.#caller.read(OutboxService.method.listOutboxMessages, request);
  }

  /** Leases messages for delivery; waits until there is one or the request's `wait` is over. */
  async leaseOutbox(request: MessageInitShape<typeof LeaseOutboxRequestSchema>): Promise<LeaseOutboxResponse> {
    const { wait } = create(LeaseOutboxRequestSchema, request);
    return await this.#caller.waiting(OutboxService.method.leaseOutbox, withId(request), wait);
  }
}
