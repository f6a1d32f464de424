"""Sends one request until there is an answer: the same bytes each time (INV-REPLAY, INV-POLL)."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import grpc
from google.protobuf.message import Message

from ..model import clock, entropy
from .backoff import Backoff
from .errors import Status, status_of
from .link import Link

A = TypeVar("A", bound=Message)

#: What gRPC says of a connection that broke under a call: such a status was made here, not sent.
_BROKEN = ("RST_STREAM", "Stream removed", "Socket closed", "Connection reset", "GOAWAY", "Broken pipe", "EOF")


@dataclass(frozen=True)
class Answer(Generic[A]):
    """An answer and when the request that it answers was sent: leases are counted from then."""

    value: A
    #: By the monotonic clock, in seconds.
    sent: float


class Stop:
    """Ends a sending from another thread."""

    def __init__(self) -> None:
        self.asked = threading.Event()
        self._lock = threading.Lock()
        self._call: Any = None

    def stop(self) -> None:
        """The sending ends soon, as cancelled."""
        self.asked.set()
        with self._lock:
            if self._call is not None:
                self._call.cancel()

    def watch(self, call: Any) -> None:
        """The call that is under way now."""
        with self._lock:
            self._call = call
            if self.asked.is_set() and call is not None:
                call.cancel()


@dataclass(frozen=True)
class Call:
    """How one kind of call is made."""

    #: A single sending without an answer for this long is given up.
    timeout_seconds: float
    #: All sendings together; None = until there is an answer.
    patience_seconds: float | None = None

    def send(
        self, link: Link, method: str, request: Message, answer_type: type[A], stop: Stop | None = None
    ) -> Answer[A]:
        """Sends the request, and sends it again while that can help; raises :class:`Status`."""
        return self.send_bytes(link, method, request.SerializeToString(), answer_type, stop)

    def send_bytes(
        self, link: Link, method: str, data: bytes, answer_type: type[A], stop: Stop | None = None
    ) -> Answer[A]:
        """The same for a request that was serialized before."""
        begun = clock.monotonic()
        backoff = Backoff()
        stop = stop or Stop()
        while True:
            generation, channel = link.channel()
            sent = clock.monotonic()
            try:
                return Answer(self._once(link, channel, method, data, answer_type, stop), sent)
            except grpc.RpcError as error:
                status = status_of(error)
            except ValueError as error:
                # The channel was closed under the call.
                status = Status(grpc.StatusCode.UNAVAILABLE, str(error))
            if stop.asked.is_set():
                raise Status(grpc.StatusCode.CANCELLED, "the sending was stopped")
            if status.code == grpc.StatusCode.DEADLINE_EXCEEDED:
                link.renew(generation)
            pause = pause_seconds(status, backoff, entropy.fraction())
            if pause is None or self._is_over(begun, pause):
                raise status
            stop.asked.wait(pause)

    def _is_over(self, begun: float, pause: float) -> bool:
        return self.patience_seconds is not None and clock.monotonic() - begun + pause > self.patience_seconds

    def _once(self, link: Link, channel: grpc.Channel, method: str, data: bytes, answer_type: type[A], stop: Stop) -> A:
        # No serializer: what is sent is exactly these bytes.
        stub: Any = channel.unary_unary(method, response_deserializer=answer_type.FromString)
        call = stub.future(data, timeout=self.timeout_seconds, metadata=link.metadata)
        stop.watch(call)
        try:
            answer: A = call.result()
            return answer
        except grpc.FutureCancelledError:
            raise Cancelled from None
        finally:
            stop.watch(None)


class Cancelled(grpc.RpcError):
    """A call that was cancelled here."""

    def code(self) -> grpc.StatusCode:
        """As if the transport said so."""
        return grpc.StatusCode.CANCELLED

    def details(self) -> str:
        """For a person."""
        return "cancelled"


def pause_seconds(status: Status, backoff: Backoff, fraction: float) -> float | None:
    """How long to wait before the same bytes are sent again; None when that is of no use."""
    asked = status.retry_delay.total_seconds() if status.retry_delay is not None else None
    match status.code:
        # CANCELLED: some servers' word for a deadline that passed, and for a stream that was reset.
        case grpc.StatusCode.UNAVAILABLE | grpc.StatusCode.DEADLINE_EXCEEDED | grpc.StatusCode.CANCELLED:
            return max(backoff.next_seconds(fraction), asked or 0.0)
        case grpc.StatusCode.RESOURCE_EXHAUSTED:
            return asked
        case grpc.StatusCode.INTERNAL | grpc.StatusCode.UNKNOWN if not status.reason and _is_broken(status):
            return backoff.next_seconds(fraction)
    return None


def _is_broken(status: Status) -> bool:
    return any(word in status.message for word in _BROKEN)
