"""Committed messages that wait to be delivered."""

from __future__ import annotations

from ..v1 import outbox_pb2
from .rpc import Caller


class OutboxClient:
    """Calls `OutboxService`; each method is the RPC of that name, documented in `outbox.proto`."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def lease_outbox(self, request: outbox_pb2.LeaseOutboxRequest) -> outbox_pb2.LeaseOutboxResponse:
        """Leases messages for delivery; waits until there is one or the request's `wait` is over."""
        return self._caller.send_waiting("OutboxService/LeaseOutbox", request, outbox_pb2.LeaseOutboxResponse)

    def extend_outbox(self, request: outbox_pb2.ExtendOutboxRequest) -> outbox_pb2.ExtendOutboxResponse:
        """Renews leases whose messages are not delivered yet."""
        return self._caller.send("OutboxService/ExtendOutbox", request, outbox_pb2.ExtendOutboxResponse)

    def ack_outbox(self, request: outbox_pb2.AckOutboxRequest) -> outbox_pb2.AckOutboxResponse:
        """Says that the messages of a lease up to a sequence number are delivered."""
        return self._caller.send("OutboxService/AckOutbox", request, outbox_pb2.AckOutboxResponse)

    def nack_outbox(self, request: outbox_pb2.NackOutboxRequest) -> outbox_pb2.NackOutboxResponse:
        """Says that a message of a lease could not be delivered, and ends the lease."""
        return self._caller.send("OutboxService/NackOutbox", request, outbox_pb2.NackOutboxResponse)

    def unpark_outbox(self, request: outbox_pb2.UnparkOutboxRequest) -> outbox_pb2.UnparkOutboxResponse:
        """Releases a parked key."""
        return self._caller.send("OutboxService/UnparkOutbox", request, outbox_pb2.UnparkOutboxResponse)

    def list_outbox_messages(
        self, request: outbox_pb2.ListOutboxMessagesRequest
    ) -> outbox_pb2.ListOutboxMessagesResponse:
        """Lists messages that are not delivered."""
        return self._caller.send("OutboxService/ListOutboxMessages", request, outbox_pb2.ListOutboxMessagesResponse)
