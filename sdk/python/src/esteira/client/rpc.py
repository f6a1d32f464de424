"""What all calls of a client share."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, TypeVar

from google.protobuf.message import Message

from ..model.entropy import new_id
from ..model.limits import WAIT_DEFAULT
from .errors import Refused, Status
from .link import Link
from .send import Call
from .wire import duration_in

A = TypeVar("A", bound=Message)


class Caller:
    """Sends the requests of one client."""

    def __init__(self, link: Link, call: Call) -> None:
        self.link = link
        self._call = call

    def send(self, method: str, request: Message, answer_type: type[A]) -> A:
        """Sends a request; one without a `request_id` that has room for one gets one."""
        return self._send(self._call, method, request, answer_type)

    def send_waiting(self, method: str, request: Any, answer_type: type[A], absent: timedelta = WAIT_DEFAULT) -> A:
        """Sends a request that the coordinator may hold back for its `wait`, or for `absent` when it has none."""
        wait = duration_in(request.wait) if request.HasField("wait") else absent
        seconds = (wait or timedelta(0)).total_seconds()
        patience = self._call.patience_seconds
        call = Call(self._call.timeout_seconds + seconds, None if patience is None else patience + seconds)
        return self._send(call, method, request, answer_type)

    def _send(self, call: Call, method: str, request: Any, answer_type: type[A]) -> A:
        if "request_id" in request.DESCRIPTOR.fields_by_name and not request.request_id:
            copy = type(request)()
            copy.CopyFrom(request)
            copy.request_id = new_id()
            request = copy
        try:
            return call.send(self.link, f"/esteira.v1.{method}", request, answer_type).value
        except Status as status:
            raise Refused(status) from None
